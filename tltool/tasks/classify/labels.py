"""One class: a cell of ``split.csv`` is its name, and a number its place among the classes."""

from collections.abc import Sequence

import numpy as np


def names(cell: str) -> tuple[str, ...]:
    """The one class that a cell is."""
    return (cell,)


def encode(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Class index of every cell, int64 [n]."""
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index[cell] for cell in cells], dtype=np.int64)


def rarest(labels: np.ndarray) -> np.ndarray:
    """The only class there is."""
    return labels
