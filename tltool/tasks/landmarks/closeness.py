"""How near answers are to the points of truths.

A distance means little in pixels: 10 of them are nothing on a large face, and both ears on a small one. So it is told in shares of the
diagonal of the box around the points of that photo (normalised mean error, NME), or, where one point has no such box, of the photo's own;
where the user gives two points, of the distance between them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.intervals import mean_of
from tltool.tasks.landmarks.points import coordinates, sizes
from tltool.tasks.landmarks.sides import NOTHING, partners_of
from tltool.wording import quoted

NORMALISER = "the diagonal of the box around the points"
SMALLEST = 1.0  # pixels of a diagonal that is one


class Distances(NamedTuple):
    """How far off the points of n photos are.

    Attributes:
        pixels: float64 [n, k]; NaN where a point is not marked.
        scales: what is 1 in each photo, in pixels, float64 [n].
        diagonals: of the photos, in pixels, float64 [n].
    """

    pixels: np.ndarray
    scales: np.ndarray
    diagonals: np.ndarray

    @property
    def relative(self) -> np.ndarray:
        """In shares of the scale, float64 [n, k]."""
        return self.pixels / self.scales[:, None]

    @property
    def closeness(self) -> np.ndarray:
        """1 less the share, float64 [n, k]; what is off by a whole scale is lost, and worse cannot be."""
        return np.maximum(1 - self.relative, 0)


def normaliser(given: Mapping[str, Any]) -> str:
    """What errors are shares of, in words."""
    if "normaliser" not in given:
        return NORMALISER
    one, other = map(quoted, given["normaliser"])
    return f"the distance between {one} and {other}"


def distances(truths: Collection[Truth], answers: Collection[Truth], names: Sequence[str], given: Mapping[str, Any] = NOTHING) -> Distances:
    """Of every marked point; one that an answer leaves out is off by a whole scale.

    Args:
        given: ``normaliser``, the two points whose distance is 1; where one of them is not marked, it is the diagonal as where none are
            given.
    """
    places, said = coordinates(truths, names), coordinates(answers, names)
    scales, diagonals = _scales(places, truths, [names.index(name) for name in given.get("normaliser", ())]), np.hypot(*sizes(truths).T)
    pixels = np.hypot(*np.moveaxis(said - places, 2, 0))
    lost = np.isnan(said).any(axis=2) & np.isfinite(places).all(axis=2)
    return Distances(np.where(lost, scales[:, None], pixels), scales, diagonals)


def closeness(truths: Collection[Truth], answers: Collection[Truth], names: Sequence[str], given: Mapping[str, Any] = NOTHING) -> float:
    """The mean over all marked points, 0…1; 0 where there are none."""
    each = distances(truths, answers, names, given).closeness
    return mean_of(each)


def sides_kept(
    truths: Collection[Truth], answers: Collection[Truth], names: Sequence[str], given: Mapping[str, Any] = NOTHING
) -> np.ndarray:
    """Of every photo in which a point and its partner on the other side are marked: whether each such point is answered nearer to itself
    than to its partner, float64 [n] of 0 and 1; NaN of all others."""
    places, said, partners = coordinates(truths, names), coordinates(answers, names), partners_of(names, given)
    own, other = (np.hypot(*np.moveaxis(said - there, 2, 0)) for there in (places, places[:, partners]))
    compared = np.isfinite(own) & np.isfinite(other) & (partners != np.arange(len(names)))
    return np.where(compared.any(axis=1), (~compared | (own < other)).all(axis=1), np.nan)


def _scales(places: np.ndarray, truths: Collection[Truth], ends: Sequence[int]) -> np.ndarray:
    there = np.isfinite(places)
    least, most = (np.where(there, places, beyond) for beyond in (np.inf, -np.inf))
    with np.errstate(invalid="ignore"):
        boxes = np.hypot(*(most.max(axis=1) - least.min(axis=1)).T)  # -inf of no point
    usual = np.where(np.isfinite(boxes) & (boxes >= SMALLEST), boxes, np.hypot(*sizes(truths).T))
    if not ends:
        return usual
    apart = np.hypot(*(places[:, ends[1]] - places[:, ends[0]]).T)  # NaN where one is not marked
    return np.where(apart >= SMALLEST, apart, usual)
