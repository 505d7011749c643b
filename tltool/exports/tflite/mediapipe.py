"""What MediaPipe's readers must be told beyond names and pixels: how its ObjectDetector makes boxes of numbers, and what its ImageSegmenter
takes numbers for.

The tables follow ``object_detector_metadata_schema.fbs`` and ``image_segmenter_metadata_schema.fbs`` (file identifier V001).
"""

import math
from collections.abc import Sequence

import flatbuffers

from tltool.exports.tflite.tables import Slots, table, vector, whole_numbers

DETECTOR, SEGMENTER = "ObjectDetector", "ImageSegmenter"
IDENTIFIER = b"V001"
PARSER = "1.0.0"
BOX = (1, 0, 3, 2)  # where a box has the x and y of its centre, its width and its height
PLANE = 2  # numbers of a keypoint: asked for though there is none
NAMES = ("location", "score")  # by which ObjectDetector finds its outputs
FEATURE, BOUNDING_BOX = 1, 3  # members of the union ContentProperties
BOUNDARIES = 1  # BoundingBoxType: the only one that ObjectDetector takes, whatever its numbers are


def options_for(reader: str, shapes: Sequence[Sequence[int]]) -> tuple[str, bytes] | None:
    """The name of the custom metadata that ``reader`` looks for, and its content; None where it needs none.

    Args:
        reader: such as ``ObjectDetector``, see ``Exporting.MEDIAPIPE``.
        shapes: of the outputs, in their order.
    """
    builder = flatbuffers.Builder(2048)
    if reader == DETECTOR:
        (_, boxes, _), (*_, classes) = shapes
        builder.Finish(_detector(builder, int(boxes), int(classes)), file_identifier=IDENTIFIER)
        return "DETECTOR_METADATA", bytes(builder.Output())
    if reader == SEGMENTER:  # no activation, the default: the numbers are probabilities
        builder.Finish(table(builder, 2, {1: ("ref", builder.CreateString(PARSER))}), file_identifier=IDENTIFIER)
        return "SEGMENTER_METADATA", bytes(builder.Output())
    return None


def names_for(reader: str, names: Sequence[str]) -> Sequence[str]:
    """What ``reader`` calls the outputs that tltool calls ``names``."""
    return NAMES if reader == DETECTOR else names


def content_for(builder: flatbuffers.Builder, reader: str, place: int) -> Slots:
    """What ``reader`` must find in the TensorMetadata of the output at ``place``, of those in ``metadata_schema.fbs``."""
    if reader != DETECTOR:
        return {}
    if place:
        kind, properties = FEATURE, table(builder, 0, {})
    else:
        kind, properties = BOUNDING_BOX, table(builder, 3, {0: ("ref", whole_numbers(builder, *BOX)), 1: ("Int8", BOUNDARIES)})
    return {3: ("ref", table(builder, 3, {0: ("Uint8", kind), 1: ("ref", properties)}))}


def _detector(builder: flatbuffers.Builder, boxes: int, classes: int) -> int:
    """ObjectDetectorOptions. An anchor is the centre of a cell of a square map, with width and height 1, so that numbers are boxes but for
    their place."""
    side = math.isqrt(boxes)
    centres = [((column + 0.5) / side, (row + 0.5) / side) for row in range(side) for column in range(side)]
    anchors = vector(builder, [table(builder, 4, _numbers(*centre, 1.0, 1.0)) for centre in centres])
    fixed = table(builder, 1, {0: ("ref", anchors)})
    anchored = table(builder, 1, {0: ("ref", fixed)})
    scales = _numbers(1.0, 1.0, 1.0, 1.0, first=6)
    counts: Slots = {slot: ("Int32", count) for slot, count in enumerate((classes, boxes, len(BOX)))}
    # a sigmoid makes scores of logits
    decoding = table(builder, 12, {**counts, 5: ("Int32", PLANE), **scales, 11: ("Bool", True)})
    version = builder.CreateString(PARSER)
    return table(builder, 3, {0: ("ref", version), 1: ("ref", anchored), 2: ("ref", decoding)})


def _numbers(*values: float, first: int = 0) -> Slots:
    return {first + i: ("Float32", value) for i, value in enumerate(values)}
