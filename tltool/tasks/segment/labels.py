"""A class for every pixel: a cell of ``split.csv`` says where a photo's mask lies, or holds the masks of its objects, as JSON."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.data.geometry import IGNORED, Frame
from tltool.data.reading.listing import as_text, lacking_columns
from tltool.errors import DataError
from tltool.specs import Fit
from tltool.task import Listing

EXCLUSIVE = False
ANNOTATED = True
FIT: Fit = "pad"  # a crop would leave the rim of most photos without an answer
COLUMN = "label"
WORD = "class"
FEWEST = 2  # classes: one alone leaves nothing to tell apart


def recognize(listing: Listing) -> str:
    """Nothing: masks lie beside photos, and no list holds them."""
    return ""


def read(listing: Listing) -> list[str | None]:
    """The column label, in which every cell is as tltool writes it.

    Raises:
        DataError: there is no such column, or another text in it.
    """
    if COLUMN not in listing.columns:
        raise lacking_columns(listing)
    cells = [as_text(line[COLUMN]).strip() or None for line in listing.lines]
    for cell in filter(None, cells):
        parse(cell)
    return cells


def join(one: str, other: str) -> str | None:
    """A photo has one mask."""
    return None


def names(cell: str) -> tuple[str, ...]:
    """The classes that a photo shows, also those that are not to be learned."""
    return parse(cell).labels


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
    encoded = np.empty(len(cells), object)
    encoded[:] = [*map(parse, cells)]
    return encoded


def has(labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Which of the ``classes`` each photo shows, bool [n, classes]."""
    return np.array([[name in truth.labels for name in classes] for truth in labels], bool).reshape(len(labels), len(classes))


def rarest(labels: np.ndarray) -> np.ndarray:
    """Of each photo, the class that fewest photos show, int [n]; photos that show none count as one more."""
    shown = [truth.labels for truth in labels]
    photos = Counter(name for its in shown for name in its)
    order = {name: place for place, name in enumerate(sorted(photos))}
    return np.array([order[min(its, key=lambda name: (photos[name], name))] if its else len(order) for its in shown], int)


def may_flip(classes: Sequence[str]) -> bool:
    """As far as is known: a mask is mirrored with its photo."""
    return True


def frames(labels: np.ndarray, size: int, fit: str) -> list[Frame]:
    """Where each photo lies in the square of side ``size`` that ``fit`` makes of it."""
    return [Frame(truth.width, truth.height, size, fit) for truth in labels]
