"""Time and memory of ``tltool finetune`` where something is located, against the number of photos.

python benchmarks/located_costs.py OUT [--photos 50 200 800] [--epochs 3] [--size 224] [--backbone mobilenet_v2] [TASK …]

Photos are drawn scenes of twice the size. Every run has a cache of its own, and learns for so many epochs instead of as many as it would;
the time of the rest is in proportion to them. Memory is anonymous (RssAnon): what the system cannot take back.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from against_keras_guide import watched

from tltool import data
from tltool.data.examples.scenes import WRITERS

COLUMNS = ("task", "photos", "epochs", "seconds", "CPU-s", "peak MB")


def cost(task: str, photos: int, out: Path, asked: argparse.Namespace) -> tuple[object, ...]:
    """One row."""
    with tempfile.TemporaryDirectory(prefix="costs-") as scratch:
        folder = data.write_scenes(Path(scratch) / "scenes", task, photos, seed=0, side=2 * asked.size)
        wish = [
            "--data",
            str(folder),
            "--task",
            task,
            "--backbone",
            asked.backbone,
            "--size",
            str(asked.size),
            "--epochs",
            str(asked.epochs),
        ]
        command = [sys.executable, "-m", "tltool", "finetune", *wish, "--out", str(out / f"{task}-{photos}"), "--force"]
        _, found = watched(command, {**os.environ, "TLTOOL_CACHE": f"{scratch}/cache"})
    return task, photos, asked.epochs, found["seconds"], found["cpu_seconds"], found["peak_mb"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("tasks", nargs="*", default=[*WRITERS], metavar="TASK")
    parser.add_argument("--photos", type=int, nargs="+", default=[50, 200, 800])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--backbone", default="mobilenet_v2")
    given = parser.parse_args()
    print(" | ".join(COLUMNS), flush=True)
    for name in given.tasks:
        for number in given.photos:
            print(" | ".join(map(str, cost(name, number, given.out, given))), flush=True)
