"""What campaigns fight over: drawn photos, a small run trained on them, and what of a folder must stay as it is."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import h5py
import numpy as np
from PIL import Image

CLASSES = {"disc": 0, "square": 1, "stripes": 2}
SIZE = 48


def draw_photos(folder: Path, each: int = 20) -> Path:
    """``each`` pictures of every class of CLASSES, JPEG, as folder/CLASS/N.jpg."""
    y, x = np.mgrid[:SIZE, :SIZE]
    for name, kind in CLASSES.items():
        (folder / name).mkdir(parents=True)
        for number in range(each):
            random = np.random.default_rng((kind, number))
            row, column, reach = random.integers(14, 34, 2).tolist() + [int(random.integers(6, 12))]
            disc, square = (y - row) ** 2 + (x - column) ** 2 < reach**2, np.maximum(abs(y - row), abs(x - column)) < reach
            shape = (disc, square, (x + row) % 8 < 4)[kind]
            noise = random.integers(0, 90, (SIZE, SIZE, 3))
            pixels = np.where(shape[..., None], noise + random.integers(90, 160, 3), noise).astype("uint8")
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg", quality=95)
    return folder


def train(photos: Path, run: Path, *flags: str) -> Path:
    """A Conv2D stack trained for two epochs, in ``run``."""
    tltool("scratch", "--data", photos, "--out", run, "--size", SIZE, "--filters", 8, "--epochs", 2, *flags)
    return run


def tltool(*args: Any, **environment: str) -> str:
    """What ``tltool ARGS`` printed; it must do what it is asked."""
    return subprocess.run(line(*args), check=True, capture_output=True, text=True, env={**os.environ, **environment}).stdout


def line(*args: Any) -> list[str]:
    return [sys.executable, "-m", "tltool", *map(str, args)]


def digest(folder: Path) -> str:
    """Of the name, the content and the time of every file in ``folder``."""
    hashed = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        hashed.update(f"{path} {path.stat().st_mtime_ns}\n".encode() + path.read_bytes())
    return hashed.hexdigest()


def weights(run: Path) -> dict[str, np.ndarray]:
    """Every array in the run's model by its path."""
    found: dict[str, np.ndarray] = {}
    with ZipFile(run / "model.keras") as archive, archive.open("model.weights.h5") as member, h5py.File(member) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def are_equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
