"""A float32 .tflite file → one with its large weights as float16."""

from typing import Any

import numpy as np

from tltool.exports.tflite.graph import FLOAT16, FLOAT32, WEIGHED, add_buffer, operators, read_graph, write_graph

KEPT_SHARE = 0.02  # of all float32 constants, the smallest ones that stay float32 in a float16 file
LEAST = 64  # constants of fewer values are not worth an operator of their own


def halve(tflite: bytes, kept_share: float = KEPT_SHARE) -> bytes:
    """A float32 file with its weights as float16, which LiteRT turns back into float32 once, when the file is loaded.

    The smallest constants stay float32 up to ``kept_share`` of all values: biases, depthwise and early kernels. Rounding them hurts most,
    as few terms of a sum leave its error nothing to average out with, and they are a small part of the file.
    """
    model = read_graph(tflite)
    graph, weights = model.subgraphs[0], _weights(model)
    spared = _smallest(weights, kept_share)
    cast = _operator_code(model, "DEQUANTIZE")
    casts, halved = [], {}
    for name, operator in operators(model):
        place = WEIGHED.get(name)
        tensor = operator.inputs[place] if place is not None else -1
        if tensor not in weights or tensor in spared:
            continue
        if tensor not in halved:
            halved[tensor] = _halved(model, tensor)
            casts.append(_cast(cast, halved[tensor], tensor))
    graph.operators = [*casts, *graph.operators]
    return write_graph(model)


def _weights(model: Any) -> dict[int, int]:
    """Place of every constant float32 tensor → how many values it has."""
    tensors = model.subgraphs[0].tensors
    data = {i: model.buffers[tensor.buffer].data for i, tensor in enumerate(tensors) if tensor.type == FLOAT32}
    return {i: len(content) // 4 for i, content in data.items() if content is not None and len(content)}


def _smallest(weights: dict[int, int], share: float) -> set[int]:
    order = sorted(weights, key=lambda i: (weights[i], i))
    running = np.cumsum([weights[i] for i in order])
    allowed = int(np.searchsorted(running, share * sum(weights.values()), side="right"))
    return {*order[:allowed], *(i for i in order if weights[i] < LEAST)}


def _halved(model: Any, place: int) -> int:
    """A new constant tensor with the values of the tensor at ``place`` as float16; returns its place."""
    from ai_edge_litert import schema_py_generated as schema

    tensors = model.subgraphs[0].tensors
    values = np.frombuffer(bytes(model.buffers[tensors[place].buffer].data), np.float32)
    limit = np.finfo(np.float16).max  # beyond it would stand infinity
    content = np.clip(values, -limit, limit).astype(np.float16)
    tensor = schema.TensorT()
    tensor.shape, tensor.type, tensor.name = tensors[place].shape, FLOAT16, tensors[place].name + b"_float16"
    tensor.buffer = add_buffer(model, np.frombuffer(content.tobytes(), np.uint8))
    tensors.append(tensor)
    model.buffers[tensors[place].buffer].data = None
    tensors[place].buffer = 0  # a value that is computed
    return len(tensors) - 1


def _operator_code(model: Any, name: str) -> int:
    """The place of the operator's code in the model's table, added where it is not there yet."""
    from ai_edge_litert import schema_py_generated as schema

    wanted = getattr(schema.BuiltinOperator, name)
    for place, code in enumerate(model.operatorCodes):
        if max(code.builtinCode, code.deprecatedBuiltinCode) == wanted:
            return place
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = wanted, min(wanted, 127), 3  # version 3 reads float16
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _cast(code: int, source: int, target: int) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, [source], [target]
    operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.DequantizeOptions, schema.DequantizeOptionsT()
    return operator
