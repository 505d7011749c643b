"""Boxes, classes of cells, scores of centres and offsets leave an export as four tensors: each has a scale of its own in whole numbers."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.tasks.detect import outputs as detect

if TYPE_CHECKING:
    import keras

NAMES = {
    "areas": "Of every cell of a square map, row by row, a logit for each class and a last one of none: their softmax says what it shows.",
    **detect.NAMES,
    "offsets": "Of every cell the way (x, y) from its centre to that of the object that it is part of, in shares of the photo's side.",
}


def parts(model: "keras.Model") -> list[Any]:
    """[n, cells, classes + 1] before the softmax, [n, cells, 4], [n, cells, classes] before the sigmoid, and [n, cells, 2]."""
    boxes, logits = detect.parts(model)
    return [model.get_layer("areas").output, boxes, logits, model.get_layer("offsets").output]


def join(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """[n, cells, 2 · classes + 7]: boxes, scores, probabilities and offsets."""
    areas, boxes, logits, offsets = arrays
    powers = np.exp(areas - areas.max(axis=-1, keepdims=True))
    return np.concatenate([detect.join([boxes, logits]), powers / powers.sum(axis=-1, keepdims=True), offsets], axis=-1)


def classes(shapes: Sequence[Sequence[int]]) -> int:
    """As many as there are scores in a cell, where the four are of one square of cells."""
    if [*map(len, shapes)] != [3, 3, 3, 3]:
        return 0
    (_, cells, areas), (_, boxed, sides), (_, scored, found), (_, there, ways) = shapes
    is_one = cells == boxed == scored == there == math.isqrt(cells) ** 2
    return found if is_one and (areas, sides, ways) == (found + 1, 4, 2) else 0
