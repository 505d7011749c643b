"""How far do tasks that locate something come from random weights, with default settings, on drawn scenes?

python benchmarks/scenes.py OUT [--scenes 1500] [--seed 0] [TASK …]
"""

import argparse
import time
from pathlib import Path

from tltool import Photos, Training, data, scratch
from tltool.data.examples.scenes import WRITERS
from tltool.task import task_named

if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("out", type=Path)
    asked.add_argument("tasks", nargs="*", default=[*WRITERS], metavar="TASK")
    asked.add_argument("--scenes", type=int, default=1500)
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    for task in given.tasks:
        photos = data.write_scenes(given.out / f"{task}-scenes-{given.seed}", task, given.scenes, given.seed)
        before = time.process_time()
        run = scratch(Photos(data=photos, task=task), training=Training(seed=given.seed), out=given.out / task, force=True)
        seconds, report, score = time.process_time() - before, run.report().content, task_named(task).measures.SCORE
        low, high = report[f"{score.key}_interval"]
        print(f"{task}: {score.name} {report[score.key]:.3f} ({low:.3f}–{high:.3f}) on {report['n']} test scenes, {seconds:.0f} CPU-s")
        print(
            "  " + ", ".join(f"{name} {report[name]:.3f}" for name in ("ap50", "ap75", "nme", "pck_05", "pck_10") if name in report),
            flush=True,
        )
