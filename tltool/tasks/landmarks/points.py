"""The points of truths as arrays, and back."""

from collections.abc import Collection, Sequence

import numpy as np

from tltool.data.annotations.truths import Box, Instance, Point, Truth, around

LABEL = "object"  # the one class; it is the names of the points that are told apart


def coordinates(truths: Collection[Truth], names: Sequence[str]) -> np.ndarray:
    """(x, y) of the points called ``names``, in pixels of each photo, float64 [n, k, 2]; NaN where one is not there."""
    return np.array([_of(truth, tuple(names)) for truth in truths], float).reshape(-1, len(names), 2)


def sizes(truths: Collection[Truth]) -> np.ndarray:
    """(width, height) of every photo, float64 [n, 2]."""
    return np.array([(truth.width, truth.height) for truth in truths], float).reshape(-1, 2)


def truth_of(size: tuple[int, int], places: np.ndarray, names: Sequence[str]) -> Truth:
    """A photo of that (width, height) with points at ``places`` [k, 2]; those that are NaN are left out."""
    there = tuple(Point(name, float(x), float(y)) for name, (x, y) in zip(names, places, strict=True) if np.isfinite([x, y]).all())
    return Truth(*size, (Instance(Box.of(LABEL, around(there)), None, there),) if there else ())


def _of(truth: Truth, names: tuple[str, ...]) -> np.ndarray:
    return truth.coordinates(0, names) if truth.instances else np.full((len(names), 2), np.nan)
