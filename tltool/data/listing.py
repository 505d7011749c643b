"""Photos that the user lists, in a CSV or a DataFrame, → rows of path, label, group and split."""

import csv
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tltool.data.decoder import quoted
from tltool.data.samples import Fault
from tltool.errors import DataError

if TYPE_CHECKING:
    import pandas

SPLIT_NAMES = {"train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
               "test": "test"}


class Row(NamedTuple):
    """One photo as the user lists it, before anything is read."""

    path: str
    label: str
    group: str = ""
    split: str = ""


Rows = tuple[list[Row], list[Fault], str]  # rows, lines that cannot be used, where they come from


def read_csv(path: str) -> Rows:
    """A CSV with a header, separated by commas, semicolons or tabs; relative paths start at the CSV's own folder.

    Raises:
        DataError: not text, no columns path and label, or a split that is none.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            header = file.readline()
            file.seek(0)
            lines = list(csv.DictReader(file, delimiter=max(",;\t", key=header.count)))
    except (OSError, csv.Error) as error:
        raise DataError(f"The CSV must be readable. Received: {quoted(path)} ({error}).") from None
    named = [{(name or "").strip().lower(): value for name, value in line.items()} for line in lines]
    return _rows(named, list(named[0]) if named else _names(header), path, os.path.dirname(path))


def read_frame(frame: "pandas.DataFrame") -> Rows:
    """A DataFrame; relative paths start at the working directory.

    Raises:
        DataError: no columns path and label, or a split that is none.
    """
    names = {column: str(column).strip().lower() for column in frame.columns}
    lines = [{names[column]: value for column, value in line.items()} for line in frame.to_dict("records")]
    return _rows(lines, list(names.values()), f"the DataFrame read in {os.getcwd()}", os.getcwd())


def _names(header: str) -> list[str]:
    return [name.strip().lower() for name in header.split(",")]


def _rows(lines: Iterable[dict[str, Any]], columns: list[str], where: str, start: str) -> Rows:
    if not {"path", "label"} <= set(columns):
        raise DataError(f"A list of photos must have the columns path and label. Received: {', '.join(map(repr, columns))} "
                        f"in {quoted(where)}.")
    rows: dict[str, Row] = {}
    faults = []
    for line in lines:
        path, label = _text(line["path"]), _text(line["label"]).strip()
        place = os.path.abspath(os.path.join(start, path))
        if not path or not label:
            faults.append(Fault(place, "has no label" if path else "is a line without a path"))
        elif place in rows:
            faults.append(Fault(place, "is listed more than once; the first line counts"))
        else:
            rows[place] = Row(place, label, _text(line.get("group")), _part(_text(line.get("split")), where))
    return list(rows.values()), faults, where


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
