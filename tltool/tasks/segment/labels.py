"""A class for every pixel: a cell of ``split.csv`` says where a photo's mask lies, or holds the masks of its objects, as JSON."""

from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED
from tltool.errors import DataError
from tltool.tasks import annotated
from tltool.tasks.annotated import (
    ANNOTATED as ANNOTATED,
    COLUMN as COLUMN,
    EXCLUSIVE as EXCLUSIVE,
    FIT as FIT,
    POINTED as POINTED,
    WORD as WORD,
    frames as frames,
    join as join,
    may_flip as may_flip,
    rarest as rarest,
    read as read,
    recognize as recognize,
)
from tltool.tasks.segment.class_maps import BACKGROUND, paint

FEWEST = 2  # classes: one alone leaves nothing to tell apart


def names(cell: str) -> tuple[str, ...]:
    """The classes that occur in a photo; where its objects are what is labelled and leave pixels free, background is one of them."""
    truth = parse(cell)
    return truth.labels if truth.areas or BACKGROUND in truth.labels or _is_covered(truth) else (*truth.labels, BACKGROUND)


def encode(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """A ``Truth`` for every cell, object [n].

    Raises:
        DataError: too few classes, or more than the pixels of a mask can tell apart.
    """
    if not FEWEST <= len(classes) <= IGNORED:
        raise DataError(
            f"Photos to be segmented must show {FEWEST} to {IGNORED} classes. Received: {len(classes)}. "
            "Where only one thing is marked, what lies around it is a class too, such as background."
        )
    return annotated.encode(cells, classes)


def _is_covered(truth: Truth) -> bool:
    """Whether the masks of its objects leave no pixel of a photo free. Most boxes are too small for that, so few masks are drawn for it."""
    if sum(box.area for box in truth.boxes) < truth.width * truth.height:
        return False
    return bool((paint(truth, truth.labels) != IGNORED).all())
