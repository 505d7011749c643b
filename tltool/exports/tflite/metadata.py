"""TFLite Metadata: what MediaPipe and Android Studio read from a .tflite file, and what tltool itself records there.

The tables follow ``metadata_schema.fbs`` (file identifier M001). Each is written slot by slot, in the schema's order of fields.
The class names, the score calibration and the facts follow the model as an uncompressed zip, the way TFLite Metadata packs associated
files.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np

from tltool.exports.facts import check_names, task_of
from tltool.exports.tflite.compatibility import note_oldest
from tltool.exports.tflite.graph import read_graph, write_graph
from tltool.exports.tflite.mediapipe import content_for, names_for, options_for
from tltool.exports.tflite.tables import Slots, content_of, floats, table, vector
from tltool.runtimes.asked import outputs_of
from tltool.runtimes.tflite_metadata import FACTS, LABELS
from tltool.task import task_named

METADATA = "TFLITE_METADATA"
RGB = 1  # ColorSpaceType
IMAGE_PROPERTIES = 2  # member of the union ContentProperties
NORMALIZATION, SCORE_CALIBRATION, SCORE_THRESHOLDING = 1, 2, 3  # members of the union ProcessUnitOptions
INVERSE_LOGISTIC = 2  # ScoreTransformationType
DESCRIPTIONS, TENSOR_AXIS_LABELS, TENSOR_AXIS_SCORE_CALIBRATION = 1, 2, 4  # AssociatedFileType; the latter two have a line for each
# position on the last axis
SCORES = "score_calibration.txt"
PARSER, CUSTOM_PARSER = "1.0.0", "1.5.0"  # the versions of the schema that first had every table used here, without and with a custom one
PROBABILITIES = "probabilities"  # an output of numbers from 0 to 1


def with_metadata(tflite: bytes, facts: dict[str, Any]) -> bytes:
    """The same model with its class names, input range and ``facts`` inside; what it computes stays as it is.

    Args:
        tflite: RGB 0…255 in and the outputs of its task out, without packed files.
        facts: ``classes`` and ``size``, and anything else JSON can hold; ``name`` and ``description`` are shown by other tools, and
            ``score_calibration`` (``slope`` and ``offset``) is applied by them: sigmoid(slope · logit(score) + offset). Classes whose score
            is then below ``score_threshold`` are left out by them. ``task`` says what the outputs are.

    Raises:
        ExportError: a class name that would break the labels file into other lines.
    """
    check_names(facts["classes"])
    model = read_graph(tflite)
    _insert(model, _describe(facts, _shapes(model)))
    return _pack(write_graph(model), facts)


def _pack(tflite: bytes, facts: dict[str, Any]) -> bytes:
    """Append the associated files: stored, not compressed, so that a phone maps them straight from the file."""
    members = {LABELS: "\n".join(facts["classes"]) + "\n", FACTS: json.dumps(facts, ensure_ascii=False, sort_keys=True)}
    if curve := facts.get("score_calibration"):  # scale, slope, offset of every class; MediaPipe takes a last line break for one more
        members[SCORES] = "\n".join([f"1,{curve['slope']:.9g},{curve['offset']:.9g}"] * len(facts["classes"]))
    content = io.BytesIO(tflite)
    with zipfile.ZipFile(content, "a", zipfile.ZIP_STORED) as packed:
        for name, text in members.items():
            packed.writestr(zipfile.ZipInfo(name), text.encode())  # ZipInfo's date is fixed: the same model gives the same bytes
    return content.getvalue()


def _shapes(model: Any) -> list[list[int]]:
    """Those of the outputs."""
    graph = model.subgraphs[0]
    return [[*map(int, graph.tensors[output].shape)] for output in graph.outputs]


def _insert(model: Any, metadata: bytes) -> None:
    """Put ``metadata`` into the model's table of metadata, in place of an earlier one of ours."""
    from ai_edge_litert import schema_py_generated as schema

    note_oldest(model)
    model.metadata = [entry for entry in model.metadata or [] if entry.name not in (METADATA, METADATA.encode())]
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data, entry.name, entry.buffer = np.frombuffer(metadata, np.uint8), METADATA, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata.append(entry)


