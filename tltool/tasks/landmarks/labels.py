"""The points of one object: a cell of ``split.csv`` is a truth as JSON, and the classes are the names of the points, in their order."""

from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.errors import DataError
from tltool.tasks import annotated
from tltool.tasks.annotated import (
    ANNOTATED as ANNOTATED,
    COLUMN as COLUMN,
    EXCLUSIVE as EXCLUSIVE,
    FIT as FIT,
    frames as frames,
    join as join,
    read as read,
    recognize as recognize,
)
from tltool.tasks.landmarks.sides import may_flip as may_flip
from tltool.wording import counted

WORD = "point"
POINTED = True


def names(cell: str) -> tuple[str, ...]:
    """The points that are marked."""
    return tuple(point.name for instance in parse(cell).instances for point in instance.points)


def encode(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Cells as truths, object [n].

    Raises:
        DataError: a cell that is none, or has several objects.
    """
    truths = annotated.encode(cells, classes)
    if several := [len(truth.instances) for truth in truths if len(truth.instances) > 1]:
        raise DataError(
            f"A photo must show one object whose points are named. Received: {counted(len(several), 'photo')} with more, one of them with "
            f"{max(several)}. Cut the objects apart, or find them with --task detect."
        )
    return truths


def rarest(labels: np.ndarray) -> np.ndarray:
    """Zeros, int [n]: every photo shows the same object, so none is rarer."""
    return np.zeros(len(labels), np.int64)
