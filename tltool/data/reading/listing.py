"""Photos that the user lists, in a CSV or a DataFrame, → rows of path, label, group and split."""

import csv
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO
from unicodedata import normalize

from tltool.data.reading.part_names import SPLIT_NAMES
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.reading import open_regular, open_table
from tltool.wording import quoted

if TYPE_CHECKING:
    import pandas


class Row(NamedTuple):
    """One photo as the user lists it, before anything is read."""

    path: str
    label: str
    group: str = ""
    split: str = ""


Rows = tuple[list[Row], list[Fault], str]  # rows, lines that cannot be used, where they come from


def read_csv(path: str) -> Rows:
    """A CSV with a header, separated by commas, semicolons or tabs; relative paths start at the CSV's own folder.

    What spreadsheets do is understood: a byte order mark, UTF-16, a first line ``sep=;``, backslashes between folders.

    Raises:
        DataError: not text, no columns path and label, or two of one, or a split that is none.
    """
    try:
        with open_table(path, _encoding(path)) as file:
            header = file.readline()
            if said := header.lower().startswith("sep="):
                header = file.readline()
            file.seek(0)
            numbered = csv.DictReader(_without_first(file) if said else file, delimiter=max(",;\t", key=header.count))
            columns = [name.strip().lower() for name in numbered.fieldnames or ()]
            lines = [(f"line {numbered.line_num + said}", _named(line)) for line in numbered]
    except (OSError, UnicodeError, csv.Error) as error:
        raise DataError(f"The CSV must be readable. Received: {quoted(path)} ({error}).") from None
    return _rows(lines, columns, path, os.path.dirname(path))


def read_frame(frame: "pandas.DataFrame") -> Rows:
    """A DataFrame; relative paths start at the working directory.

    Raises:
        DataError: no columns path and label, or two of one, or a split that is none.
    """
    columns = [str(column).strip().lower() for column in frame.columns]
    lines = [(f"row {i}", dict(zip(columns, line, strict=True))) for i, line in enumerate(frame.itertuples(index=False, name=None))]
    return _rows(lines, columns, f"the DataFrame read in {os.getcwd()}", os.getcwd())


def _encoding(path: str) -> str:
    with open_regular(path) as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _without_first(file: TextIO) -> TextIO:
    file.readline()
    return file


def _named(line: dict[str | None, Any]) -> dict[str, Any]:
    return {(name or "").strip().lower(): value for name, value in line.items()}


def _rows(lines: Iterable[tuple[str, dict[str, Any]]], columns: list[str], where: str, start: str) -> Rows:
    if not {"path", "label"} <= set(columns):
        raise DataError(
            f"A list of photos must have the columns path and label. Received: {', '.join(map(repr, columns)) or 'no column'} "
            f"in {quoted(where)}."
        )
    for name in ("path", "label", "split", "group"):
        if columns.count(name) > 1:
            raise DataError(
                f"A list of photos must have the column {name} only once. Received: {columns.count(name)} of it in {quoted(where)}."
            )
    rows: dict[str, Row] = {}
    faults = []
    for number, line in lines:
        path, label = _text(line["path"]), normalize("NFC", _text(line["label"]).strip())
        place = _place(start, path)
        if not path.strip():
            faults.append(Fault(where, f"has no path in {number}"))
        elif not label:
            faults.append(Fault(place, f"has no label ({number})"))
        elif place in rows:
            first = "" if rows[place].label == label else f", as {quoted(rows[place].label)}"
            faults.append(Fault(place, f"is listed more than once ({number}); the first line counts{first}"))
        else:
            rows[place] = Row(place, label, _text(line.get("group")).strip(), _part(_text(line.get("split")), where))
    return list(rows.values()), faults, where


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


def _text(value: Any) -> str:
    """Any cell as text; what is missing (None, NaN, NA) as ""."""
    if isinstance(value, str):
        return value
    return "" if value is None or str(value) in ("nan", "<NA>", "NaT") else str(value)
