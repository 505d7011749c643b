"""What is true of a photo, tile by tile: each is a photo of its own, with what it shows of every object."""

from collections.abc import Iterator, Sequence

from tltool.data.annotations.masks import framed
from tltool.data.annotations.truths import Instance, Truth
from tltool.data.tiles import Tile, Tiling

LEAST = 0.25  # of an object's box, of which less cannot be known


def cut(truth: Truth, across: int) -> list[Truth]:
    """The truth of every tile of ``Tiling.tiles``, in pixels of the tile. What shows less than ``LEAST`` of an object is marked as a crowd,
    which counts neither for nor against an answer, and so is in the whole photo what the tiles hold. Points are left out."""
    tiling = Tiling(truth.width, truth.height, across)
    *parts, whole = tiling.tiles
    tiny = [tiling.holds(box.corners) for box in truth.boxes]
    return [
        *(Truth(part.width, part.height, tuple(_seen(truth, part, [False] * len(tiny)))) for part in parts),
        Truth(whole.width, whole.height, tuple(_seen(truth, whole, tiny))),
    ]


def _seen(truth: Truth, tile: Tile, ignored: Sequence[bool]) -> Iterator[Instance]:
    """The objects that a tile shows."""
    for (box, mask, _), ignore in zip(truth.instances, ignored, strict=True):
        left, top, right, bottom = tile.corners
        inside = box._replace(left=max(box.left, left), top=max(box.top, top), right=min(box.right, right), bottom=min(box.bottom, bottom))
        there = mask and framed(mask, (truth.width, truth.height), (tile.left, tile.top), (tile.width, tile.height))
        if not inside.area or (mask and not there):
            continue
        corners = (inside.left - left, inside.top - top, inside.right - left, inside.bottom - top)
        yield Instance(box.of(box.label, corners, box.crowd or ignore or inside.area < LEAST * box.area), there)
