"""What a float .tflite file computes on photos: of every tensor that an operator writes its range, and the mean of each channel.

TensorFlow's calibrator looks at a tensor after its operator has run, and at that memory again when another one has written there, as a ReLU
or a sum does in place: so the range of the one also takes in the other's. A logarithm below 0.7 got 11 of the 255 steps so.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from tltool.exports.tflite.graph import FLOAT32, operators, read_graph, write_graph
from tltool.noise import quietly
from tltool.threads import cores


class Activity(NamedTuple):
    """Of one tensor over all photos: its lowest and its highest number, and the mean of each channel, float64 [channels]."""

    lowest: float
    highest: float
    means: np.ndarray


def one_by_one(photos: np.ndarray) -> Iterator[np.ndarray]:
    """Photos [n, h, w, 3] as float32 [1, h, w, 3]; the first shows black and white, so that the input's scale becomes exactly 1."""
    for i in range(len(photos)):
        photo = photos[i : i + 1].astype(np.float32)
        if i == 0:
            photo[0, 0, 0], photo[0, 0, 1] = 0, 255
        yield photo


def watch(content: bytes, photos: np.ndarray) -> dict[int, Activity]:
    """Place of each float tensor that an operator of the file writes → what is in it on ``photos``, uint8 [n, size, size, 3], n ≥ 1."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    graph = read_graph(content)
    places = [int(place) for _, operator in operators(graph) for place in operator.outputs]
    places = [place for place in places if graph.subgraphs[0].tensors[place].type == FLOAT32]
    with quietly():
        plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # XNNPACK shows nothing of what lies within
        kernels = {"num_threads": cores(), "experimental_op_resolver_type": plain, "experimental_preserve_all_tensors": True}
        interpreter = Interpreter(model_content=content, **kernels)
        interpreter.allocate_tensors()
    given, seen = interpreter.get_input_details()[0]["index"], dict[int, Activity]()
    for photo in one_by_one(photos):
        interpreter.set_tensor(given, photo)
        interpreter.invoke()
        for place in places:
            now = _activity(interpreter.get_tensor(place))
            seen[place] = _together(seen[place], now) if place in seen else now
    return {place: its._replace(means=its.means / len(photos)) for place, its in seen.items()}


def with_ranges(calibrated: bytes, seen: Mapping[int, Activity]) -> bytes:
    """A calibrated file with the ranges that were ``seen`` in place of those of the calibrator."""
    graph = read_graph(calibrated)
    for place, its in seen.items():
        noted = graph.subgraphs[0].tensors[place].quantization
        if noted is not None and noted.min is not None and np.isfinite((its.lowest, its.highest)).all():
            noted.min, noted.max = np.array([its.lowest], np.float32), np.array([its.highest], np.float32)
    return write_graph(graph)


def _activity(values: np.ndarray) -> Activity:
    channels = values.reshape(-1, values.shape[-1] if values.ndim else 1)
    return Activity(float(values.min()), float(values.max()), channels.mean(axis=0, dtype=np.float64))


def _together(before: Activity, now: Activity) -> Activity:
    """The ranges as one, the means added up."""
    return Activity(min(before.lowest, now.lowest), max(before.highest, now.highest), before.means + now.means)
