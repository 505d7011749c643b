"""The mask of one object, as COCO writes it: polygons, or runs of 0 and 1 column by column; decoded when it is asked for.

What is drawn is what COCO's own tools draw (``pycocotools.mask``, whose functions say nothing). They trust what they are given: numbers
that lead out of a picture are sorted out here before.
"""

from typing import Any, NamedTuple

import numpy as np

from tltool.data.annotations.fields import Unusable, numbers
from tltool.data.geometry import Placement

LONGEST_OUTLINE = 1e6  # pixels around the polygons of one object: each takes tens of bytes while it is drawn
MOST_SIGNS = 7  # of one number in a compressed run-length code: 35 bits


class Polygons(NamedTuple):
    """The outlines of an object's pieces, which are filled and united: each (x, y, x, y, …) of three points or more."""

    rings: tuple[tuple[float, ...], ...]

    def decode(self, width: int, height: int) -> np.ndarray:
        """uint8 [height, width] of 0 and 1."""
        return self.runs(width, height).decode(width, height)

    def runs(self, width: int, height: int) -> "RunLengths":
        """The same as runs."""
        from pycocotools import mask

        drawn = mask.merge(mask.frPyObjects([*map(list, self.rings)], height, width))
        return RunLengths(drawn["counts"].decode("ascii"))

    def bounds(self, width: int, height: int) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) around it, in pixels."""
        x, y = (np.concatenate([ring[axis::2] for ring in self.rings]) for axis in (0, 1))
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def moved(self, by: Placement, width: int, height: int) -> "Polygons":
        """Where it lies in the picture that ``by`` leads to."""
        return Polygons(tuple(tuple(by.points(np.reshape(ring, (-1, 2))).ravel().tolist()) for ring in self.rings))


class RunLengths(NamedTuple):
    """How many pixels are 0, then 1, then 0, … down the columns, in COCO's compressed form."""

    counts: str

    def decode(self, width: int, height: int) -> np.ndarray:
        """uint8 [height, width] of 0 and 1.

        Raises:
            Unusable: the runs do not fill such a picture.
        """
        runs = runs_of(self.counts, width, height)
        return np.ascontiguousarray(np.repeat(np.arange(len(runs), dtype=np.uint8) % 2, runs).reshape(width, height).T)

    def runs(self, width: int, height: int) -> "RunLengths":
        """Itself."""
        return self

    def bounds(self, width: int, height: int) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) around it, in pixels; all 0 for a mask without a pixel."""
        from pycocotools import mask

        left, top, wide, high = mask.toBbox({"size": [height, width], "counts": self.counts.encode("ascii")}).tolist()
        return left, top, left + wide, top + high

    def moved(self, by: Placement, width: int, height: int) -> "RunLengths":
        """Where it lies in the picture that ``by`` leads to, which must be a turn; ``width`` and ``height`` are of its own."""
        (right, bottom) = by.boxes(np.array([[0, 0, width, height]]))[0, 2:]
        return encode(by.mask(self.decode(width, height), (round(right), round(bottom)), beyond=0))


def encode(mask: np.ndarray) -> RunLengths:
    """A mask [height, width], in which everything but 0 belongs to the object."""
    from pycocotools import mask as coco

    return RunLengths(coco.encode(np.asfortranarray(mask != 0, np.uint8))["counts"].decode("ascii"))


def encode_within(mask: np.ndarray, corner: tuple[int, int], width: int, height: int) -> RunLengths:
    """A mask [h, w] whose left top pixel is the pixel ``corner`` (x, y) of a picture; nothing of the picture's size is made for it."""
    columns, rows = np.nonzero(mask.T)
    pixels = (columns + corner[0]) * height + rows + corner[1]
    starts = pixels[np.diff(pixels, prepend=-2) > 1]
    ends = pixels[np.diff(pixels, append=width * height + 1) > 1] + 1
    runs = np.diff(np.stack([starts, ends], axis=1).ravel(), prepend=0, append=width * height)
    return as_run_lengths({"size": [height, width], "counts": (runs if runs[-1] else runs[:-1]).tolist()}, width, height)


