"""What does `tltool check --deep` find of faults that were put there on purpose? On a copy of the user's photos, seed by seed.

    python benchmarks/seeded_faults.py PHOTOS [--seeds 0 1 2] [--sheet alarms.png]

Each copy gets 40 exact duplicates in other classes, 40 photos re-encoded at quality 60 and resized, 40 mirrored crops of 90 % of the
sides, and 60 photos whose label is swapped. What the command reports besides is counted and, with --sheet, drawn: look whether it is
a false alarm or a fault that the photos really have. The baseline of the label doubts sorts all photos by 1 − p of the given label.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from tltool import Backbone, data, models, training as engine
from tltool.data.splitting.groups import bind
from tltool.training.probe import out_of_fold

COPIES, SWAPPED, WORST = 40, 60, 120
KINDS = ("exact", "re-encoded", "mirrored crop")
Pair = frozenset[str]


def plant(photos: Path, folder: Path, seed: int) -> tuple[dict[Pair, str], set[str]]:
    """Copy ``photos`` (class folders, or parts above them) to ``folder`` with faults: the kind of every planted pair, and the swapped."""
    shutil.copytree(photos, folder, copy_function=shutil.copyfile)
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    chance, homes = random.Random(seed), sorted({path.parent for path in files})
    chosen = chance.sample(files, 3 * COPIES + SWAPPED)

    def elsewhere(path: Path) -> Path:
        return chance.choice([home for home in homes if home.name != path.parent.name])

    pairs = {}
    for number, path in enumerate(chosen[: 3 * COPIES]):
        kind = KINDS[number // COPIES]
        home = elsewhere(path) if kind == "exact" else chance.choice([home for home in homes if home.name == path.parent.name])
        copy = home / f"planted-{number}{path.suffix if kind == 'exact' else '.jpg'}"
        if kind == "exact":
            shutil.copyfile(path, copy)
        else:
            _altered(path, kind, chance).save(copy, quality=60 if kind == "re-encoded" else 90)
        pairs[frozenset((str(path), str(copy)))] = kind
    return pairs, {str(path.rename(elsewhere(path) / f"swapped-{path.name}")) for path in chosen[3 * COPIES :]}


def _altered(path: Path, kind: str, chance: random.Random) -> Image.Image:
    with Image.open(path) as opened:
        photo = opened.convert("RGB")
    if kind == "re-encoded":
        share = chance.uniform(0.5, 0.9)
        return photo.resize((round(photo.width * share), round(photo.height * share)))
    width, height = round(photo.width * 0.9), round(photo.height * 0.9)
    left, top = chance.randint(0, photo.width - width), chance.randint(0, photo.height - height)
    return ImageOps.mirror(photo.crop((left, top, left + width, top + height)))


def check(folder: Path) -> dict[str, list[list[str]]]:
    """The paths of every case of every finding, by the finding's name."""
    command = [sys.executable, "-m", "tltool", "check", folder, "--deep", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    records = map(json.loads, done.stdout.splitlines())
    return {record["finding"]: [case["paths"] for case in record["cases"]] for record in records}


def baseline(folder: Path) -> list[str]:
    """All photos by 1 − p of the given label, worst first, from the same features and the same probe."""
    samples, thumbnails = data.make_thumbnails(data.read_photos(folder, complete=False))
    samples, pixels = data.decode_once(samples, 224, "crop")
    features = engine.photo_features(models.open_backbone(Backbone(), 224), pixels)
    groups = np.empty(len(samples), np.int64)
    for number, rows in enumerate(bind(samples, [group.rows for group in data.find_near_duplicates(thumbnails.pixels, features)])):
        groups[rows] = number
    probabilities = out_of_fold(features, samples.labels, len(samples.classes), 5, groups)
    own = probabilities[np.arange(len(samples)), samples.labels]
    return [samples.paths[row] for row in np.argsort(own, kind="stable")]


def draw(pairs: list[Pair], sheet: Path, side: int = 200, columns: int = 4) -> None:
    """The pairs side by side, each under its two classes."""
    image = Image.new("RGB", (columns * (2 * side + 8), -(-len(pairs) // columns) * (side + 16) or 1), "white")
    for place, pair in enumerate(pairs):
        x, y = place % columns * (2 * side + 8), place // columns * (side + 16)
        ImageDraw.Draw(image).text((x + 2, y + 2), " / ".join(Path(path).parent.name for path in sorted(pair)), fill="black")
        for turn, path in enumerate(sorted(pair)):
            image.paste(Image.fromarray(data.decode(path, side, "stretch")), (x + turn * side, y + 16))
    image.save(sheet)


def measure(photos: Path, folder: Path, seed: int) -> list[Pair]:
    """Print a line for one seed, and return the pairs found that nobody planted."""
    pairs, swapped = plant(photos, folder, seed)
    started = time.perf_counter()
    cases = check(folder)
    seconds = time.perf_counter() - started
    reported = [*cases.get("exact duplicates", []), *cases.get("near-duplicates", [])]
    found = {frozenset(pair) for paths in reported for pair in combinations(paths, 2)}
    hits = [sum(pair in found for pair, its in pairs.items() if its == kind) for kind in KINDS]
    doubts, worst = [paths[0] for paths in cases["doubtful labels"]], baseline(folder)
    ours, theirs = (len(swapped & set(ranking[:WORST])) for ranking in (doubts, worst))
    alarms = sorted(found - pairs.keys(), key=sorted)
    print(
        f"{seed:4}  {hits[0]:5}/{COPIES}  {hits[1]:7}/{COPIES}  {hits[2]:10}/{COPIES}  {len(alarms):14}  {ours:13}/{SWAPPED}  "
        f"{theirs:10}/{SWAPPED}  {len(doubts):6}  {seconds:7.0f}",
        flush=True,
    )
    return alarms


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--sheet", type=Path)
    wanted = parser.parse_args()
    print(f"seed  exact     re-encoded  mirrored crop  pairs besides  swapped, worst {WORST}  by 1 − p      doubts  seconds")
    for seed in wanted.seeds:
        with tempfile.TemporaryDirectory() as scratch:
            besides = measure(wanted.photos, Path(scratch).resolve() / "photos", seed)
            for one in besides:
                print("      besides:", *sorted(path.partition("/photos/")[2] for path in one))
            if wanted.sheet:
                draw(besides, wanted.sheet.with_stem(f"{wanted.sheet.stem}-{seed}"))
