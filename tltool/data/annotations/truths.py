"""What is true of one photo: boxes, masks and points of the objects in it, or a class for every pixel.

Coordinates are pixels of the *upright* photo, as the decoder shows it and people see it, from its top left corner: pixel i covers
i…i + 1 (``data.geometry``). Where a format's labels are of the stored picture, its reader has turned them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from tltool.data.annotations.class_masks import ClassMask
from tltool.data.annotations.masks import Polygons, RunLengths


class Box(NamedTuple):
    """An upright box.

    Attributes:
        label: a class.
        left, top, right, bottom: pixels; as they were written, so they may lie outside the photo or be turned around.
        crowd: many objects in one box, which counts neither for nor against an answer.
        score: of an answer, how sure it is, 0…1; a truth is sure.
    """

    label: str
    left: float
    top: float
    right: float
    bottom: float
    crowd: bool = False
    score: float = 1.0

    @classmethod
    def of(cls, label: str, corners: Sequence[float], crowd: bool = False, score: float = 1.0) -> Self:
        """``corners``: left, top, right, bottom."""
        left, top, right, bottom = corners
        return cls(label, left, top, right, bottom, crowd, score)

    @property
    def corners(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.right, self.bottom

    @property
    def area(self) -> float:
        """In pixels; 0 where it is turned around."""
        return max(self.right - self.left, 0.0) * max(self.bottom - self.top, 0.0)


class Point(NamedTuple):
    """A named place of an object; one that nobody marked is left out of the truth.

    Attributes:
        x, y: pixels.
        visible: whether it can be seen, or was guessed behind something.
    """

    name: str
    x: float
    y: float
    visible: bool = True


def around(points: Sequence[Point]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the box around one point or more."""
    x, y = [point.x for point in points], [point.y for point in points]
    return min(x), min(y), max(x), max(y)


class Instance(NamedTuple):
    """One object: its box, and its mask and points where they are known."""

    box: Box
    mask: Polygons | RunLengths | None = None
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """All that is known of one photo of ``width`` × ``height`` pixels; without instances it shows none of the classes.

    Attributes:
        areas: the class of every pixel, for photos that are to be segmented.
    """

    width: int
    height: int
    instances: tuple[Instance, ...] = ()
    areas: ClassMask | None = None

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(instance.box for instance in self.instances)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that occur, each once, in order."""
        areas = self.areas.regions if self.areas else ()
        return tuple(dict.fromkeys([*(instance.box.label for instance in self.instances), *(region.label for region in areas)]))

    def mask(self, place: int) -> np.ndarray | None:
        """The mask of an instance, uint8 [height, width] of 0 and 1; None where it has none."""
        mask = self.instances[place].mask
        return None if mask is None else mask.decode(self.width, self.height)

    def coordinates(self, place: int, names: tuple[str, ...]) -> np.ndarray:
        """The points of an instance called ``names``, (x, y) float64 [n, 2]; NaN where one is not there."""
        there = {point.name: (point.x, point.y) for point in self.instances[place].points}
        return np.array([there.get(name, (np.nan, np.nan)) for name in names], float).reshape(-1, 2)
