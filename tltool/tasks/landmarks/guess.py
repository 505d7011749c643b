"""Where somebody looks for points who has not seen the photo: at their mean place on the training photos."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.tasks.landmarks.points import coordinates, sizes, truth_of

KEY = "guess"
NOWHERE = 0.5  # of a point that no training photo has: the middle
DIGITS = 6


def mean_shape(truths: Collection[Truth], names: Sequence[str]) -> np.ndarray:
    """(x, y) of every point in shares of the photo's sides, 0…1, float64 [k, 2]."""
    shares = coordinates(truths, names) / sizes(truths)[:, None]
    there = np.isfinite(shares)
    sums, counts = np.where(there, shares, 0).sum(axis=0), there.sum(axis=0)
    return np.divide(sums, counts, out=np.full(sums.shape, NOWHERE), where=counts > 0).clip(0, 1)


def as_settled(shape: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """A mean shape as ``run.json`` keeps it."""
    return {f"{KEY}_{axis}": dict(zip(names, shape[:, i].round(DIGITS).tolist(), strict=True)) for i, axis in enumerate("xy")}


def from_settled(settled: Mapping[str, Any], names: Sequence[str]) -> np.ndarray | None:
    """The mean shape that ``as_settled`` kept; None where there is none."""
    kept = [settled.get(f"{KEY}_{axis}", {}) for axis in "xy"]
    return (
        np.array([[axis[name] for axis in kept] for name in names], float) if all(name in axis for axis in kept for name in names) else None
    )


def guess(truths: Collection[Truth], shape: np.ndarray, names: Sequence[str]) -> list[Truth]:
    """What is said of photos by somebody who knows their sizes only."""
    return [truth_of((truth.width, truth.height), shape * (truth.width, truth.height), names) for truth in truths]
