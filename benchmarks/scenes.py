"""How far do tasks that locate something come from random weights, with default settings, on drawn scenes?

python benchmarks/scenes.py OUT [--scenes 1500] [--seed 0] [--shuffled] [TASK …]

With ``--shuffled`` every scene has the labels of another one, from which nothing can be learned but what all of them have in common.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from tltool import Photos, Training, data, scratch
from tltool.data.examples.scenes import WRITERS
from tltool.task import task_named


def shuffle(folder: Path, seed: int) -> None:
    """Give the photos in ``folder`` each other's names."""
    photos = sorted((folder / "images").iterdir())
    contents = [photo.read_bytes() for photo in photos]
    for photo, other in zip(photos, np.random.default_rng(seed).permutation(len(photos)).tolist(), strict=True):
        photo.write_bytes(contents[other])


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("out", type=Path)
    asked.add_argument("tasks", nargs="*", default=[*WRITERS], metavar="TASK")
    asked.add_argument("--scenes", type=int, default=1500)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--shuffled", action="store_true")
    given = asked.parse_args()
    for task in given.tasks:
        photos = data.write_scenes(given.out / f"{task}-scenes-{given.seed}", task, given.scenes, given.seed)
        if given.shuffled:
            shuffle(photos, given.seed)
        before = time.process_time()
        run = scratch(Photos(data=photos, task=task), training=Training(seed=given.seed), out=given.out / task, force=True)
        seconds, report, score = time.process_time() - before, run.report().content, task_named(task).measures.SCORE
        low, high = report[f"{score.key}_interval"]
        print(f"{task}: {score.name} {report[score.key]:.3f} ({low:.3f}–{high:.3f}) on {report['n']} test scenes, {seconds:.0f} CPU-s")
        print(
            "  " + ", ".join(f"{name} {report[name]:.3f}" for name in ("ap50", "ap75", "nme", "pck_05", "pck_10") if name in report),
            flush=True,
        )
