"""Accuracy against the number of training photos, for a stack from scratch and for transfer, on one plot.

    python benchmarks/learning_curves.py PHOTOS OUT [--size 96] [--per-class 10 30 100 all] [--seed 0] [--weights FILE]

PHOTOS has train/, validation/ and test/. Each size is a draw of so many photos a class from train/, each draw within the next; validation
and test photos are always all of them, and both kinds of training take their defaults. OUT gets a run per point, which a second call
takes as it is, the table `curves.csv` and the figure `learning-curves.png`.
"""

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd

from tltool.figures.style import drawing

RECIPES = {"scratch": "Conv2D stack from scratch", "finetune": "transfer from MobileNetV2"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", default="96")
    parser.add_argument("--per-class", nargs="+", default=["10", "30", "100", "all"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weights", default="imagenet", help="of MobileNetV2: imagenet or a Keras weights file")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    points = []
    for few in asked.per_class:
        listing = draw(asked.photos, None if few == "all" else int(few), asked.seed, asked.out / f"photos-{few}.csv")
        for recipe in RECIPES:
            run = asked.out / f"{recipe}-{few}"
            flags = ["--size", asked.size, "--seed", str(asked.seed), *(["--weights", asked.weights] if recipe == "finetune" else [])]
            points.append({"recipe": recipe, **measure(recipe, listing, run, flags)})
            print(json.dumps(points[-1]), flush=True)
    table = pd.DataFrame(points)
    table.to_csv(asked.out / "curves.csv", index=False)
    plot(table, asked.out / "learning-curves.png", int(asked.size))


def draw(photos: Path, few: int | None, seed: int, listing: Path) -> Path:
    """A CSV for --data with ``few`` training photos of each class, and all others for choosing and measuring."""
    rows = []
    for part in ("train", "validation", "test"):
        for folder in sorted(path for path in (photos / part).iterdir() if path.is_dir()):
            files = sorted(folder.iterdir())
            random.Random(f"{seed} {folder.name}").shuffle(files)
            rows += [(str(file.absolute()), folder.name, part) for file in files[: few if part == "train" else None]]
    pd.DataFrame(rows, columns=["path", "label", "split"]).to_csv(listing, index=False)
    return listing


def measure(recipe: str, listing: Path, run: Path, flags: list[str]) -> dict[str, float]:
    if not (run / "report.json").is_file():
        subprocess.run(
            [sys.executable, "-m", "tltool", recipe, "--data", str(listing), "--out", str(run), "--force", *flags],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    report, split = json.loads((run / "report.json").read_text()), pd.read_csv(run / "split.csv")
    low, high = report["accuracy_interval"]
    return {"photos": int((split["split"] == "train").sum()), "accuracy": report["accuracy"], "low": low, "high": high}


def plot(table: pd.DataFrame, file: Path, size: int) -> None:
    with drawing(file, 6.5, 4) as figure:
        axes = figure.subplots()
        for recipe, name in RECIPES.items():
            part = table[table["recipe"] == recipe]
            axes.fill_between(part["photos"], part["low"], part["high"], alpha=0.15)
            axes.plot(part["photos"], part["accuracy"], marker="o", label=name)
        axes.set(
            xscale="log",
            ylim=(0, 1),
            xlabel="training photos",
            ylabel="accuracy on the test photos",
            title=f"How many photos it takes ({size} px; bands: 95 % intervals)",
        )
        axes.set_xticks(sorted(set(table["photos"])), [f"{photos:,}" for photos in sorted(set(table["photos"]))])
        axes.minorticks_off()
        axes.legend(loc="lower right")


if __name__ == "__main__":
    main()
