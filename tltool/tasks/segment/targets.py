"""Class maps as the model is to give them: on the square, varied as its photo is."""

from collections.abc import Sequence

import numpy as np

from tltool.data.geometry import Frame, Placement
from tltool.task import Targets
from tltool.tasks.segment.class_maps import map_of
from tltool.threads import in_order

MOST_BYTES = 512 << 20  # of squares that are kept; what is beyond is read again each time


class Squares:
    """The class maps of photos as squares, uint8 [size, size] each, read when they are asked for and kept as far as they fit.

    Args:
        labels: a ``Truth`` for each photo [n].
        size: side of a square.
        fit: how photos become squares.
    """

    def __init__(self, labels: np.ndarray, classes: Sequence[str], size: int, fit: str) -> None:
        self.labels, self.classes, self.size, self.fit = labels, classes, size, fit
        self.kept: dict[int, np.ndarray] = {}
        self.most = MOST_BYTES // size**2

    def __getitem__(self, place: int) -> np.ndarray:
        if place in self.kept:
            return self.kept[place]
        truth = self.labels[place]
        placement = Frame(truth.width, truth.height, self.size, self.fit).placement
        square = placement.mask(map_of(truth, self.classes), (self.size, self.size))
        if len(self.kept) < self.most:
            self.kept[place] = square
        return square


def targets_of(labels: np.ndarray, classes: Sequence[str], size: int, fit: str) -> Targets:
    """Places int [b] and how they vary → class indices float32 [b, size, size], ``IGNORED`` beyond the photo and where nothing is known."""
    squares = Squares(labels, classes, size, fit)

    def target(place: int, matrix: np.ndarray | None) -> np.ndarray:
        square = squares[place]
        return square if matrix is None else Placement(matrix).inverse().mask(square, (size, size))

    def targets(places: np.ndarray, matrices: np.ndarray | None) -> np.ndarray:
        pairs = zip(places.tolist(), [None] * len(places) if matrices is None else matrices)
        found = list(in_order(lambda pair: target(*pair), pairs))
        return np.stack(found).astype("float32") if found else np.zeros((0, size, size), "float32")

    return targets