def framed(mask: Polygons | RunLengths, size: tuple[int, int], corner: tuple[int, int], around: tuple[int, int]) -> RunLengths | None:
    """A mask of a picture of (width, height) ``size``, as it lies in another of the size ``around`` whose left top pixel is the pixel
    ``corner`` (x, y) of the first, which need not be in it; None where no pixel is left. No more is drawn than what both show."""
    runs = mask.runs(*size)
    bounds = np.array(runs.bounds(*size)).reshape(2, 2)
    (left, top), (right, bottom) = np.clip(bounds, corner, np.add(corner, around)).clip(0, size).astype(int).tolist()
    ends = np.cumsum(runs_of(runs.counts, *size)).clip(left * size[1], right * size[1])
    lengths = np.diff(ends, prepend=left * size[1])
    columns = np.repeat(np.arange(len(lengths), dtype=np.uint8) % 2, lengths).reshape(right - left, size[1])
    pixels = columns[:, top:bottom].T
    return encode_within(pixels, (left - corner[0], top - corner[1]), *around) if pixels.any() else None


def as_polygons(rings: Any) -> Polygons:
    """Lists of coordinates as polygons that can be drawn.

    Raises:
        Unusable: no such lists, fewer than three points, or an outline that would take more memory than it is worth.
    """
    if not isinstance(rings, (list, tuple)) or not rings:
        raise Unusable("has a mask without polygons")
    read = tuple(tuple(numbers(ring, "a polygon")) for ring in rings)
    for ring in read:
        if len(ring) % 2 or len(ring) < 6:
            raise Unusable(f"has a polygon of {len(ring) / 2:g} points, which encloses nothing")
    if sum(map(_outline, read)) > LONGEST_OUTLINE:
        raise Unusable(f"has a mask with an outline of more than {LONGEST_OUTLINE:,.0f} pixels")
    return Polygons(read)


def as_run_lengths(code: Any, width: int, height: int) -> RunLengths:
    """COCO's ``{"size": [height, width], "counts": …}`` for a picture of that size, compressed (text) or not (a list).

    Raises:
        Unusable: of another size, or runs that do not fill it.
    """
    size = numbers(code.get("size"), "the size of a mask", 2)
    if size != [height, width]:
        raise Unusable(f"has a mask of {size[1]:g} × {size[0]:g} pixels for a photo of {width} × {height}")
    counts = code.get("counts")
    if isinstance(counts, str):
        runs_of(counts, width, height)
        return RunLengths(counts)
    if not isinstance(counts, list) or not all(type(count) is int and 0 <= count <= width * height for count in counts):
        raise Unusable("has a mask whose counts are neither text nor whole numbers from 0 to the number of pixels")
    if sum(counts) != width * height:
        raise Unusable(_unfilled(sum(counts), width, height))
    from pycocotools import mask

    return RunLengths(mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)["counts"].decode("ascii"))


def runs_of(counts: str, width: int, height: int) -> np.ndarray:
    """The compressed form as numbers of pixels, int64 [n], which fill a picture of that size.

    Each number is written in groups of five bits from the lowest, 32 more where another group follows, from "0" on; the highest bit is
    the sign. From the fourth number on, it is what must be added to the last but one (``rleToString`` in pycocotools' maskApi.c).

    Raises:
        Unusable: they do not, or the text is none of these.
    """
    signs = np.frombuffer(counts.encode("utf-8", "surrogatepass"), np.uint8).astype(np.int64) - 48
    ends = np.flatnonzero(signs & 32 == 0)
    if not len(ends) or ends[-1] != len(signs) - 1 or signs.min() < 0 or signs.max() > 63:
        raise Unusable("has a mask whose counts are no run-length code")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > MOST_SIGNS:
        raise Unusable("has a mask with a run of more pixels than a photo has")
    bits = 5 * (np.arange(len(signs)) - np.repeat(starts, lengths))
    runs = np.add.reduceat((signs & 31) << bits, starts) - (((signs[ends] & 16) > 0).astype(np.int64) << 5 * lengths)
    runs[1::2], runs[2::2] = np.cumsum(runs[1::2]), np.cumsum(runs[2::2])
    if runs.min() < 0 or runs.max() > width * height or runs.sum() != width * height:
        raise Unusable(_unfilled(int(runs.sum()), width, height))
    return runs


def _outline(ring: tuple[float, ...]) -> float:
    points = np.reshape(ring, (-1, 2))
    return float(np.abs(np.diff(points, axis=0, append=points[:1])).max(axis=1).sum())


def _unfilled(pixels: int, width: int, height: int) -> str:
    return f"has a mask whose runs come to {pixels:,} pixels in a photo of {width} × {height}"
