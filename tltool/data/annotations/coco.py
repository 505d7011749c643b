"""COCO JSON: ``images``, ``categories`` and ``annotations`` with boxes, masks or points (https://cocodataset.org/#format-data).

A file is gone through twice, piece by piece: for its images and categories, and for its annotations. An image without annotations shows
none of the classes; a photo that is not among the images was forgotten, and is left out. Boxes and polygons are counted from the corner of
the photo; points are taken as they are. Where the size that an image is said to have is that of the stored picture, its labels are turned
with it; where the stored picture has the same size as the upright photo, they are of the upright one.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.fields import NOT_THERE, Unusable, name, number, numbers
from tltool.data.annotations.masks import Polygons, RunLengths, as_polygons, as_run_lengths
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.stream import members
from tltool.data.annotations.truths import Box, Instance, Point, Truth, around
from tltool.data.annotations.turning import turned
from tltool.data.geometry import turn
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.wording import counted, described, quoted

KEYS = ("images", "annotations", "categories")
MOST_NUMBERS = 50_000_000  # of polygons, 32 bytes each
PEEKED = 500  # annotations that tell what a file holds

Record = dict[str, Any]


class Category(NamedTuple):
    """A class, the names of its points, and what it is a kind of."""

    label: str
    points: tuple[str, ...] = ()
    kind_of: str = ""


class _Image(NamedTuple):
    photo: Photo
    orientation: int  # of its labels

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the picture that its labels are of."""
        return (self.photo.width, self.photo.height) if self.orientation == 1 else self.photo.stored


@dataclass
class _Found:
    """What a file has told so far."""

    images: dict[Any, _Image | None] = field(default_factory=dict)  # by id; None where the photo cannot be used
    categories: dict[Any, Category] = field(default_factory=dict)
    instances: dict[str, list[Instance]] = field(default_factory=lambda: defaultdict(list))  # by path
    bad: dict[str, str] = field(default_factory=dict)  # path → reason
    used: set[Any] = field(default_factory=set)  # ids of categories
    strays: int = 0  # annotations of no image
    stray: object = None  # the image_id of the first
    numbers: int = 0  # of polygons


def read_coco(files: Sequence[str], photos: dict[str, Photo], finder: Finder) -> Labels:
    """The labels in some files, one for each part or only one.

    Raises:
        DataError: a file that is no COCO, or has more annotations than are read.
    """
    truths: dict[str, Truth] = {}
    faults: list[Fault] = []
    categories: list[tuple[Any, Category]] = []
    for file in files:
        found = _Found()
        faults += _read_images(file, found, photos, finder, truths)
        _read_annotations(file, found)
        faults += [Fault(path, reason) for path, reason in found.bad.items()]
        if found.strays:
            strays = f"{counted(found.strays, 'annotation')} of an image_id that no image has"
            faults.append(Fault(file, f"has {strays}, such as {described(found.stray)}"))
        usable = [image for image in found.images.values() if image and image.photo.path not in found.bad]
        truths |= {image.photo.path: _truth(image, found.instances[image.photo.path]) for image in usable}
        categories += [(key, category) for key, category in found.categories.items() if key in found.used or not _is_heading(key, found)]
    categories.sort(key=lambda pair: (isinstance(pair[0], str), pair[0]))
    points = dict.fromkeys(point for _, category in categories for point in category.points)
    return Labels(truths, [*dict.fromkeys(category.label for _, category in categories)], faults, tuple(points))


def peek(file: str) -> set[str] | None:
    """What the first annotations of a file are, some of "boxes", "masks" and "points": nothing where there is no annotation, None where
    they are something else, such as captions, or where the file has no such key.

    Raises:
        OSError, ValueError: it cannot be read, or is no JSON.
    """
    seen: set[str] = set()
    annotations = (record for key, record in members(file) if key == "annotations")
    there = list(islice(annotations, PEEKED + 1))
    for record in (record for record in there if isinstance(record, dict)):
        labels = {"boxes": record.get("bbox"), "masks": record.get("segmentation"), "points": record.get("keypoints")}
        seen |= {kind for kind, label in labels.items() if label}
    return seen if seen or there == [[]] else None


def _read_images(file: str, found: _Found, photos: dict[str, Photo], finder: Finder, before: dict[str, Truth]) -> Iterator[Fault]:
    """The images and categories of a file, into ``found``; yields the images that cannot be used."""
    keys, listed = set(), set(before)
    for key, record in records_of(file):
        keys.add(key)
        if key == "categories" and record:
            _add_category(file, record, found)
        elif key == "images" and record:
            try:
                _add_image(file, record, found, photos, finder, listed)
            except Unusable as error:
                yield Fault(_place(file, record, finder), str(error))
    if missing := [key for key in KEYS if key not in keys]:
        raise DataError(
            f"A COCO JSON must have the keys {', '.join(KEYS)}. Received: {quoted(file)} without {' and '.join(missing)}. "
            "Export the labels as COCO."
        )


def _add_category(file: str, record: Any, found: _Found) -> None:
    try:
        entry = _fields(record, "a category")
        label, kind_of = name(entry.get("name"), "a category"), entry.get("supercategory")
        points = entry.get("keypoints") or ()
        if not isinstance(points, (list, tuple)):
            raise Unusable("has keypoints that are no list of names")
        names = tuple(name(point, "a keypoint") for point in points)
        if len(set(names)) < len(names):
            raise Unusable("has two keypoints of one name")
        found.categories[_id(entry, "id")] = Category(label, names, kind_of if isinstance(kind_of, str) else "")
    except Unusable as error:
        raise DataError(
            f"A category of a COCO JSON must have an id, a name, and one for each keypoint. Received: {quoted(file)}, which {error}."
        ) from None


