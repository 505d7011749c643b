"""The three ways in which a list gives photos several labels: in one cell, in several lines, or as a column of 0 and 1 for each label."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from tltool.data.reading.listing import KNOWN, as_text, lacking_columns
from tltool.errors import DataError
from tltool.progress import warn
from tltool.task import Listing
from tltool.tasks.multilabel.cells import cell_of, mark_of, split_cell
from tltool.wording import counted, quoted, shown

NO, YES = ("0", "0.0", "false", ""), ("1", "1.0", "true")
MANY = 0.1  # share of the photos: fewer cells with a mark, or lines of one photo, may be names with a comma, or slips
RECURS = 0.9  # share of the labels in such cells that other cells have too


def recognize(listing: Listing) -> str:
    """Why a list has several labels for a photo, as the end of a sentence; ``""`` where nothing says so plainly."""
    if "labels" in listing.columns:
        return "the list has a column called labels"
    if "label" not in listing.columns:
        columns = _label_columns(listing)
        is_01 = len(columns) > 1 and all(_bit(line.get(name)) is not None for line in listing.lines for name in columns)
        return f"its {len(columns)} columns of 0 and 1 are one for each label" if is_01 else ""
    return _marked(listing) or _repeated(listing)


def read(listing: Listing) -> list[str | None]:
    """The labels of every line as a cell; an empty one where it has none.

    Raises:
        DataError: no column of labels, one that holds other than 0 and 1, or a label that cannot stand in a cell.
    """
    column = next((name for name in ("labels", "label") if name in listing.columns), None)
    if column is None:
        return [*_from_columns(listing, _label_columns(listing))]
    cells = [line[column] for line in listing.lines]
    mark = mark_of(as_text(cell) for cell in cells if not _is_list(cell))
    return [cell_of(map(as_text, cell) if _is_list(cell) else split_cell(as_text(cell), mark)) for cell in cells]


def _marked(listing: Listing) -> str:
    """Many cells hold a mark, and what stands between the marks comes again in other cells: labels, and no names with a comma in them."""
    cells = [as_text(line["label"]) for line in listing.lines]
    mark = mark_of(cells)
    sets = {cell: split_cell(cell, mark) for cell in set(cells)}
    times, several = Counter(name for its in sets.values() for name in its), [its for its in sets.values() if len(its) > 1]
    parts = [name for its in several for name in its]
    again, share = sum(times[name] > 1 for name in parts), sum(len(sets[cell]) > 1 for cell in cells) / max(1, len(cells))
    if share >= MANY and again >= RECURS * len(parts) and len(times) < len(sets):
        return f"many of its cells hold several labels, with {mark} between them, that others hold too"
    return ""


def _repeated(listing: Listing) -> str:
    """Many photos are listed again, with another label each time."""
    labels = defaultdict(list)
    for line in listing.lines:
        labels[as_text(line["path"]).strip()].append(as_text(line["label"]).strip())
    again = sum(len(its) == len(set(its)) > 1 for its in labels.values())
    return f"it lists {counted(again, 'photo')} several times, with another label each time" if again > 2 * MANY * len(labels) else ""


def _from_columns(listing: Listing, columns: list[str]) -> Iterable[str]:
    if not columns:
        raise lacking_columns(listing)
    seen: set[str] = set()
    for number, line in zip(listing.numbers, listing.lines, strict=True):
        bits = {name: _bit(line.get(name)) for name in columns}
        if wrong := next((name for name, bit in bits.items() if bit is None), None):
            raise DataError(
                "Without a column labels, every column beside path, split and group must hold 0 or 1. "
                f"Received: {as_text(line[wrong])!r} in column {quoted(wrong)}, {number} of {quoted(listing.source)}."
            )
        seen |= {name for name, bit in bits.items() if bit}
        yield cell_of(name for name, bit in bits.items() if bit)
    if never := [shown(name) for name in columns if name not in seen]:
        warn(f"No photo has the label {', '.join(never[:5])}{', …' if len(never) > 5 else ''}; left out.")


def _label_columns(listing: Listing) -> list[str]:
    return [name for name in listing.columns if name and name not in KNOWN]


def _bit(value: Any) -> bool | None:
    text = as_text(value).strip().lower()
    return False if text in NO else True if text in YES else None


def _is_list(cell: Any) -> bool:
    return isinstance(cell, (list, tuple, set, frozenset)) or type(cell).__name__ == "ndarray"
