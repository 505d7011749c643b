"""YOLO: one ``.txt`` for each photo, a line for each object, in shares of the upright photo's width and height
(https://docs.ultralytics.com/datasets/detect/): boxes ``class x y width height`` around their middle, polygons ``class x y x y x y …``, and
boxes with points where ``data.yaml`` has ``kpt_shape``.

The ``.txt`` lies beside its photo, or in ``labels/`` where the photo is in ``images/``. A photo without one, or with an empty one, shows
none of the classes, as YOLO itself has it.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.data_yaml import as_names, parse_yaml
from tltool.data.annotations.fields import NO_PHOTO, Unusable, lines_of, name, number
from tltool.data.annotations.masks import as_polygons
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.truths import Box, Instance, Point, Truth
from tltool.data.reading.part_names import SPLIT_NAMES
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.reading import read_text
from tltool.wording import quoted

LARGEST = 4 << 20  # bytes of one .txt
FARTHEST = 3.0  # shares of a side; a box may lead out of its photo, but numbers of pixels are no shares
MOST_POINTS = 1000
NAME_LISTS = ("classes.txt", "obj.names")  # not labels, though they may lie among them


class Names(NamedTuple):
    """What ``data.yaml`` says of an object."""

    classes: list[str]
    points: tuple[str, ...] = ()
    numbers: int = 0  # of each point: 2, or 3 where the last says whether it is visible
    flip_pairs: tuple[tuple[str, str], ...] = ()
    parts: dict[str, list[str]] = {}  # noqa: RUF012 - read only; train, validation and test → folders of photos


def read_yolo(files: Sequence[str], photos: dict[str, Photo], finder: Finder) -> Labels:
    """The labels in some ``.txt``; a ``data.yaml``, or else a ``classes.txt``, among the files names the classes.

    Raises:
        DataError: a ``data.yaml`` that cannot be read.
    """
    names = _read_names(files)
    truths = {path: Truth(photo.width, photo.height) for path, photo in photos.items()}
    faults, told = [], set[str]()
    for file in files:
        if not file.lower().endswith(".txt") or os.path.basename(file).lower() in NAME_LISTS:
            continue
        path = finder.stemmed(os.path.basename(file), file)
        if path is None:
            faults.append(Fault(file, NO_PHOTO))
        elif path in told:
            faults.append(Fault(file, f"tells of {os.path.basename(path)}, as another does; the first labels count"))
        else:
            told.add(path)
            try:
                truths[path] = Truth(photos[path].width, photos[path].height, _read(file, photos[path], names))
            except Unusable as error:
                del truths[path]
                faults.append(Fault(path, f"has labels in {os.path.basename(file)}, which {error}"))
    return Labels(truths, _classes(names, truths), faults, names.points, names.flip_pairs, _parts(names, truths))


def _read(file: str, photo: Photo, names: Names) -> tuple[Instance, ...]:
    return tuple(_instance(line.split(), photo, names) for line in lines_of(file, LARGEST))


def _instance(words: list[str], photo: Photo, names: Names) -> Instance:
    if not words[0].isdecimal() or len(words[0]) > 6:
        raise Unusable(f"has a line that begins with no class number ({words[0][:20]!r})")
    index = int(words[0])
    label = names.classes[index] if index < len(names.classes) else str(index)
    values = [number(word, "a place", FARTHEST) for word in words[1:]]
    if names.points and len(values) == 4 + len(names.points) * names.numbers:
        return Instance(_box(label, values[:4], photo), None, _points(values[4:], photo, names))
    if len(values) == 4 and not names.points:
        return Instance(_box(label, values, photo))
    if len(values) >= 6 and len(values) % 2 == 0 and not names.points:
        mask = as_polygons([[value * (photo.height if i % 2 else photo.width) for i, value in enumerate(values)]])
        return Instance(Box.of(label, mask.bounds(photo.width, photo.height)), mask)
    raise Unusable(f"has a line of {len(words)} numbers, which is neither a box nor a polygon nor {len(names.points)} points")


def _box(label: str, values: list[float], photo: Photo) -> Box:
    x, y, width, height = values
    return Box(
        label,
        (x - width / 2) * photo.width,
        (y - height / 2) * photo.height,
        (x + width / 2) * photo.width,
        (y + height / 2) * photo.height,
    )


def _points(values: list[float], photo: Photo, names: Names) -> tuple[Point, ...]:
    """Those that are marked: of two numbers, not both 0; of three, where the last is not 0."""
    rows = [values[i : i + names.numbers] for i in range(0, len(values), names.numbers)]
    marked = [any(row[:2]) if names.numbers == 2 else row[2] > 0 for row in rows]
    return tuple(
        Point(point, row[0] * photo.width, row[1] * photo.height, len(row) < 3 or row[2] >= 2)
        for point, row, is_marked in zip(names.points, rows, marked)
        if is_marked
    )


def _read_names(files: Sequence[str]) -> Names:
    yamls = sorted(
        (file for file in files if file.lower().endswith((".yaml", ".yml"))), key=lambda file: "data" not in os.path.basename(file)
    )
    lists = [file for file in files if os.path.basename(file).lower() in NAME_LISTS]
    for file in [*yamls, *lists][:1]:
        try:
            return _names(file) if file in yamls else Names([name(line, "a class") for line in lines_of(file)])
        except Unusable as error:
            raise DataError(f"The names of YOLO's classes must be readable. Received: {quoted(file)}, which {error}.") from None
    return Names([])


def _names(file: str) -> Names:
    try:
        fields = parse_yaml(read_text(file))
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or error}") from None
    classes = [name(label, "a class") for label in as_names(fields.get("names", []))]
    parts = {SPLIT_NAMES[key]: _folders(fields[key]) for key in SPLIT_NAMES if key in fields}
    if "kpt_shape" not in fields:
        return Names(classes, parts=parts)
    n, numbers = _shape(fields["kpt_shape"])
    points = _point_names(fields.get("kpt_names"), n)
    return Names(classes, points, numbers, _flip_pairs(fields.get("flip_idx", []), points), parts)


def _shape(given: Any) -> tuple[int, int]:
    """How many points an object has, and how many numbers each of them."""
    if not isinstance(given, list) or len(given) != 2 or not given[0].isdecimal() or given[1] not in ("2", "3"):
        raise Unusable("has a kpt_shape that is not the number of points, and 2 or 3 numbers for each")
    if not 0 < (n := int(given[0][:9])) <= MOST_POINTS:
        raise Unusable(f"has a kpt_shape of {n} points; 1 to {MOST_POINTS:,} are read")
    return n, int(given[1])


def _flip_pairs(given: Any, points: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Each point with the one that it becomes in a mirror, once; none where a list of their places is empty."""
    n = len(points)
    if not isinstance(given, list) or not all(flip.isdecimal() and int(flip[:9]) < n for flip in given) or len(given) not in (0, n):
        raise Unusable(f"has a flip_idx that is not a place from 0 to {n - 1} for each of {n} points")
    return tuple((points[i], points[int(flip)]) for i, flip in enumerate(given) if i < int(flip))


def _folders(value: Any) -> list[str]:
    """Those that ``train: ../train/images`` or a list names, as they end: ``/train/images/``."""
    named = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    parts = ([part for part in one.replace("\\", "/").split("/") if part not in ("", ".", "..")] for one in named)
    return [f"/{'/'.join(of)}/" for of in parts if of]


def _parts(names: Names, paths: Iterable[str]) -> dict[str, str]:
    """The part of each photo in one of the folders that ``data.yaml`` names; of none where it names a folder for two parts."""
    found = {
        path: [part for part, folders in names.parts.items() if any(of in path.replace(os.sep, "/") for of in folders)] for path in paths
    }
    return {path: parts[0] for path, parts in found.items() if len(parts) == 1}


def _point_names(given: Any, n: int) -> tuple[str, ...]:
    """Their names where there is a list of them, else their numbers from 1."""
    if isinstance(given, list) and len(set(given)) == n:
        return tuple(name(point, "a point") for point in given)
    return tuple(str(i + 1) for i in range(n))


def _classes(names: Names, truths: dict[str, Truth]) -> list[str]:
    """Their names, or the numbers that occur where nobody names them."""
    if names.classes:
        return names.classes
    return sorted({box.label for truth in truths.values() for box in truth.boxes}, key=int)
