"""Kill a fine-tuning with SIGKILL at random moments, resume it, and compare its weights with those of an uninterrupted run.

    python benchmarks/interruptions.py PHOTOS [--moments 20] [--size 96] [--backbone mobilenet_025]

Every run is deterministic and begins with an empty cache. Every third one is killed once more after it was resumed. The keras backend
is that of KERAS_BACKEND. A foreign file in the run's folder and the photos themselves must stay as they are. Exits with 1 unless every
run ends with the same bits.
"""

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from zipfile import ZipFile

import h5py
import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--size", default="96")
    parser.add_argument("--backbone", default="mobilenet_025")
    parser.add_argument("--epochs", default="4")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    before, draw = digest(asked.photos), random.Random(asked.seed)
    command = ["finetune", "--data", str(asked.photos), "--backbone", asked.backbone, "--size", asked.size, "--epochs", asked.epochs,
               "--deterministic"]
    with tempfile.TemporaryDirectory(prefix="interruptions-") as scratch:
        whole = Path(scratch) / "whole"
        finish([*command, "--out", str(whole)], Path(scratch) / "0" / "cache")
        begun = time.monotonic()
        finish([*command, "--out", str(whole), "--force"], Path(scratch) / "0" / "cache again")  # JAX has compiled by now
        seconds, wanted = time.monotonic() - begun, weights(whole)
        print(f"uninterrupted: {seconds:.0f} s, {len(wanted)} arrays, backend {os.environ.get('KERAS_BACKEND', 'tensorflow')}", flush=True)
        same = [moment(number, command, seconds, Path(scratch) / str(number + 1), wanted, draw) for number in range(asked.moments)]
    harmed = digest(asked.photos) != before
    print(f"{sum(same)} of {len(same)} interrupted runs end with the weights of the uninterrupted one; "
          f"the photos are {'CHANGED' if harmed else 'as they were'}")
    sys.exit(not all(same) or harmed)


def moment(number: int, command: list[str], seconds: float, place: Path, wanted: dict[str, np.ndarray], draw: random.Random) -> bool:
    """One run, killed once or twice; whether it ends with the weights that are ``wanted``."""
    run, foreign, line, told = place / "run", place / "run" / "my notes.txt", [*command, "--out", str(place / "run")], []
    for _ in range(2 if number % 3 == 2 else 1):
        after = draw.uniform(0.05, 1.0) * seconds
        kill(line, place / "cache", after)
        told.append(f"{after:.1f} s ({stage(run)})")
        if (run / "run.json").is_file():
            foreign.write_text("mine")
            line = ["finetune", "--resume", str(run)]
    if not finished(run):
        finish(line, place / "cache")
    found = weights(run)
    same = found.keys() == wanted.keys() and all(np.array_equal(found[name], wanted[name]) for name in wanted)
    left = sorted(path.name for path in run.iterdir() if path.name.startswith((".", "state")))
    kept = not foreign.parent.exists() or line[1] == "--data" or foreign.read_text() == "mine"
    print(f"{number + 1:3d}  killed after {' and '.join(told)}: {'same bits' if same else 'OTHER WEIGHTS'}"
          f"{'' if kept else ', FOREIGN FILE GONE'}{f', LEFT {left}' if left else ''}", flush=True)
    return same and kept and not left


def stage(run: Path) -> str:
    """How far a killed run had come."""
    if not (run / "run.json").is_file():
        return "before the run"
    if finished(run):
        return "finished"
    rows = (run / "history.csv").read_text().splitlines()[1:] if (run / "history.csv").is_file() else []
    return f"after {' '.join(rows[-1].split(',')[:2])}" if rows else "no phase done"


def finished(run: Path) -> bool:
    return (run / "run.json").is_file() and '"state": "finished"' in (run / "run.json").read_text()


def kill(line: list[str], cache: Path, after: float) -> None:
    with subprocess.Popen([sys.executable, "-m", "tltool", *line], env=environment(cache), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()


def finish(line: list[str], cache: Path) -> None:
    subprocess.run([sys.executable, "-m", "tltool", *line], env=environment(cache), check=True, stdout=subprocess.DEVNULL,
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


def digest(folder: Path) -> str:
    """Of the name, the content and the time of every file in ``folder``."""
    hashed = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        hashed.update(f"{path} {path.stat().st_mtime_ns}\n".encode() + path.read_bytes())
    return hashed.hexdigest()


if __name__ == "__main__":
    main()
