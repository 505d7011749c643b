"""Kill a fine-tuning with SIGKILL at random moments, resume it, and compare its weights with those of an uninterrupted run.

    python benchmarks/interruptions.py PHOTOS [--moments 20] [--size 96] [--backbone mobilenet_025] [--epochs 6]

Every run is deterministic and begins with an empty cache. A moment is an epoch and a random share of the time that the epoch took when
nothing interrupted it. Of every ten, one falls before the first state, two after the last epoch, while the run is measured and saved, and
seven in an epoch drawn at random; every third run is killed once more after it was resumed. The Keras backend is that of KERAS_BACKEND.
A foreign file in the run's folder and the photos themselves must stay as they are. Exits with 1 unless every run ends with the same bits.
"""

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from zipfile import ZipFile

import h5py
import numpy as np

PARTS = ("training", "saving", "training", "training", "start-up", "training", "training", "saving", "training", "training")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--size", default="96")
    parser.add_argument("--backbone", default="mobilenet_025")
    parser.add_argument("--epochs", default="6")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    before, draw, killed = digest(asked.photos), random.Random(asked.seed), Counter[str]()
    command = ["finetune", "--data", str(asked.photos), "--backbone", asked.backbone, "--size", asked.size, "--epochs", asked.epochs,
               "--deterministic"]
    with tempfile.TemporaryDirectory(prefix="interruptions-") as scratch:
        first, whole = (Path(scratch) / name / "run" for name in ("first", "whole"))
        start([*command, "--out", str(first)], first.with_name("cache")).wait()  # JAX has compiled from here on
        marks = watch([*command, "--out", str(whole)], whole, whole.with_name("cache"))
        wanted = weights(whole)
        print(f"uninterrupted: {marks[-1]:.0f} s, of which {marks[-2] - marks[1]:.0f} s are {len(marks) - 3} epochs, {len(wanted)} arrays, "
              f"backend {os.environ.get('KERAS_BACKEND', 'tensorflow')}; a second one ends with "
              f"{'the same bits' if are_equal(weights(first), wanted) else 'OTHER WEIGHTS'}", flush=True)
        same = [moment(number, command, marks, Path(scratch) / str(number + 1), wanted, draw, killed) for number in range(asked.moments)]
    harmed = digest(asked.photos) != before
    print(f"{sum(same)} of {len(same)} interrupted runs end with the weights of the uninterrupted one; killed "
          f"{', '.join(f'{count} times {place}' for place, count in killed.most_common())}; "
          f"the photos are {'CHANGED' if harmed else 'as they were'}")
    sys.exit(not all(same) or harmed)


def moment(number: int, command: list[str], marks: list[float], place: Path, wanted: dict[str, np.ndarray], draw: random.Random,
           killed: Counter[str]) -> bool:
    """One run, killed once or twice; whether it ends with the weights that are ``wanted``."""
    run, foreign, line, told = place / "run", place / "run" / "my notes.txt", [*command, "--out", str(place / "run")], []
    for _ in range(2 if number % 3 == 2 else 1):
        rows, after = drawn(PARTS[number % len(PARTS)], marks, draw)
        kill(line, run, place / "cache", rows, after)
        told.append(f"{stage(run, len(marks) - 2)}, {after:.2f} s after row {rows} of its history")
        killed[stage(run, len(marks) - 2)] += 1
        if (run / "run.json").is_file():
            foreign.write_text("mine")
            line = ["finetune", "--resume", str(run)]
    if not finished(run) and start(line, place / "cache").wait():
        sys.exit(f"A killed run could not be resumed: {told}")
    same = are_equal(weights(run), wanted)
    left = sorted(path.name for path in run.iterdir() if path.name.startswith((".", "state")))
    kept = line[1] == "--data" or foreign.read_text() == "mine"
    print(f"{number + 1:3d}  killed {' and '.join(told)}: {'same bits' if same else 'OTHER WEIGHTS'}"
          f"{'' if kept else ', FOREIGN FILE GONE'}{f', LEFT {left}' if left else ''}", flush=True)
    return same and kept and not left


def drawn(part: str, marks: list[float], draw: random.Random) -> tuple[int, float]:
    """After how many rows of history, and how many seconds later, the process is killed. Row 1 is the solved head."""
    last = len(marks) - 2
    rows = {"start-up": 0, "training": draw.randint(1, last - 1), "saving": last}[part]
    return rows, draw.random() * (marks[rows + 1] - marks[rows])


def watch(line: list[str], run: Path, cache: Path) -> list[float]:
    """The seconds after which the history of an uninterrupted run had 0, 1, 2 … rows, and at the end those after which it was finished."""
    begun, marks, process = time.monotonic(), [0.0], start(line, cache)
    while not finished(run) and process.poll() is None:
        if history(run) >= len(marks):
            marks.append(time.monotonic() - begun)
        time.sleep(0.005)
    marks.append(time.monotonic() - begun)
    return marks if not process.wait() else sys.exit("The uninterrupted run failed.")


def kill(line: list[str], run: Path, cache: Path, rows: int, after: float) -> None:
    process = start(line, cache)
    while history(run) < rows and process.poll() is None:
        time.sleep(0.005)
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def history(run: Path) -> int:
    """Rows of a history that is growing."""
    file = run / "history.csv"
    return len(file.read_text().splitlines()) - 1 if file.is_file() else 0


def stage(run: Path, rows: int) -> str:
    """How far a killed run had come, of as many ``rows`` as its history gets."""
    if finished(run):
        return "too late"
    done = history(run)
    return "before the first state" if not done else "while measuring and saving" if done == rows else "in an epoch"


def finished(run: Path) -> bool:
    return (run / "run.json").is_file() and '"state": "finished"' in (run / "run.json").read_text()


def start(line: list[str], cache: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "tltool", *line], env=environment(cache), stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def environment(cache: Path) -> dict[str, str]:
    compiled = {"JAX_COMPILATION_CACHE_DIR": str(cache.parent.parent / "compiled"), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    return {**os.environ, **compiled, "TLTOOL_CACHE": str(cache)}


def weights(run: Path) -> dict[str, np.ndarray]:
    """Every array in the run's model by its path."""
    found: dict[str, np.ndarray] = {}
    with ZipFile(run / "model.keras") as archive, archive.open("model.weights.h5") as member, h5py.File(member) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def are_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def digest(folder: Path) -> str:
    """Of the name, the content and the time of every file in ``folder``."""
    hashed = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        hashed.update(f"{path} {path.stat().st_mtime_ns}\n".encode() + path.read_bytes())
    return hashed.hexdigest()


if __name__ == "__main__":
    main()
