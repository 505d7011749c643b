"""The boxes of a photo as arrays: which of them count, how far they overlap, and which say the same."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tltool.data.annotations.truths import Box, Instance, Truth


class Boxes(NamedTuple):
    """k boxes.

    Attributes:
        corners: left, top, right, bottom, float64 [k, 4].
        kinds: of each the place of its class among the classes, int [k].
        crowd: whether it holds many objects that count neither for nor against an answer, bool [k].
        scores: float64 [k].
    """

    corners: np.ndarray
    kinds: np.ndarray
    crowd: np.ndarray
    scores: np.ndarray

    def of(self, places: np.ndarray) -> "Boxes":
        """Only those, by place or by mask."""
        return Boxes(*(column[places] for column in self))


def counting(truth: Truth, classes: Sequence[str]) -> list[Instance]:
    """What of a truth or an answer has an area within the photo, and a class that somebody named."""
    known = [instance for instance in truth.instances if instance.box.label in classes]
    there = areas(_corners([instance.box for instance in known], truth)) > 0
    return [instance for instance, is_there in zip(known, there, strict=True) if is_there]


def boxes_of(truth: Truth, classes: Sequence[str]) -> Boxes:
    """The boxes of what is ``counting``, in pixels and cut to the photo."""
    places = {name: place for place, name in enumerate(classes)}
    boxes = [instance.box for instance in counting(truth, classes)]
    return Boxes(
        _corners(boxes, truth),
        np.array([places[box.label] for box in boxes], int),
        np.array([box.crowd for box in boxes], bool),
        np.array([box.score for box in boxes], float),
    )


def cut(corners: np.ndarray, width: float, height: float) -> np.ndarray:
    """What of boxes [k, 4] lies in a picture."""
    return np.clip(corners, 0, (width, height, width, height))


def areas(corners: np.ndarray) -> np.ndarray:
    """Of boxes [k, 4]; 0 where one is turned around."""
    return np.prod(np.maximum(corners[:, 2:] - corners[:, :2], 0), axis=1)


def overlaps(ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of each of the boxes [k, 4] with each of [m, 4], float64 [k, m]; 0 for boxes without an area."""
    low, high = np.maximum(ones[:, None, :2], others[None, :, :2]), np.minimum(ones[:, None, 2:], others[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=2)
    union = areas(ones)[:, None] + areas(others)[None] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def suppressed(boxes: Iterable[Box], limit: float) -> list[Box]:
    """``boxes`` from the highest score down without those that overlap a higher one of their class by more than ``limit`` (greedy
    non-maximum suppression)."""
    ordered = sorted(boxes, key=lambda box: -box.score)
    if limit >= 1 or not ordered:
        return ordered
    shared = overlaps(*[np.array([box.corners for box in ordered], float)] * 2) > limit
    labels = np.array([box.label for box in ordered], object)
    shared &= labels[:, None] == labels
    kept: list[int] = []
    for place in range(len(ordered)):
        if not shared[place, kept].any():
            kept.append(place)
    return [ordered[place] for place in kept]


def _corners(boxes: Sequence[Box], truth: Truth) -> np.ndarray:
    return cut(np.array([box.corners for box in boxes], float).reshape(-1, 4), truth.width, truth.height)
