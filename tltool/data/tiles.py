"""Where the tiles of a photo lie: rows and columns of them that overlap, and last the whole photo, which shows what no other holds.

Coordinates are pixels of the upright photo, as in ``data.geometry``.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tltool.data.geometry import Frame

OVERLAP = 0.2  # of a tile's side, that the one beside it shows too


class Tile(NamedTuple):
    """A part of a photo."""

    left: int
    top: int
    width: int
    height: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height

    def frame(self, size: int, fit: str) -> Frame:
        """How it becomes a square of side ``size``: as a photo of its own does."""
        return Frame(self.width, self.height, size, fit)


class Tiling(NamedTuple):
    """A photo of ``width`` × ``height`` pixels in ``across`` × ``across`` tiles of its own shape, and the whole of it."""

    width: int
    height: int
    across: int

    @property
    def tiles(self) -> list[Tile]:
        """Row by row, the whole photo last."""
        columns, rows = _spans(self.width, self.across), _spans(self.height, self.across)
        tiles = [Tile(left, top, wide, high) for top, high in rows for left, wide in columns]
        return [*tiles, Tile(0, 0, self.width, self.height)]

    def holds(self, corners: Sequence[float]) -> bool:
        """Whether a box (left, top, right, bottom) of this size lies in one of the tiles wherever it is, and so need not be looked for in
        the whole photo: it is no larger than what two of them share."""
        left, top, right, bottom = corners
        shared = (_shared(side, self.across) for side in (self.width, self.height))
        return all(side <= most for side, most in zip((right - left, bottom - top), shared, strict=True))


def tiles_in(across: int | None) -> int:
    """How many a photo is seen as; without tiles it is one."""
    return across**2 + 1 if across else 1


def magnified(across: int) -> float:
    """How much larger things are in a tile than in the whole photo, where both become squares of one size."""
    return across - OVERLAP * (across - 1)


def _spans(side: int, across: int) -> list[tuple[int, int]]:
    """Where the tiles along a side begin, and how long they are."""
    length = min(side, int(np.ceil(side / magnified(across))))
    return [(int(start), length) for start in np.round(np.linspace(0, side - length, across))]


def _shared(side: int, across: int) -> int:
    """What two neighbours along a side share at least."""
    spans = _spans(side, across)
    return min(start + length - after for (start, length), (after, _) in pairwise(spans))