def _describe(facts: dict[str, Any], shapes: Sequence[Sequence[int]]) -> bytes:
    """The ModelMetadata table with one subgraph: an RGB image in, and out what the task gives, the last of it named by the labels file."""
    builder = flatbuffers.Builder(2048)
    custom = options_for(_reader(facts), shapes)
    fields: Slots = {
        2: ("ref", vector(builder, [_input(builder, facts["size"])])),
        3: ("ref", vector(builder, _outputs(builder, facts, shapes[-1][-1]))),
    }
    if custom:
        fields[9] = ("ref", vector(builder, [_custom(builder, *custom)]))
    subgraph = table(builder, 10, fields)
    model = table(
        builder,
        8,
        {
            0: ("ref", builder.CreateString(facts.get("name", "tltool model"))),
            1: ("ref", builder.CreateString(facts.get("description", "Says what a photo shows."))),
            3: ("ref", vector(builder, [subgraph])),
            7: ("ref", builder.CreateString(CUSTOM_PARSER if custom else PARSER)),
        },
    )
    builder.Finish(model, file_identifier=b"M001")
    return bytes(builder.Output())


def _reader(facts: dict[str, Any]) -> str:
    """Which class of MediaPipe's reads the file."""
    return task_named(task_of(facts)).exported.MEDIAPIPE


def _custom(builder: flatbuffers.Builder, name: str, content: bytes) -> int:
    """CustomMetadata: a table of another schema, whose readers find it by its name."""
    data = content_of(builder, content)
    return table(builder, 2, {0: ("ref", builder.CreateString(name)), 1: ("ref", data)})


def _input(builder: flatbuffers.Builder, size: int) -> int:
    """TensorMetadata of the pixels. Mean 0 and std 1: scaling is inside the model, so nobody else may scale."""
    sides = table(builder, 2, {0: ("Uint32", size), 1: ("Uint32", size)})
    image = table(builder, 2, {0: ("Int8", RGB), 1: ("ref", sides)})
    content = table(builder, 3, {0: ("Uint8", IMAGE_PROPERTIES), 1: ("ref", image)})
    options = table(builder, 2, {0: ("ref", floats(builder, 0)), 1: ("ref", floats(builder, 1))})
    unit = table(builder, 2, {0: ("Uint8", NORMALIZATION), 1: ("ref", options)})
    stats = table(builder, 2, {0: ("ref", floats(builder, 255)), 1: ("ref", floats(builder, 0))})
    return table(
        builder,
        7,
        {
            0: ("ref", builder.CreateString("image")),
            1: ("ref", builder.CreateString(f"RGB photo of {size}×{size} pixels, 0 to 255.")),
            3: ("ref", content),
            4: ("ref", vector(builder, [unit])),
            5: ("ref", stats),
        },
    )


def _outputs(builder: flatbuffers.Builder, facts: dict[str, Any], width: int) -> list[int]:
    """TensorMetadata of the outputs, the last with the labels file and the curve that calibrates its scores."""
    reader, texts = _reader(facts), outputs_of(facts).NAMES
    *others, (name, text) = zip(names_for(reader, [*texts]), texts.values(), strict=True)
    kind = TENSOR_AXIS_LABELS if width == len(facts["classes"]) else DESCRIPTIONS
    files = [_file(builder, LABELS, "Class names, one a line, in their order.", kind)]
    fields, units = content_for(builder, reader, len(others)), []
    if "score_calibration" in facts:
        files.append(_file(builder, SCORES, "Scale, slope and offset of every class, one a line.", TENSOR_AXIS_SCORE_CALIBRATION))
        options = table(builder, 2, {0: ("Int8", INVERSE_LOGISTIC)})
        units.append(table(builder, 2, {0: ("Uint8", SCORE_CALIBRATION), 1: ("ref", options)}))
    if "score_threshold" in facts:
        options = table(builder, 1, {0: ("Float32", facts["score_threshold"])})
        units.append(table(builder, 2, {0: ("Uint8", SCORE_THRESHOLDING), 1: ("ref", options)}))
    if units:
        fields[4] = ("ref", vector(builder, units))
    last = _output(builder, name, text, {**fields, 6: ("ref", vector(builder, files))})
    return [*(_output(builder, *other, content_for(builder, reader, place)) for place, other in enumerate(others)), last]


def _output(builder: flatbuffers.Builder, name: str, text: str, more: Slots) -> int:
    fields: Slots = {0: ("ref", builder.CreateString(name)), 1: ("ref", builder.CreateString(text)), **more}
    if name == PROBABILITIES:  # Android Studio shows it
        fields[5] = ("ref", table(builder, 2, {0: ("ref", floats(builder, 1)), 1: ("ref", floats(builder, 0))}))
    return table(builder, 7, fields)


def _file(builder: flatbuffers.Builder, name: str, description: str, kind: int) -> int:
    """AssociatedFile of the zip behind the model."""
    return table(builder, 5, {0: ("ref", builder.CreateString(name)), 1: ("ref", builder.CreateString(description)), 2: ("Int8", kind)})
