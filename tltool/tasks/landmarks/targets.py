"""Truths in pixels of photos → where their points lie on the map that a model gives, as its photo is seen: placed, and varied."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.geometry import Frame, Placement
from tltool.tasks.landmarks.points import coordinates
from tltool.tasks.landmarks.sides import NOTHING, partners_of

SIGMA = 1.5  # cells: how exactly a point is to be found
BEYOND = 6.0  # cells outside of the map in which the middle of a Gaussian may lie
STEP = 0.05  # cells


class PointTargets:
    """What a model is to give for photos by their places: float32 [b, k, 3], the middle (x, y) of a Gaussian over the cells of the map
    that has its mean at the point, and how much it counts, 0 or 1.

    The middle is the point, but near the rim, which cuts the Gaussian: there it lies further out, and less than half a cell from the rim
    no Gaussian has its mean. A point that is not marked, or has left the square, counts nothing. In a mirrored photo the points of a pair
    change names.
    """

    def __init__(
        self, labels: np.ndarray, names: Sequence[str], size: int, cells: int, fit: str, given: Mapping[str, Any] = NOTHING
    ) -> None:
        self._places = np.stack(
            [
                Frame(truth.width, truth.height, size, fit).placement.points(points)
                for truth, points in zip(labels, coordinates(labels, names), strict=True)
            ]
        )  # [n, k, 2], in pixels of the square
        self._partners, self._size, self._cells = partners_of(names, given), size, cells
        self._middles = np.arange(-BEYOND, cells + BEYOND, STEP)
        self._means = means_of(self._middles, cells)

    def __call__(self, places: np.ndarray, matrices: np.ndarray | None = None) -> np.ndarray:
        """As ``tltool.task.Targets`` says: ``matrices`` [b, 2, 3] take the varied square to the square as it is."""
        points = self._places[places]
        if matrices is not None:
            points = np.stack([self._varied(*case) for case in zip(points, matrices, strict=True)])
        inside = ((points >= 0) & (points < self._size)).all(axis=2, keepdims=True)  # False of NaN
        middles = np.interp(points * (self._cells / self._size), self._means, self._middles)
        return np.concatenate([np.where(inside, middles, 0), inside], axis=2).astype("float32")

    def _varied(self, points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
        is_mirrored = np.linalg.det(matrix[:, :2]) < 0
        return Placement(matrix).inverse().points(points[self._partners] if is_mirrored else points)


def means_of(middles: np.ndarray, cells: int) -> np.ndarray:
    """Where the mean of a Gaussian with its middle at each of ``middles`` [m] comes to lie over so many cells, float64 [m]."""
    centres = np.arange(cells) + 0.5
    logarithms = -((centres - middles[:, None]) ** 2) / (2 * SIGMA**2)
    shares = np.exp(logarithms - logarithms.max(axis=1, keepdims=True))
    means: np.ndarray = (shares @ centres) / shares.sum(axis=1)
    return means
