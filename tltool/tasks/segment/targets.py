"""Class maps as the model is to give them: on the square, varied as its photo is."""

from collections.abc import Sequence

import numpy as np

from tltool.data.geometry import IGNORED, Placement
from tltool.task import Targets
from tltool.tasks.segment.class_maps import map_of
from tltool.tasks.squares import Squares
from tltool.threads import in_order


def targets_of(labels: np.ndarray, classes: Sequence[str], size: int, fit: str) -> Targets:
    """Places int [b] and how they vary → class indices float32 [b, size, size], ``IGNORED`` beyond the photo and where nothing is known."""
    squares = Squares(labels, lambda truth: map_of(truth, classes), size, fit, IGNORED)

    def target(place: int, matrix: np.ndarray | None) -> np.ndarray:
        square = squares[place]
        return square if matrix is None else Placement(matrix).inverse().mask(square, (size, size))

    def targets(places: np.ndarray, matrices: np.ndarray | None) -> np.ndarray:
        pairs = zip(places.tolist(), [None] * len(places) if matrices is None else matrices)
        found = list(in_order(lambda pair: target(*pair), pairs))
        return np.stack(found).astype("float32") if found else np.zeros((0, size, size), "float32")

    return targets
