"""Boxes → what every cell of the map is to say of them.

Where an object's centre lies, its class has a peak of 1, around which it falls off like a Gaussian (CenterNet, Zhou et al. 2019, arXiv
1904.07850); the cells of a core around the centre are to know how far away the sides are (TTFNet, Liu et al. 2019, arXiv 1909.00700,
which learns from few steps). Cell i covers i…i + 1 of the map, and its centre is at i + 0.5.
"""

from collections.abc import Sequence

import numpy as np

from tltool.data.geometry import Frame, Placement
from tltool.task import Targets
from tltool.tasks.detect.boxes import Boxes, areas, boxes_of, cut

CORE = 0.54  # of an object's half sides, as far as its peak and its core reach (TTFNet's α and β)
LEAST = 0.25  # of an object's area, below which nobody would know it
IGNORED = -1.0  # instead of a height: whatever is said of that class there counts neither for nor against it


def targets_of(labels: np.ndarray, classes: Sequence[str], size: int, cells: int, fit: str) -> Targets:
    """Of truths [n], what a map of ``cells`` × ``cells`` in a square of side ``size`` is to say, as ``drawn`` has it.

    Boxes move with their photo and are cut to the square. What is left of less than ``LEAST`` of one, and every cell that a crowd
    touches, is ignored.
    """
    known = [boxes_of(truth, classes) for truth in labels]
    placements = [Frame(truth.width, truth.height, size, fit).placement for truth in labels]

    def rows(places: np.ndarray, matrices: np.ndarray | None) -> np.ndarray:
        moves = [placements[place] for place in places]
        if matrices is not None:
            moves = [move.then(Placement(matrix).inverse()) for move, matrix in zip(moves, matrices, strict=True)]
        drawings = [drawn(*_moved(known[place], move, size), len(classes), size, cells) for place, move in zip(places, moves, strict=True)]
        return np.stack(drawings)

    return rows


def drawn(objects: Boxes, ignored: Boxes, classes: int, size: int, cells: int) -> np.ndarray:
    """Boxes in pixels of the square → float32 [cells · cells, classes + 5], row by row: the height of each class, 0…1 or ``IGNORED``; left,
    top, right and bottom of the cell's object as seen from the cell's centre, in shares of the square's side; and how much they count,
    which for all cells of an object together is log(1 + its area in pixels).

    Where cores overlap, the smaller object is seen in front.
    """
    heights, sides, weights = (np.zeros((cells, cells, n), np.float32) for n in (classes, 4, 1))
    centres = (np.arange(cells) + 0.5) / cells
    for place in np.argsort(-areas(objects.corners), kind="stable"):
        corners = objects.corners[place] / size
        rows, columns, peak = _peak(corners * cells, cells)
        where = np.s_[rows, columns]
        heights[*where, objects.kinds[place]] = np.maximum(heights[*where, objects.kinds[place]], peak)
        sides[where] = corners - np.stack(np.meshgrid(centres[columns], centres[rows]) * 2, axis=-1)
        weights[*where, 0] = peak / peak.sum() * np.log1p(areas(objects.corners[[place]]))
    for corners, kind in zip(ignored.corners / size, ignored.kinds, strict=True):
        across, down = ((low < centres + 0.5 / cells) & (centres - 0.5 / cells < high) for low, high in (corners[::2], corners[1::2]))
        heights[..., kind] = np.where(down[:, None] & across & (heights[..., kind] < 1), IGNORED, heights[..., kind])
    return np.concatenate([heights, sides, weights], axis=2).reshape(cells * cells, -1)


def _moved(boxes: Boxes, by: Placement, size: int) -> tuple[Boxes, Boxes]:
    """The objects in the square, and the regions of it that are ignored."""
    moved = by.boxes(boxes.corners)
    inside = boxes._replace(corners=cut(moved, size, size))
    left = areas(inside.corners)
    counts = ~boxes.crowd & (left >= LEAST * areas(moved))
    return inside.of(counts), inside.of(~counts & (left > 0))


def _peak(corners: np.ndarray, cells: int) -> tuple[slice, slice, np.ndarray]:
    """Of a box in cells, the rows and columns that its core covers, and a Gaussian on them, float64 [rows, columns]: 1 in the cell of the
    centre, three standard deviations to the end."""
    middle = np.minimum((corners[:2] + corners[2:]) / 2, cells - 1).astype(int)
    reach = ((corners[2:] - corners[:2]) / 2 * CORE).astype(int)
    falls = []
    for at, far in zip(middle, reach, strict=True):
        steps = np.arange(max(at - far, 0), min(at + far, cells - 1) + 1)
        falls.append((slice(steps[0], steps[-1] + 1), np.exp(-(((steps - at) / ((2 * far + 1) / 6)) ** 2) / 2)))
    (columns, across), (rows, down) = falls
    return rows, columns, down[:, None] * across
