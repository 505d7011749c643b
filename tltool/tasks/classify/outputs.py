"""One probability per class leaves an export as it leaves the model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

NAMES = {"probabilities": "Probability of each class."}


def parts(model: "keras.Model") -> list[Any]:
    """The probabilities."""
    return [model.output]


def join(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """The probabilities [n, classes]."""
    return arrays[0]


def classes(shapes: Sequence[Sequence[int]]) -> int:
    """As many as there are probabilities."""
    return shapes[0][1] if [*map(len, shapes)] == [2] else 0
