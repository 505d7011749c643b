"""A CSV with a box in every line, as TensorFlow's Object Detection API, Kaggle and Open Images have it, under whatever names: the photo,
its class, and four sides, a corner with width and height, or one cell ``[left, top, width, height]``. Places count from the photo's corner.

A line without numbers says that its photo shows no object; a photo without a line was forgotten, and is left out. Where no number of a
file is above 1, they are shares of the photo. Columns ``width`` and ``height`` beside the sides are the photo's, and say of which picture
the boxes are where it is stored turned.
"""

import csv
import io
import os
from collections.abc import Sequence
from typing import NamedTuple

from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.fields import NOT_THERE, Unusable, name, number, numbers
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.annotations.turning import turned
from tltool.data.geometry import turn
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.reading import open_regular, read_text
from tltool.wording import quoted

LABEL = "object"  # where no column names a class
LARGEST = 256 << 20  # bytes of a CSV
LONGEST_HEADING = 4096  # bytes
BOM = "\ufeff"
PHOTO = ("filename", "file", "image", "imageid", "imagename", "imagepath", "filepath", "path", "img")
CLASS = ("class", "label", "labelname", "classname", "category", "name")
SIZE = ("width", "height")
SIDES: tuple[tuple[str, ...], ...] = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("left", "top", "right", "bottom"))
SIZES: tuple[tuple[str, ...], ...] = (("bboxx", "bboxy", "bboxwidth", "bboxheight"), ("x", "y", "w", "h"), ("x", "y", *SIZE), ("bbox",))
LONGEST_NAME = 4096  # characters of a path

Corners = tuple[float, float, float, float]


class _Columns(NamedTuple):
    """Where in a line the photo stands, its class, its own size, and the sides of a box; or one cell of all four.

    Attributes:
        from_corner: whether the last two sides are a width and a height.
    """

    photo: int
    label: int | None
    size: tuple[int, ...]
    sides: tuple[int, ...]
    from_corner: bool


class _Line(NamedTuple):
    """What a line says of its photo: its own size and a class with the corners of a box, as far as they are there; or why it cannot be
    used."""

    size: tuple[float, ...] = ()
    label: str = LABEL
    corners: Corners | None = None
    fault: str = ""


def is_box_table(file: str) -> bool:
    """Whether the first line of a CSV names a photo and a box."""
    try:
        with open_regular(file) as table:
            heading = table.read(LONGEST_HEADING).decode(errors="replace").removeprefix(BOM).partition("\n")[0].strip()
        return _columns(next(csv.reader([heading], delimiter=_delimiter(heading)), [])) is not None
    except (OSError, csv.Error):
        return False


def read_box_table(files: Sequence[str], photos: dict[str, Photo], finder: Finder) -> Labels:
    """The boxes in some CSVs.

    Raises:
        DataError: a CSV that cannot be read.
    """
    found: dict[str, list[Instance]] = {}
    faults: dict[str, str] = {}
    for file in files:
        lines = _read(file)
        are_shares = all(0 <= place <= 1 for its in lines.values() for line in its for place in line.corners or ())
        for said, its in lines.items():
            path = finder.named(said, file) or finder.stemmed(f"{said}.", file)
            if path is None:
                faults[os.path.join(os.path.dirname(file), said)] = f"{NOT_THERE}, and is named in {os.path.basename(file)}"
                continue
            try:
                found.setdefault(path, []).extend(_objects(photos[path], its, are_shares))
            except Unusable as error:
                faults[path] = f"has labels in {os.path.basename(file)}, which {error}"
    truths = {path: Truth(photos[path].width, photos[path].height, tuple(its)) for path, its in found.items() if path not in faults}
    classes = sorted({label for truth in truths.values() for label in truth.labels})
    return Labels(truths, classes, [*map(Fault, faults, faults.values())])


def _objects(photo: Photo, lines: Sequence[_Line], are_shares: bool) -> list[Instance]:
    if fault := next((line.fault for line in lines if line.fault), ""):
        raise Unusable(fault)
    width, height = next((line.size for line in lines if line.size), (photo.width, photo.height))
    orientation = photo.orientation_of(width, height)
    if orientation is None:
        raise Unusable(f"are of a picture of {width:g} × {height:g} pixels, and the photo has {photo.width} × {photo.height}")
    scale = (width, height) * 2 if are_shares else (1, 1, 1, 1)
    boxes = [Box.of(line.label, [place * by for place, by in zip(line.corners, scale)]) for line in lines if line.corners]
    objects = [*map(Instance, boxes)]
    return objects if orientation == 1 else turned(objects, turn(photo.stored, orientation), *photo.stored)


def _read(file: str) -> dict[str, list[_Line]]:
    """The lines of a file by the photo that they name, in order."""
    try:
        text = read_text(file, LARGEST).removeprefix(BOM)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text.partition("\n")[0]))
        columns, lines = _columns(next(rows, [])), dict[str, list[_Line]]()
        if columns is None:
            raise Unusable("has no columns for a photo and a box")
        for row in filter(any, rows):
            if len(_cell(row, columns.photo)) > LONGEST_NAME:
                raise Unusable(f"names a photo with {len(_cell(row, columns.photo)):,} characters")
            lines.setdefault(_cell(row, columns.photo), []).append(_line(row, columns))
        return lines
    except (OSError, csv.Error, Unusable) as error:
        why = f"which {error}" if isinstance(error, Unusable) else f"({error})"
        raise DataError(f"A CSV of boxes must have a photo and a box in every line. Received: {quoted(file)}, {why}.") from None


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)


def _columns(heading: Sequence[str]) -> _Columns | None:
    """None where it is the heading of no such table."""
    places = {"".join(filter(str.isalnum, cell.lower())): i for i, cell in enumerate(heading)}
    photo, label = _first(places, PHOTO), _first(places, CLASS)
    sides = next((names for names in (*SIDES, *SIZES) if places.keys() >= {*names}), None)
    if photo is None or sides is None:
        return None
    own = () if {*SIZE} & {*sides} or not places.keys() >= {*SIZE} else SIZE
    return _Columns(photo, label, tuple(places[side] for side in own), tuple(places[side] for side in sides), sides in SIZES)


def _first(places: dict[str, int], names: Sequence[str]) -> int | None:
    return next((places[name] for name in names if name in places), None)


def _line(row: Sequence[str], columns: _Columns) -> _Line:
    try:
        cells = [_cell(row, place) for place in columns.sides]
        own = [_cell(row, place) for place in columns.size]
        size = tuple(number(cell, "a size") for cell in own) if all(own) else ()
        if not any(cells):
            return _Line(size)
        if len(cells) == 1:
            cells = cells[0].strip("[]()").replace(",", " ").split()
        left, top, *others = numbers(cells, "a box", 4)
        right, bottom = [start + side for start, side in zip((left, top), others)] if columns.from_corner else others
        label = LABEL if columns.label is None else name(_cell(row, columns.label), "an object")
        return _Line(size, label, (left, top, right, bottom))
    except Unusable as error:
        return _Line(fault=str(error))


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if place < len(row) else ""
