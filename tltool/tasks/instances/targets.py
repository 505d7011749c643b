"""Objects with masks → what every cell of the map is to say: of centres and boxes as in ``tasks.detect``; and, in the pixels of a finer
map, of which class each is and how far from the centre of its object."""

from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED, Frame, Placement
from tltool.task import Targets
from tltool.tasks.detect.boxes import cut
from tltool.tasks.detect.targets import targets_of as box_targets
from tltool.tasks.instances.instance_maps import BEYOND, instance_map
from tltool.tasks.instances.losses import FINE, FINES
from tltool.tasks.squares import Squares
from tltool.threads import in_order


def targets_of(labels: np.ndarray, classes: Sequence[str], size: int, cells: int, fit: str) -> Targets:
    """Of truths [n], what a map of ``cells`` × ``cells`` in a square of side ``size`` is to say, float32 [b, cells · cells, classes + 53]:
    the target of ``tasks.detect``, then ``packed`` class indices and offsets.

    A pixel of no object is of the class behind the others; it is ``IGNORED`` beyond the photo, on a crowd, and on an object whose class
    nobody named or whose mask nobody drew.
    """
    boxes, ids = box_targets(labels, classes, size, cells, fit), Squares(labels, instance_map, FINE * cells, fit, BEYOND)
    kinds = [kinds_of(truth, classes) for truth in labels]
    corners = [_corners(truth, Frame(truth.width, truth.height, size, fit)) for truth in labels]
    finer = Placement(np.array([[FINE * cells / size, 0, 0], [0, FINE * cells / size, 0]]))

    def drawn(place: int, matrix: np.ndarray | None) -> np.ndarray:
        if matrix is None:
            return packed(ids[place], kinds[place], centres_of(corners[place], size))
        move = Placement(matrix).inverse()
        moved = finer.inverse().then(move).then(finer).mask(ids[place], (FINE * cells,) * 2, BEYOND)
        return packed(moved, kinds[place], centres_of(move.boxes(corners[place]), size))

    def rows(places: np.ndarray, matrices: np.ndarray | None) -> np.ndarray:
        cases = zip(places.tolist(), [None] * len(places) if matrices is None else matrices, strict=True)
        fine = [*in_order(lambda case: drawn(*case), cases)]
        return np.concatenate([boxes(places, matrices), np.stack(fine)], axis=-1) if fine else boxes(places, matrices)

    return rows


def packed(ids: np.ndarray, kinds: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """An instance map [s, s] → of every cell the 16 pixels in it, by row: their class indices, and x and y of their ways to the centre of
    their object in shares of the side, 0 where there is none; float32 [cells · cells, 48]."""
    side = len(ids)
    known = np.minimum(ids, len(kinds) - 1).astype(int)
    middles = (np.arange(side) + 0.5) / side
    ways = np.nan_to_num(
        np.concatenate([np.full((1, 2), np.nan), centres, np.full((1, 2), np.nan)])[known]
        - np.stack(np.meshgrid(middles, middles), axis=-1)
    )
    fine = np.concatenate([kinds[known][..., None], ways], axis=-1).astype(np.float32)
    cells = fine.reshape(side // FINE, FINE, side // FINE, FINE, 3).transpose(0, 2, 4, 1, 3)
    return cells.reshape(-1, 3 * FINES)


def kinds_of(truth: Truth, classes: Sequence[str]) -> np.ndarray:
    """The class index of the ground, of every object, and of what is not known, int [objects + 2]."""
    places = {name: place for place, name in enumerate(classes)}
    known = [IGNORED if box.crowd or mask is None else places.get(box.label, IGNORED) for box, mask, _ in truth.instances]
    return np.array([len(classes), *known, IGNORED])


def centres_of(corners: np.ndarray, size: int) -> np.ndarray:
    """The middle of what of boxes [k, 4] lies in the square, (x, y) [k, 2] in shares of its side: where their peaks are."""
    left = cut(corners, size, size)
    return (left[:, :2] + left[:, 2:]) / 2 / size


def _corners(truth: Truth, frame: Frame) -> np.ndarray:
    """Of all objects in the square, whatever they are."""
    corners = np.array([box.corners for box in truth.boxes], float).reshape(-1, 4)
    return frame.placement.boxes(cut(corners, truth.width, truth.height))
