"""Labels that lie in files of their own beside the photos, as boxes, masks and points do: a cell of ``split.csv`` is a truth in JSON
(``data.annotations.cells``), and encoded they are an object array of ``Truth``."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.data.geometry import Frame
from tltool.data.reading.listing import as_text, lacking_columns
from tltool.specs import Fit
from tltool.task import Listing

EXCLUSIVE = False
COLUMN = "label"
WORD = "class"
ANNOTATED = True
POINTED = False
FIT: Fit = "pad"  # a crop would cut what lies near the rim


def may_flip(classes: Sequence[str]) -> bool:
    """As far as is known: places move with their photo."""
    return True


def recognize(listing: Listing) -> str:
    """Nothing: such labels lie beside the photos, and not in a list of them."""
    return ""


def read(listing: Listing) -> list[str | None]:
    """The column label, of cells as ``split.csv`` has them.

    Raises:
        DataError: there is none, or a cell is no truth.
    """
    if COLUMN not in listing.columns:
        raise lacking_columns(listing)
    cells = [as_text(line[COLUMN]).strip() or None for line in listing.lines]
    for cell in filter(None, cells):
        parse(cell)
    return cells


def join(one: str, other: str) -> str | None:
    """A photo is listed once."""
    return None


def names(cell: str) -> tuple[str, ...]:
    """The classes that occur in a photo, in the order of its objects."""
    return parse(cell).labels


def encode(cells: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """The truth in each cell, object [n]."""
    encoded = np.empty(len(cells), object)
    encoded[:] = [parse(cell) for cell in cells]
    return encoded


def rarest(labels: np.ndarray) -> np.ndarray:
    """The class of each photo that fewest photos have, int [n], numbered in alphabetical order; photos that show none count as one more."""
    photos = Counter(name for truth in labels for name in truth.labels)
    number = {name: place for place, name in enumerate(sorted(photos))}
    return np.array(
        [min((photos[name], number[name]) for name in truth.labels)[1] if truth.labels else len(number) for truth in labels], int
    )


def frames(labels: np.ndarray, size: int, fit: str) -> list[Frame]:
    """Where each photo lies in the square."""
    return [Frame(truth.width, truth.height, size, fit) for truth in labels]
