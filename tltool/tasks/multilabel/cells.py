"""Several labels in one cell of text."""

from collections.abc import Iterable
from unicodedata import normalize

from tltool.errors import DataError
from tltool.wording import quoted

MARK = "|"  # between the labels of a cell, in every file of ours
MARKS = (MARK, ";", ",")  # and in those of others


def split_cell(cell: str, mark: str) -> tuple[str, ...]:
    """The labels between ``mark``, each once, in alphabetical order."""
    return tuple(sorted({normalize("NFC", part.strip()) for part in cell.split(mark)} - {""}))


def cell_of(labels: Iterable[str]) -> str:
    """The cell that has these labels, each once, in alphabetical order.

    Raises:
        DataError: a label that cannot stand in a cell.
    """
    found = sorted({normalize("NFC", label.strip()) for label in labels} - {""})
    for label in found:
        if MARK in label or label.splitlines() != [label]:
            raise DataError(f"A label must be one line of text without {MARK}, which divides labels. Received: {quoted(label)}. Rename it.")
    return MARK.join(found)


def mark_of(cells: Iterable[str]) -> str:
    """What stands between the labels of a list: the first of ``MARKS`` that any cell has."""
    text = "\n".join(cells)
    return next((mark for mark in MARKS if mark in text), MARK)
