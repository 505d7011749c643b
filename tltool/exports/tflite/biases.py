"""What rounded kernels add to a layer's output on average, taken off its bias again.

The error of one rounded number meets the mean of its input everywhere in every photo: it does not average out as noise does, and least of
all where a kernel has few numbers, as a depthwise one. The bias takes it up at no cost (Nagel et al. 2019, "Data-Free Quantization Through
Weight Equalization and Bias Correction", with means that were measured).
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from tltool.exports.tflite.activity import Activity
from tltool.exports.tflite.graph import FLOAT32, INT8, INT32, add_buffer, operators, read_graph, write_graph

KERNELS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def with_biases(quantized: bytes, exact: bytes, seen: Mapping[int, Activity]) -> bytes:
    """An int8 file whose layers give on average what those of ``exact`` give, the same model in float, where ``seen`` was watched. A layer
    without a bias stays as it is."""
    model, source = read_graph(quantized), read_graph(exact)
    ours, theirs = ([its for its in operators(graph) if its[0] in KERNELS] for graph in (model, source))
    if [_shape(model, its) for _, its in ours] != [_shape(source, its) for _, its in theirs]:
        return quantized  # layers were made into others, and nobody knows which is which
    for (kind, operator), (_, other) in zip(ours, theirs, strict=True):
        its = seen.get(int(other.inputs[0]))
        if its is not None and _is_whole(model, operator):
            rounded, kernel = _kernel(model, operator), _kernel(source, other)
            _add(model, operator, _answer(kind, kernel - rounded, its.means))
    return write_graph(model)


def _shape(model: Any, operator: Any) -> list[int]:
    return [*map(int, model.subgraphs[0].tensors[operator.inputs[1]].shape)]


def _is_whole(model: Any, operator: Any) -> bool:
    """Whether it computes with whole numbers, and has a bias."""
    tensors = model.subgraphs[0].tensors
    places = [*operator.inputs[1:3]]
    return len(places) == 2 and places[1] >= 0 and [tensors[place].type for place in places] == [INT8, INT32]


def _kernel(model: Any, operator: Any) -> np.ndarray:
    """The numbers that an operator computes with, float64, as it holds them: [out, …, in], or [1, h, w, out] of a depthwise one."""
    tensor = model.subgraphs[0].tensors[operator.inputs[1]]
    content = bytes(model.buffers[tensor.buffer].data)
    if tensor.type == FLOAT32:
        return np.frombuffer(content, np.float32).reshape(tensor.shape).astype(np.float64)
    scales = np.asarray(tensor.quantization.scale, np.float64)
    along = [1] * len(tensor.shape)
    along[tensor.quantization.quantizedDimension] = len(scales)  # one for each, or one for all
    return np.frombuffer(content, np.int8).reshape(tensor.shape) * scales.reshape(along)


def _answer(kind: str, kernel: np.ndarray, means: np.ndarray) -> np.ndarray:
    """What a layer gives for an input that has its ``means`` [in] everywhere, [out]."""
    if kind == "DEPTHWISE_CONV_2D":
        return kernel.sum(axis=(0, 1, 2)) * np.repeat(means, kernel.shape[-1] // len(means))
    taps = kernel.reshape(len(kernel), -1, min(kernel.shape[-1], len(means))).sum(axis=1)
    groups = means.reshape(-1, taps.shape[1])
    return np.einsum("goi,gi->go", taps.reshape(len(groups), -1, taps.shape[1]), groups).ravel()


def _add(model: Any, operator: Any, missing: np.ndarray) -> None:
    """Give the operator a bias of its own: what it had, and what is ``missing`` [out]. Constants of the same content are one constant in
    the file, as are the zeros of layers that had no bias."""
    tensors, place = model.subgraphs[0].tensors, int(operator.inputs[2])
    tensor = tensors[place]
    scales = np.asarray(tensor.quantization.scale, np.float64)
    known = np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.int32)
    limit = np.iinfo(np.int32)
    bias = np.clip(known + np.rint(missing / scales), limit.min, limit.max).astype(np.int32)
    content = np.frombuffer(bias.tobytes(), np.uint8)
    if sum(place in its.inputs for _, its in operators(model)) > 1:
        tensor = copy.copy(tensor)
        operator.inputs = [*operator.inputs[:2], len(tensors)]
        tensors.append(tensor)
    if sum(its.buffer == tensor.buffer for its in tensors) > 1:
        tensor.buffer = add_buffer(model, content)
    else:
        model.buffers[tensor.buffer].data = content
