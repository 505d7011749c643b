"""A set of labels: a cell of ``split.csv`` is their names with ``|`` between them, and a row of 0 and 1 says which of them a photo has."""

from collections.abc import Sequence

import numpy as np

from tltool.data.geometry import Frame
from tltool.specs import Fit
from tltool.tasks.multilabel.cells import MARK, cell_of, split_cell
from tltool.tasks.multilabel.listing import read as read, recognize as recognize

EXCLUSIVE = False
ANNOTATED = False
POINTED = False
FIT: Fit = "crop"
COLUMN = "labels"
WORD = "label"


def names(cell: str) -> tuple[str, ...]:
    """The labels in a cell, in alphabetical order; none in an empty one."""
    return split_cell(cell, MARK)


def join(one: str, other: str) -> str:
    """The labels of either line."""
    return cell_of([*names(one), *names(other)])


def encode(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Which of the ``classes`` are in each cell, 0 and 1, int64 [n, classes]."""
    index, encoded = {name: i for i, name in enumerate(classes)}, np.zeros((len(cells), len(classes)), np.int64)
    for row, cell in enumerate(cells):
        encoded[row, [index[name] for name in names(cell)]] = 1
    return encoded


def rarest(labels: np.ndarray) -> np.ndarray:
    """Of 0 and 1 [n, classes], the label of each photo that fewest photos have, int [n]; photos without a label count as one more."""
    counts = labels.sum(axis=0)
    held = np.where(labels, counts, counts.sum() + 1)
    return np.where(labels.any(axis=1), held.argmin(axis=1), labels.shape[1])


def frames(labels: np.ndarray, size: int, fit: str) -> list[Frame]:
    """None: labels are of the whole photo."""
    return []


def may_flip(classes: Sequence[str]) -> bool:
    """As far as is known: a class may be one of left hands."""
    return True
