"""What a model gives for one photo → boxes in the photo's own pixels; NumPy only."""

import math
from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.truths import Box
from tltool.data.geometry import Frame
from tltool.tasks.detect.boxes import cut

LOWEST = 0.01  # score of a box that is kept
MOST = 100  # boxes of a photo
THIN = 1.0  # pixels of the photo: what is narrower is nothing


def found(outputs: np.ndarray, classes: Sequence[str], frame: Frame, most: int = MOST, lowest: float = LOWEST) -> list[Box]:
    """The boxes whose cells have the highest score among their neighbours, from the highest down.

    Args:
        outputs: [cells, 4 + classes], see ``head.attach``.
        frame: where the photo lies in the square.
        most: boxes to be found.
        lowest: score of one.
    """
    scores = peaks(outputs[:, 4:])
    order = np.argsort(-scores, axis=None, kind="stable")[:most]
    cells, kinds = np.unravel_index(order[scores.ravel()[order] >= lowest], scores.shape)
    back = frame.placement.inverse()
    corners = cut(back.boxes(corners_of(outputs[:, :4])[cells] * frame.size), frame.width, frame.height)
    wide = (corners[:, 2:] - corners[:, :2] >= THIN).all(axis=1)
    return [
        Box.of(classes[kind], np.round(box, 2).tolist(), score=round(float(scores[cell, kind]), 6))
        for cell, kind, box in zip(cells[wide], kinds[wide], corners[wide], strict=True)
    ]


def peaks(scores: np.ndarray) -> np.ndarray:
    """Scores [cells, classes] of a square map, row by row, where none of the eight cells around has a higher one; 0 elsewhere."""
    side = math.isqrt(len(scores))
    grid = scores.reshape(side, side, -1)
    around = np.pad(grid, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    highest = np.maximum.reduce([around[row : row + side, column : column + side] for row in range(3) for column in range(3)])
    return np.where(grid == highest, grid, 0).reshape(scores.shape)


def corners_of(boxes: np.ndarray) -> np.ndarray:
    """(dy, dx, h, w) of each cell [cells, 4] → left, top, right, bottom, float64, in shares of the square's side."""
    side = math.isqrt(len(boxes))
    down, across = np.divmod(np.arange(len(boxes)), side)
    middle = (np.stack([across, down], axis=1) + 0.5) / side + boxes[:, 1::-1]
    half = boxes[:, :1:-1].astype(float) / 2
    return np.concatenate([middle - half, middle + half], axis=1)
