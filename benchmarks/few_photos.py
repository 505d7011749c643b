"""Is fine-tuning worth it on a handful of photos? tltool's default against its probe and the plain Keras guide, on the same few.

    python benchmarks/few_photos.py PHOTOS LOG [--each 5 20 50] [--seeds 0 1 2] [--only default probe …]

PHOTOS has train/, validation/ and test/. For every number and seed a user is made up who owns that many photos of each class, drawn from
train/, and half as many (rounded down, at least one) drawn from validation/, never more than a class has; test/ stays whole. On those
photos, one after the other: the default finetune, the probe alone (``--unfreeze none``), and `benchmarks/keras_guide.py` as written and
with crop_to_aspect_ratio, all with the same seed.

LOG gets one line of JSON per run, with the hits on the test photos in order of class and name; runs that are in it are not repeated.
The table at the end has the mean and the range over the seeds, and differences with the 95 % interval of a paired bootstrap over the
test photos (the draws of the seeds are averaged before), so what is within the noise contains 0.
"""

import argparse
import csv
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from against_keras_guide import GUIDE, watched

RUNS = {"default": (), "probe": ("--unfreeze", "none"), "guide, cropped": ("--crop",), "guide": ()}
Key = tuple[int, int, str]  # photos of each class, seed, one of RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--each", type=int, nargs="+", default=[5, 20, 50])
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2], help="none of them: only the table of what LOG has")
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS))
    asked = parser.parse_args()
    done = read_log(asked.log)
    for each, seed in ((each, seed) for seed in asked.seeds for each in asked.each):
        wanted = [what for what in asked.only if (each, seed, what) not in done]
        for result in compare(asked.photos, each, seed, wanted) if wanted else ():
            with asked.log.open("a") as log:
                print(json.dumps(result), file=log)
            print(json.dumps({name: value for name, value in result.items() if name != "right"}), flush=True)
    print_table(read_log(asked.log), asked.each)


def read_log(log: Path) -> dict[Key, dict[str, Any]]:
    return {(line["each"], line["seed"], line["what"]): line for line in read_lines(log)}


def read_lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.is_file() else []


def compare(photos: Path, each: int, seed: int, wanted: list[str]) -> Iterator[dict[str, Any]]:
    """One result after the other of ``wanted`` on one draw of ``photos``."""
    with tempfile.TemporaryDirectory(prefix="few-photos-") as scratch:
        few = draw(photos, Path(scratch) / "photos", each, seed)
        for number, what in enumerate(wanted):
            measure = guide if what.startswith("guide") else ours
            yield {"each": each, "seed": seed, "what": what} | measure(few, Path(scratch) / str(number), ("--seed", str(seed), *RUNS[what]))


def draw(photos: Path, folder: Path, each: int, seed: int) -> Path:
    """Copy ``each`` photos of every class of train/, half as many of validation/, and all of test/ to ``folder``."""
    for part, most in (("train", each), ("validation", max(1, each // 2)), ("test", sys.maxsize)):
        chance = random.Random(f"{part} {seed}")
        for home in sorted(path for path in (photos / part).iterdir() if path.is_dir()):
            files = sorted(path for path in home.iterdir() if path.is_file())
            chance.shuffle(files)  # so that the photos of a smaller draw are among those of a larger one
            (folder / part / home.name).mkdir(parents=True)
            for file in files[:most]:
                shutil.copyfile(file, folder / part / home.name / file.name)
    return folder


def ours(photos: Path, run: Path, flags: tuple[str, ...]) -> dict[str, Any]:
    _, costs = watched(
        [sys.executable, "-m", "tltool", "finetune", "--data", str(photos), "--out", str(run), *flags],
        {**os.environ, "TLTOOL_CACHE": str(run.with_name("cache"))},
    )
    record = json.loads((run / "run.json").read_text())
    with (run / "predictions.csv").open(newline="") as file:
        answers = sorted(csv.DictReader(file), key=lambda row: (row["label"], Path(row["path"]).name))
    right = [row["label"] == row["predicted"] for row in answers]
    chosen = {"kept": record["kept"], "validation": record["validation_accuracy"], "training": record["resolved"]["training"]}
    return score(right) | chosen | costs


def guide(photos: Path, answers: Path, flags: tuple[str, ...]) -> dict[str, Any]:
    output, costs = watched([sys.executable, str(GUIDE), str(photos), "--answers", str(answers), *flags], dict(os.environ))
    homes = sorted(path for path in (photos / "test").iterdir())
    true = [number for number, home in enumerate(homes) for _ in home.iterdir()]
    right = [said == label for said, label in zip(json.loads(answers.read_text()), true, strict=True)]
    return score(right) | {"phases": [json.loads(line) for line in output.splitlines() if line.startswith("{")]} | costs


def score(right: list[bool]) -> dict[str, Any]:
    return {"test": round(sum(right) / len(right), 4), "right": "".join(str(int(hit)) for hit in right)}


def print_table(done: dict[Key, dict[str, Any]], numbers: list[int]) -> None:
    """Mean and range of the accuracies, and ours against each other, of the seeds that have all it takes."""
    print("\n| photos per class | " + " | ".join(RUNS) + " | default − probe | default − guide | default − guide, cropped | kept |")
    print("|---" * (len(RUNS) + 5) + "|")
    for each in numbers:
        hits = {what: hits_of(done, each, what) for what in RUNS}
        cells = [summary(list(hits[what].values())) for what in RUNS]
        gaps = [difference(hits["default"], hits[what]) for what in ("probe", "guide", "guide, cropped")]
        kept = [line["kept"] for (n, _, what), line in sorted(done.items()) if (n, what) == (each, "default")]
        print(f"| {each} | {' | '.join(cells + gaps)} | {', '.join(kept)} |")


def hits_of(done: dict[Key, dict[str, Any]], each: int, what: str) -> dict[int, np.ndarray]:
    """Of every seed the hits, float [photos]."""
    return {seed: hits_in(line) for (n, seed, name), line in done.items() if (n, name) == (each, what)}


def hits_in(line: dict[str, Any]) -> np.ndarray:
    """Of each test photo whether it was named right, float [photos]."""
    return np.array([float(hit) for hit in line["right"]])


def summary(hits: list[np.ndarray]) -> str:
    scores = [float(right.mean()) for right in hits]
    return f"{np.mean(scores):.3f} ({min(scores):.3f}–{max(scores):.3f})" if scores else "–"


def difference(ours: dict[int, np.ndarray], theirs: dict[int, np.ndarray]) -> str:
    """Accuracy of ``ours`` less ``theirs`` in points, over the seeds that both have, with the 95 % interval of a paired bootstrap."""
    seeds = sorted(ours.keys() & theirs.keys())
    if not seeds:
        return "–"
    gains = np.mean([ours[seed] - theirs[seed] for seed in seeds], axis=0)  # [photos]
    drawn = np.random.default_rng(0).integers(len(gains), size=(10_000, len(gains)))
    low, high = np.percentile(gains[drawn].mean(axis=1), [2.5, 97.5])
    return f"{gains.mean() * 100:+.1f} ({low * 100:+.1f} to {high * 100:+.1f}), {len(seeds)} seed{'s' * (len(seeds) > 1)}"


if __name__ == "__main__":
    main()
