"""One class: a cell of ``split.csv`` is its name, and a number its place among the classes."""

from collections.abc import Sequence
from unicodedata import normalize

import numpy as np

from tltool.data.geometry import Frame
from tltool.data.reading.listing import as_text, lacking_columns
from tltool.specs import Fit
from tltool.task import Listing

EXCLUSIVE = True
ANNOTATED = False
POINTED = False
FIT: Fit = "crop"
COLUMN = "label"
WORD = "class"


def recognize(listing: Listing) -> str:
    """Nothing says so, as nothing says otherwise."""
    return ""


def read(listing: Listing) -> list[str | None]:
    """The column label.

    Raises:
        DataError: there is none.
    """
    if COLUMN not in listing.columns:
        raise lacking_columns(listing)
    return [normalize("NFC", as_text(line[COLUMN]).strip()) or None for line in listing.lines]


def join(one: str, other: str) -> str | None:
    """A photo is listed once."""
    return None


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


def frames(labels: np.ndarray, size: int, fit: str) -> list[Frame]:
    """None: a class is of the whole photo."""
    return []


def may_flip(classes: Sequence[str]) -> bool:
    """As far as is known: a class may be one of left hands."""
    return True
