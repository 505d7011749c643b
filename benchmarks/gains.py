"""What does a setting gain? A finetune with it against one without, on the same photos, with the same seeds.

    python benchmarks/gains.py PHOTOS LOG SETTING … [--each 50] [--rare 0] [--seeds 0 1 2] [--both "--unfreeze none"]

PHOTOS has train/, validation/ and test/. SETTING is flags of `tltool finetune` as one word, for example "--layer-decay 0.8"; --both are
flags for every run. Every seed draws --each photos of each class as `few_photos.py` does; with --rare every second class keeps so many of
them in train/ and half as many in validation/. test/ stays whole. LOG gets one line of JSON per run; runs that are in it are not repeated.

The table has accuracy and mean recall (every class counts the same), and what the setting adds to both in points, with the 95 % interval
of a bootstrap over the test photos of each class; the draws of the seeds are averaged before.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from few_photos import draw, hits_in, ours, read_lines

Key = tuple[int, int, str, str, int]  # photos of each class, of the rare ones, flags of both, the setting, seed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("settings", nargs="+")
    parser.add_argument("--each", type=int, default=50)
    parser.add_argument("--rare", type=int, default=0, help="0: all classes have as many")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--both", default="")
    asked = parser.parse_args()
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory(prefix="gains-") as scratch:
            some = draw(asked.photos, Path(scratch) / "photos", asked.each, seed)
            thin_out(some, asked.rare)
            for number, setting in enumerate(("", *asked.settings)):
                key = (asked.each, asked.rare, asked.both, setting, seed)
                if key not in read_log(asked.log):
                    flags = (*asked.both.split(), *setting.split(), "--seed", str(seed))
                    write(asked.log, key, ours(some, Path(scratch) / str(number), flags))
    sizes = [len(list(home.iterdir())) for home in sorted((asked.photos / "test").iterdir())]
    print_table(read_log(asked.log), sizes)


def thin_out(photos: Path, rare: int) -> None:
    for part, most in (("train", rare), ("validation", max(1, rare // 2))) if rare else ():
        for home in sorted((photos / part).iterdir())[1::2]:
            for file in sorted(home.iterdir())[most:]:
                file.unlink()


def read_log(log: Path) -> dict[Key, dict[str, Any]]:
    return {(*line["key"],): line for line in read_lines(log)}


def write(log: Path, key: Key, result: dict[str, Any]) -> None:
    with log.open("a") as file:
        print(json.dumps({"key": key} | result), file=file)
    print(key, result["test"], result["kept"], f"{result['seconds']} s", flush=True)


def print_table(done: dict[Key, dict[str, Any]], sizes: list[int]) -> None:
    """One line for every setting; ``sizes`` are the test photos of each class, in the order of the hits."""
    print("\n| photos of a class | setting | seeds | accuracy | gain | mean recall | gain |")
    print("|---" * 7 + "|")
    for each, rare, both, setting in dict.fromkeys(key[:4] for key in done):
        hits = {seed: hits_in(done[each, rare, both, setting, seed]) for *job, seed in done if (*job,) == (each, rare, both, setting)}
        plain = {seed: hits_in(done[each, rare, both, "", seed]) for seed in hits if (each, rare, both, "", seed) in done}
        mean, bare = (np.mean([of[seed] for seed in plain], axis=0) for of in (hits, plain))  # [test photos]
        weights = np.concatenate([np.full(n, 1 / (n * len(sizes))) for n in sizes])
        cells = []
        for weight in (np.full(len(mean), 1 / len(mean)), weights):
            cells += [f"{mean @ weight:.3f}", gain((mean - bare) * weight, sizes) if setting else "–"]
        amount = f"{each}, every second {rare}" if rare else str(each)
        print(f"| {amount} | {' '.join(filter(None, (both, setting))) or 'default'} | {len(plain)} | {' | '.join(cells)} |")


def gain(parts: np.ndarray, sizes: list[int]) -> str:
    """The sum of ``parts`` in points, and its interval over draws of as many photos of each class."""
    random, sums = np.random.default_rng(0), np.zeros(10_000)
    for rows in np.split(parts, np.cumsum(sizes)[:-1]):
        sums += rows[random.integers(len(rows), size=(10_000, len(rows)))].sum(axis=1)
    low, high = np.percentile(sums, [2.5, 97.5])
    return f"{parts.sum() * 100:+.1f} ({low * 100:+.1f} to {high * 100:+.1f})"


if __name__ == "__main__":
    main()
