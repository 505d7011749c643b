"""A truth as text, one cell of ``split.csv``, and back: compact JSON in ASCII, which loses no digit."""

import json
from typing import Any

from tltool.data.annotations.class_masks import COLOUR, ClassMask, Region
from tltool.data.annotations.fields import MOST_PIXELS, Unusable, number, numbers
from tltool.data.annotations.masks import Polygons, as_polygons, as_run_lengths
from tltool.data.annotations.truths import Box, Instance, Point, Truth
from tltool.data.geometry import TURNS
from tltool.errors import DataError
from tltool.reading import parse_json
from tltool.wording import described

Fields = dict[str, Any]


def write(truth: Truth) -> str:
    """``{"size":[640,480],"objects":[{"label":"cat","box":[1,2,30,40.5]}]}``; objects may also have ``crowd``, a
    ``score``, ``polygons`` or ``counts`` (COCO's compressed run lengths), and ``points``; where every pixel has a class there is a
    ``mask``."""
    fields: Fields = {"size": [truth.width, truth.height]}
    if truth.instances:
        fields["objects"] = [_object(instance) for instance in truth.instances]
    if truth.areas:
        fields["mask"] = {
            "path": truth.areas.path,
            "orientation": truth.areas.orientation,
            "regions": [list(region) for region in truth.areas.regions],
        }
    return json.dumps(fields, separators=(",", ":"), allow_nan=False)


def parse(cell: str) -> Truth:
    """What ``write`` wrote.

    Raises:
        DataError: the text is none.
    """
    try:
        fields = parse_json(cell)
        width, height = _size(fields["size"])
        instances = tuple(_instance(fields, width, height) for fields in fields.get("objects", ()))
        return Truth(width, height, instances, _class_mask(fields["mask"]) if "mask" in fields else None)
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # Unusable and JSONDecodeError are ValueErrors
        why = error if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise DataError(
            f"A label must be JSON as tltool writes it, with a size and objects or a mask. Received: {described(cell)} ({why}). "
            "Read the photos again."
        ) from None


def _object(instance: Instance) -> Fields:
    box = instance.box
    fields: Fields = {"label": box.label, "box": _short(box.corners)}
    if box.crowd:
        fields["crowd"] = True
    if box.score != 1:
        fields["score"] = box.score
    if isinstance(instance.mask, Polygons):
        fields["polygons"] = [_short(ring) for ring in instance.mask.rings]
    elif instance.mask:
        fields["counts"] = instance.mask.counts
    if instance.points:
        fields["points"] = [[point.name, *_short((point.x, point.y)), int(point.visible)] for point in instance.points]
    return fields


def _size(given: Any) -> tuple[int, int]:
    width, height = map(int, numbers(given, "a size", 2))
    if min(width, height) < 1 or width * height > MOST_PIXELS or [width, height] != given:
        raise Unusable("has a size that no photo has")
    return width, height


def _instance(fields: Fields, width: int, height: int) -> Instance:
    crowd, score = bool(fields.get("crowd", False)), number(fields.get("score", 1.0), "a score")
    box = Box.of(_text(fields["label"]), numbers(fields["box"], "a box", 4), crowd, score)
    mask = as_polygons(fields["polygons"]) if "polygons" in fields else None
    runs = as_run_lengths({"size": [height, width], "counts": _text(fields["counts"])}, width, height) if "counts" in fields else None
    points = (
        Point(_text(name), number(x, "a point"), number(y, "a point"), bool(visible)) for name, x, y, visible in fields.get("points", ())
    )
    return Instance(box, mask or runs, tuple(points))


def _class_mask(fields: Fields) -> ClassMask:
    regions = tuple(Region(_text(label), int(value), int(pixels)) for label, value, pixels in fields["regions"])
    orientation = int(fields["orientation"])
    if orientation not in TURNS or not all(0 <= region.value <= 255 or COLOUR <= region.value < 2 * COLOUR for region in regions):
        raise Unusable("has a mask that no PNG is")
    return ClassMask(_text(fields["path"]), regions, orientation)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unusable(f"has {type(value).__name__} where text must be")
    return value


def _short(numbers: tuple[float, ...]) -> list[float | int]:
    """Whole numbers without their ".0"."""
    return [int(value) if value == int(value) else value for value in numbers]
