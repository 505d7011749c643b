"""Boxes and scores leave an export as two tensors, because whole numbers must have one scale for the ones and another for the others.

They are laid out as decoders with fixed anchors take them: of every cell of a square map, row by row, the centre of its box as seen from
its own centre, and the box's height and width; an anchor is a cell's centre, with height and width 1.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

NAMES = {
    "boxes": (
        "Box of every cell of a square map, row by row: centre (y, x) as seen from the centre of the cell, height and width, in shares of "
        "the photo's side."
    ),
    "logits": "Of every cell a logit for each class: sigmoid(logit) is the score.",
}


def parts(model: "keras.Model") -> list[Any]:
    """[n, cells, 4] and [n, cells, classes], before the sigmoid."""
    return [model.get_layer("boxes").output, model.get_layer("heat").output]


def join(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """[n, cells, 4 + classes]: boxes and scores."""
    boxes, logits = arrays
    return np.concatenate([boxes, 0.5 * (1 + np.tanh(0.5 * logits))], axis=-1)  # the sigmoid, without overflow


def classes(shapes: Sequence[Sequence[int]]) -> int:
    """As many as there are logits in a cell, of a square of cells that have a box each."""
    if [*map(len, shapes)] != [3, 3]:
        return 0
    (_, cells, sides), (_, scored, found) = shapes
    return found if sides == 4 and cells == scored == math.isqrt(cells) ** 2 else 0
