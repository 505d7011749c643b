"""DeepLabCut's CSV: a row for each photo with x and y of every point, in pixels of the photo as OpenCV shows it, which is upright
(https://deeplabcut.github.io/DeepLabCut/docs/standardDeepLabCut_UserGuide.html).

Rows called ``scorer``, ``bodyparts`` and ``coords`` stand above; the photo is named in one cell, or in three for its folders. An empty cell
is a point that nobody marked. A photo without a row was forgotten, and is left out.
"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.fields import NOT_THERE, Unusable, name, number
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.truths import Box, Instance, Point, Truth, around
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.reading import open_regular, read_text
from tltool.wording import described, quoted

LABEL = "object"  # the one class, which such files do not name
HEADINGS = ("scorer", "individuals", "bodyparts", "coords")
LARGEST = 64 << 20  # bytes of a CSV
BOM = "\ufeff"
MOST_COLUMNS = 10_000


class _Columns(NamedTuple):
    """Which columns name the photo, and where the x of each point is."""

    first: int
    places: dict[str, int]


def read_deeplabcut(files: Sequence[str], photos: dict[str, Photo], finder: Finder) -> Labels:
    """The points in some CSVs.

    Raises:
        DataError: a CSV that cannot be read, with the points of several objects, or with other points than the one before.
    """
    truths: dict[str, Truth] = {}
    faults: list[Fault] = []
    points: tuple[str, ...] = ()
    for file in files:
        try:
            rows = csv.reader(io.StringIO(read_text(file, LARGEST).removeprefix(BOM), newline=""))
            columns = _columns(rows)
            if points and tuple(columns.places) != points:
                raise Unusable(f"has the points {', '.join(columns.places)}, and a file before it {', '.join(points)}")
            points = tuple(columns.places)
            faults += _read(file, rows, columns, photos, finder, truths)
        except (OSError, csv.Error, Unusable) as error:
            why = f"which {error}" if isinstance(error, Unusable) else f"({error})"
            raise DataError(f"A CSV of points must be as DeepLabCut writes it. Received: {quoted(file)}, {why}.") from None
    return Labels(truths, [LABEL], faults, points)


def is_deeplabcut(file: str) -> bool:
    """Whether a file begins as such a CSV does."""
    try:
        with open_regular(file) as table:
            return table.read(10).decode(errors="replace").removeprefix(BOM).lower().startswith("scorer,")
    except OSError:
        return False


def _columns(rows: Iterator[list[str]]) -> _Columns:
    said: dict[str, list[str]] = {}
    for row in rows:
        if not row or row[0] not in HEADINGS:
            raise Unusable(f"has {described(row[0]) if row else 'an empty line'} where one of {', '.join(HEADINGS)} must stand")
        said[row[0]] = row
        if row[0] == "coords":
            break
    if not {"bodyparts", "coords"} <= said.keys() or len(said["bodyparts"]) != len(said["coords"]) or len(said["coords"]) > MOST_COLUMNS:
        raise Unusable("has no rows bodyparts and coords of one length above its numbers")
    if len(several := {cell for cell in said.get("individuals", [])[1:] if cell}) > 1:
        raise Unusable(f"has the points of {len(several)} objects in one photo; the points of one can be learned")
    first = next((i for i, cell in enumerate(said["coords"]) if cell == "x"), 0)
    places = {part: i for i, (part, axis) in enumerate(zip(said["bodyparts"], said["coords"])) if axis == "x"}
    if not first or any(said["coords"][i + 1 : i + 2] != ["y"] or said["bodyparts"][i + 1] != part for part, i in places.items()):
        raise Unusable("has points without an x and then a y")
    return _Columns(first, {name(part, "a point"): i for part, i in places.items()})


def _read(
    file: str, rows: Iterator[list[str]], columns: _Columns, photos: dict[str, Photo], finder: Finder, truths: dict[str, Truth]
) -> Iterator[Fault]:
    """The rows of a file, into ``truths``; yields those that cannot be used."""
    for row in rows:
        if not any(row):
            continue
        said = "/".join(cell for cell in row[: columns.first] if cell)
        path = finder.named(said, file)
        if path is None:
            yield Fault(os.path.join(os.path.dirname(file), said), f"{NOT_THERE}, and is named in {os.path.basename(file)}")
        elif path in truths:
            yield Fault(path, "is listed more than once; the first row counts")
        else:
            try:
                truths[path] = _truth(photos[path], row, columns)
            except Unusable as error:
                yield Fault(path, str(error))


def _truth(photo: Photo, row: list[str], columns: _Columns) -> Truth:
    pairs = {point: [cell.strip() for cell in row[i : i + 2]] for point, i in columns.places.items()}
    marked = {point: pair for point, pair in pairs.items() if all(cell and cell.lower() != "nan" for cell in pair) and len(pair) == 2}
    points = tuple(Point(point, number(x, "a point"), number(y, "a point")) for point, (x, y) in marked.items())
    objects = (Instance(Box.of(LABEL, around(points)), None, points),) if points else ()
    return Truth(photo.width, photo.height, objects)
