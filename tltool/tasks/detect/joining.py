"""What was found in the tiles of a photo → what is in the photo: an object that several tiles show is said once.

Neighbours overlap, so that whatever is no larger than what they share lies whole in one of them; what is larger is looked for in the whole
photo. So a tile is believed less where an object ends at a side that is none of the photo's: there it may be cut, and what another tile
says of the same pixels is likely to be more of it (as slicing-aided inference has it, Akyon et al. 2022, arXiv 2202.06934).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tltool.data.annotations.masks import framed
from tltool.data.annotations.truths import Instance, Truth
from tltool.data.tiles import Tile, Tiling
from tltool.tasks.detect.matches import Regions, overlaps_of

MOST = 500  # objects of a photo
CANDIDATES = 4 * MOST  # that are held against each other
SAME = 0.5  # overlap beyond which two tiles show one object
RIM = 0.02  # of a tile's sides: what ends so close to its border may be cut
DOUBT = 0.5  # of its score is what counts of what may be cut, where it is held against what others say


class Found(NamedTuple):
    """What one tile says.

    Attributes:
        instance: in pixels of the photo.
        tile: the number of the tile.
        is_cut: whether it may go on where the tile ends.
    """

    instance: Instance
    tile: int
    is_cut: bool

    @property
    def rank(self) -> float:
        """By what it is taken before others."""
        return self.instance.box.score * (DOUBT if self.is_cut else 1)


def joined(answers: Sequence[Truth], tiling: Tiling, regions: Regions) -> Truth:
    """At most ``MOST`` objects of a photo, the highest score first.

    Of two of a class from different tiles that overlap by more than ``SAME`` the higher one is kept, where ``DOUBT`` lowers what may be
    cut; for that one, and beside it, it is enough to be covered by as much.

    Args:
        answers: of every tile, in its own pixels, in the order of ``tiling``.
    """
    found = sorted(_all(answers, tiling), key=lambda its: -its.rank)[:CANDIDATES]
    kept: list[int] = []
    doubles = _doubles(found, tiling, regions)
    for place in range(len(found)):
        if not doubles[place, kept].any():
            kept.append(place)
    instances = sorted((found[place].instance for place in kept), key=lambda instance: -instance.box.score)
    return Truth(tiling.width, tiling.height, tuple(instances[:MOST]))


def _all(answers: Sequence[Truth], tiling: Tiling) -> Iterator[Found]:
    """All but what is found in the whole photo and held by a tile, which sees it larger."""
    tiles = tiling.tiles
    for number, (answer, tile) in enumerate(zip(answers, tiles, strict=True)):
        for instance in answer.instances:
            moved = _moved(instance, tile, tiling)
            if moved.box.area and (number < len(tiles) - 1 or not tiling.holds(moved.box.corners)):
                yield Found(moved, number, _is_cut(moved, tile, tiling))


def _moved(instance: Instance, tile: Tile, tiling: Tiling) -> Instance:
    """What is said in pixels of a tile in those of the photo."""
    box, mask, _ = instance
    x, y = tile.left, tile.top
    corners = np.round(np.add(box.corners, (x, y, x, y)), 2).tolist()
    there = mask and framed(mask, (tile.width, tile.height), (-x, -y), (tiling.width, tiling.height))
    return Instance(box.of(box.label, corners, score=box.score), there)


def _is_cut(instance: Instance, tile: Tile, tiling: Tiling) -> bool:
    """Whether an object ends at a side of its tile that is none of the photo's."""
    left, top, right, bottom = instance.box.corners
    x, y, beyond, below = tile.corners
    wide, high = RIM * tile.width, RIM * tile.height
    return (
        (x > 0 and left < x + wide)
        or (y > 0 and top < y + high)
        or (beyond < tiling.width and right > beyond - wide)
        or (below < tiling.height and bottom > below - high)
    )


def _doubles(found: Sequence[Found], tiling: Tiling, regions: Regions) -> np.ndarray:
    """Which of ``found`` say the same as which other, bool [k, k]."""
    truth = Truth(tiling.width, tiling.height, tuple(its.instance for its in found))
    _, places = regions.of(truth, truth.labels)
    k = len(found)
    if not k:
        return np.zeros((0, 0), bool)
    union, own = overlaps_of(places, places, np.zeros(k)), overlaps_of(places, places, np.ones(k))
    cut, tiles = np.array([its.is_cut for its in found]), np.array([its.tile for its in found])
    labels = np.array([its.instance.box.label for its in found], object)
    covered = np.maximum(own, own.T) > SAME
    same = (union > SAME) | (covered & (cut[:, None] | cut))
    return same & (labels[:, None] == labels) & (tiles[:, None] != tiles)
