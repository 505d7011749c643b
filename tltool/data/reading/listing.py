"""Photos that the user lists, in a CSV or a DataFrame, → rows of path, label, group and split."""

import csv
import os
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from tltool.data.reading.part_names import SPLIT_NAMES
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.reading import open_regular, open_table
from tltool.task import Listing, task_named
from tltool.wording import quoted

if TYPE_CHECKING:
    import pandas

KNOWN = ("path", "label", "labels", "split", "group")


class Row(NamedTuple):
    """One photo as the user lists it, before anything is read; ``label`` as it stands in ``split.csv``."""

    path: str
    label: str
    group: str = ""
    split: str = ""


Rows = tuple[list[Row], list[Fault]]  # and the lines that cannot be used


def read_csv(path: str) -> Listing:
    """A CSV with a header, separated by commas, semicolons or tabs.

    What spreadsheets do is understood: a byte order mark, UTF-16, a first line ``sep=;``.

    Raises:
        DataError: not text, no column path, or two of one that is known.
    """
    try:
        with open_table(path, _encoding(path)) as file:
            header = file.readline()
            if said := header.lower().startswith("sep="):
                header = file.readline()
            file.seek(0)
            numbered = csv.DictReader(_without_first(file) if said else file, delimiter=max(",;\t", key=header.count))
            columns = [*map(_column, numbered.fieldnames or ())]
            lines = [(f"line {numbered.line_num + said}", {_column(name): cell for name, cell in line.items()}) for line in numbered]
    except (OSError, UnicodeError, csv.Error) as error:
        raise DataError(f"The CSV must be readable. Received: {quoted(path)} ({error}).") from None
    return _checked(Listing(columns, [cells for _, cells in lines], [number for number, _ in lines], path))


def read_frame(frame: "pandas.DataFrame") -> Listing:
    """A DataFrame.

    Raises:
        DataError: no column path, or two of one that is known.
    """
    columns = [*map(_column, frame.columns)]
    lines = [dict(zip(columns, line, strict=True)) for line in frame.itertuples(index=False, name=None)]
    return _checked(Listing(columns, lines, [f"row {i}" for i in range(len(lines))], f"the DataFrame read in {os.getcwd()}"))


def read_rows(listing: Listing, task: str, start: str) -> Rows:
    """The photos of a list, labelled for ``task``. Relative paths begin in the folder ``start``; backslashes between folders are
    understood.

    Raises:
        DataError: the list is not labelled for the task, or names a split that is none.
    """
    labels, rows, faults = task_named(task).labels, dict[str, Row](), list[Fault]()
    for number, line, label in zip(listing.numbers, listing.lines, labels.read(listing), strict=True):
        path = as_text(line["path"])
        place = _place(start, path)
        if not path.strip():
            faults.append(Fault(listing.source, f"has no path in {number}"))
        elif label is None:
            faults.append(Fault(place, f"has no label ({number})"))
        elif place not in rows:
            rows[place] = Row(place, label, as_text(line.get("group")).strip(), _part(as_text(line.get("split")), listing.source))
        elif (joined := labels.join(rows[place].label, label)) is not None:
            rows[place] = rows[place]._replace(label=joined)
        else:
            first = "" if rows[place].label == label else f", as {quoted(rows[place].label)}"
            faults.append(Fault(place, f"is listed more than once ({number}); the first line counts{first}"))
    return list(rows.values()), faults


def lacking_columns(listing: Listing) -> DataError:
    """The error for a list in which photos or their labels cannot be found."""
    return DataError(
        f"A list of photos must have the columns path and label. Received: {', '.join(map(repr, listing.columns)) or 'no column'} "
        f"in {quoted(listing.source)}."
    )


def as_text(value: Any) -> str:
    """Any cell as text; what is missing (None, NaN, NA) as ""."""
    if isinstance(value, str):
        return value
    return "" if value is None or str(value) in ("nan", "<NA>", "NaT") else str(value)


def _checked(listing: Listing) -> Listing:
    if "path" not in listing.columns:
        raise lacking_columns(listing)
    for name in KNOWN:
        if (times := listing.columns.count(name)) > 1:
            raise DataError(f"A list of photos must have the column {name} only once. Received: {times} of it in {quoted(listing.source)}.")
    return listing


def _column(name: Any) -> str:
    """The name of a column; one that is known in small letters."""
    text = as_text(name).strip()
    return text.lower() if text.lower() in KNOWN else text


def _encoding(path: str) -> str:
    with open_regular(path) as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _without_first(file: TextIO) -> TextIO:
    file.readline()
    return file


def _place(start: str, path: str) -> str:
    """The file that is meant, as an absolute path; spaces around it and backslashes count only where such a file is there."""
    for meant in (path, path.strip(), path.strip().replace("\\", "/")):
        place = os.path.abspath(os.path.join(start, meant))
        if os.path.lexists(place):
            return place
    return os.path.abspath(os.path.join(start, path))


def _part(name: str, where: str) -> str:
    part = SPLIT_NAMES.get(name.strip().lower(), "")
    if name.strip() and not part:
        raise DataError(f"The column split must say train, validation, test or nothing. Received: {name!r} in {quoted(where)}.")
    return part
