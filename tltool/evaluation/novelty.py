"""How far what a network sees in a photo lies from what it saw in photos that it learned from: noise, pages of text and other things that
belong to no class at all are far away, however sure the answer is.

It is the distance, between features of length 1, to the ``NEIGHBOURS``-th nearest training photo (Sun et al., "Out-of-distribution
detection with deep nearest neighbors", 2022). It tells what is of another kind altogether; things of a kind that is like the classes are
near, and for those the probability of the answer says more.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tltool.atomic import draft
from tltool.errors import RunError
from tltool.reading import open_regular
from tltool.runs import Run
from tltool.runs.files import FAMILIAR

NEIGHBOURS = 5
MOST = 1000  # training photos that are kept to compare with
NUMBERS = 8_000_000  # in all of their features: heads on flattened maps have many
FEWEST = 20  # validation photos, or training photos, below which nothing is said
BEYOND = 0.01  # of photos like those for validation, about as many are called unlike; of fewer than 99 of them, one more than n
LARGEST = 64 << 20  # bytes of a file of features
MAGIC = b"\x93NUMPY"

UNLIKE = "unlike the training photos"


class Familiar(NamedTuple):
    """What is known: features float32 [m, d] of length 1 of training photos, and the distance from which on a photo is unlike them."""

    rows: np.ndarray
    limit: float

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Of features [n, d], float64 [n], 0…2."""
        cosines = of_length_one(features) @ self.rows.T
        nearest = np.partition(cosines, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS].astype(np.float64)
        return np.sqrt(np.maximum(2 - 2 * nearest, 0))


def write_familiar(rows: np.ndarray, folder: Path) -> None:
    """``rows`` into the folder of a run.

    Raises:
        RunError: they cannot be written.
    """
    with draft(folder / FAMILIAR, RunError) as beside, beside.open("wb") as file:
        np.save(file, rows, allow_pickle=False)


def familiar_of(run: Run) -> Familiar | None:
    """What ``run`` knows of its training photos; None of a run of before, or of too few photos.

    Raises:
        RunError: the file is gone or damaged.
    """
    if (novelty := run.record.novelty) is None:
        return None
    file = run.path / FAMILIAR
    try:
        rows = _read(file)
    except Exception as error:  # what a damaged header raises depends on where it is damaged
        raise RunError(
            f"A run must have its {FAMILIAR} as it wrote it. Received: {file} ({str(error) or type(error).__name__}). Train it again."
        ) from None
    return Familiar(rows.astype(np.float32), novelty.limit)


def _read(file: Path) -> np.ndarray:
    """Raises ``OSError``, ``ValueError``, and whatever else NumPy raises of a file that is none of ours."""
    with open_regular(file, LARGEST) as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            raise ValueError("it is no array of NumPy's")
    rows = np.load(file, mmap_mode="r", allow_pickle=False)  # mapped, so that no header asks for more than there is
    if rows.ndim != 2 or rows.dtype != np.float16 or not FEWEST <= len(rows) <= MOST or not rows.size:
        raise ValueError(f"it holds {rows.dtype} {rows.shape}, no features of training photos")
    if not np.isfinite(rows).all():
        raise ValueError("it holds features that are no numbers")
    return np.array(rows)


def of_length_one(features: np.ndarray) -> np.ndarray:
    """``features`` [n, d] by their lengths, float32."""
    floats = features.astype(np.float32)
    return floats / np.maximum(np.linalg.norm(floats, axis=1, keepdims=True), 1e-12)


def limit_of(distances: np.ndarray) -> float:
    """So that of photos like these, n of them, about the share ``BEYOND`` lies beyond, but the farthest at most (a conformal quantile)."""
    place = min(len(distances), math.ceil((len(distances) + 1) * (1 - BEYOND)))
    return float(np.sort(distances)[place - 1])
