"""What is true of every pixel of photos, on squares as the model sees them: drawn when it is asked for, and kept as far as it fits."""

from collections.abc import Callable

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame

MOST_BYTES = 512 << 20  # of squares that are kept; what is beyond is drawn again each time


class Squares:
    """Maps of photos as squares, [size, size] each.

    Args:
        labels: a ``Truth`` for each photo [n].
        draw: a truth → whole numbers [height, width], for its pixels.
        size: side of a square.
        fit: how photos become squares.
        beyond: what stands where there is no photo.
    """

    def __init__(self, labels: np.ndarray, draw: Callable[[Truth], np.ndarray], size: int, fit: str, beyond: int) -> None:
        self.labels, self.draw, self.size, self.fit, self.beyond = labels, draw, size, fit, beyond
        self.kept: dict[int, np.ndarray] = {}

    def __getitem__(self, place: int) -> np.ndarray:
        if place in self.kept:
            return self.kept[place]
        truth = self.labels[place]
        placement = Frame(truth.width, truth.height, self.size, self.fit).placement
        square = placement.mask(self.draw(truth), (self.size, self.size), self.beyond)
        if (len(self.kept) + 1) * square.nbytes <= MOST_BYTES:
            self.kept[place] = square
        return square