def _add_image(file: str, record: Any, found: _Found, photos: dict[str, Photo], finder: Finder, listed: set[str]) -> None:
    entry = _fields(record, "an image")
    key = _id(entry, "id")
    if key in found.images:
        raise Unusable(f"has the id {described(key)} in {os.path.basename(file)}, as another image has")
    found.images[key] = None
    path = finder.named(name(entry.get("file_name"), "an image"), file)
    if path is None:
        raise Unusable(f"{NOT_THERE}, or more than once, and is named in {os.path.basename(file)}")
    if path in listed:
        raise Unusable("is listed more than once; the first labels count")
    listed.add(path)
    found.images[key] = _Image(photos[path], _orientation(entry, photos[path]))


def _orientation(entry: Record, photo: Photo) -> int:
    """Of an image's labels, by the size that it is said to have."""
    if entry.get("width") is None or entry.get("height") is None:
        return 1
    width, height = number(entry["width"], "a width"), number(entry["height"], "a height")
    if (orientation := photo.orientation_of(width, height)) is None:
        raise Unusable(f"has {photo.width} × {photo.height} pixels, and its labels are of a picture of {width:g} × {height:g}")
    return orientation


def _read_annotations(file: str, found: _Found) -> None:
    for key, record in records_of(file):
        if key != "annotations" or not record:
            continue
        image_id = record.get("image_id") if isinstance(record, dict) else None
        if not is_id(image_id) or image_id not in found.images:
            found.stray = found.stray if found.strays else image_id if is_id(image_id) else None
            found.strays += 1
        elif image := found.images[image_id]:
            try:
                found.instances[image.photo.path].append(_instance(record, image.size, found))
            except Unusable as error:
                found.bad[image.photo.path] = str(error)


def _instance(record: Record, size: tuple[int, int], found: _Found) -> Instance:
    key = _id(record, "category_id")
    found.used.add(key)
    category = _with_points(found.categories.get(key) or Category(str(key)), record.get("keypoints"))
    if key in found.categories:
        found.categories[key] = category
    mask = _mask(record.get("segmentation"), size, found)
    points = _points(record.get("keypoints"), category)
    return Instance(Box.of(category.label, _corners(record.get("bbox"), mask, points, size), bool(record.get("iscrowd"))), mask, points)


def _with_points(category: Category, code: Any) -> Category:
    """With the numbers of its points, where they have no names: as many as its first object has."""
    if category.points or not isinstance(code, list):
        return category
    return category._replace(points=tuple(str(i + 1) for i in range(len(code) // 3)))


def _corners(
    box: Any, mask: Polygons | RunLengths | None, points: tuple[Point, ...], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the box; where there is none, around the mask or else the points."""
    if box:
        left, top, width, height = numbers(box, "a box", 4)
        return left, top, left + width, top + height
    if mask:
        return mask.bounds(*size)
    if not points:
        raise Unusable("has an annotation with neither a box nor a mask nor points")
    return around(points)


def _mask(code: Any, size: tuple[int, int], found: _Found) -> Polygons | RunLengths | None:
    if not code:
        return None
    if isinstance(code, dict):
        return as_run_lengths(code, *size)
    polygons = as_polygons(code)
    found.numbers += sum(map(len, polygons.rings))
    if found.numbers > MOST_NUMBERS:
        raise DataError(f"Polygons must have at most {MOST_NUMBERS // 2:,} points in a file. Received: more. Split it by photos.")
    return polygons


def _points(code: Any, category: Category) -> tuple[Point, ...]:
    """The points that are marked: those with a 0 as the third number are not."""
    if not code:
        return ()
    values = numbers(code, "keypoints", 3 * len(category.points))
    triples = zip(category.points, values[::3], values[1::3], values[2::3])
    return tuple(Point(point, x, y, seen >= 2) for point, x, y, seen in triples if seen > 0)


def _truth(image: _Image, instances: list[Instance]) -> Truth:
    photo = image.photo
    moved = instances if image.orientation == 1 else turned(instances, turn(image.size, image.orientation), *image.size)
    return Truth(photo.width, photo.height, tuple(moved))


def _is_heading(key: Any, found: _Found) -> bool:
    """Whether a category without an object only stands above others, as some exporters write it."""
    label = found.categories[key].label
    return any(other.kind_of == label for i, other in found.categories.items() if i != key)


def records_of(file: str) -> Iterator[tuple[str, Any]]:
    """Every key of a file with its value, or with one element of its list after another.

    Raises:
        DataError: the file cannot be read, or is no JSON.
    """
    try:
        yield from members(file)
    except (OSError, ValueError) as error:
        why = f"({error.strerror or error})" if isinstance(error, OSError) else f"which {error}"
        raise DataError(f"A COCO JSON must be readable. Received: {quoted(file)}, {why}.") from None


def _fields(record: Any, what: str) -> Record:
    if not isinstance(record, dict):
        raise Unusable(f"has {what} that is no object")
    return record


def _id(record: Record, key: str) -> Any:
    if not is_id(record.get(key)):
        raise Unusable(f"has no {key}")
    return record[key]


def is_id(value: object) -> bool:
    """A whole number, which some write as 3.0, or text."""
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _place(file: str, record: Any, finder: Finder) -> str:
    """The photo of an image that cannot be used; where it would be if it were there; or the file that lists it."""
    given = record.get("file_name") if isinstance(record, dict) else None
    if not isinstance(given, str) or not given:
        return file
    return finder.named(given, file) or os.path.join(os.path.dirname(file), given)
