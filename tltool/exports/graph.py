"""A .tflite file as a graph: its operators by name, the constants they read, and what may be rewritten without a converter."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np

BORDER = ("QUANTIZE", "DEQUANTIZE")  # operators that only change a tensor's type
WEIGHED = {"CONV_2D": 1, "DEPTHWISE_CONV_2D": 1, "FULLY_CONNECTED": 1, "TRANSPOSE_CONV": 1}  # operator → place of its weights
FLOAT32, FLOAT16, INT8 = 0, 1, 9  # TensorType of the schema
KEPT_SHARE = 0.02  # of all float32 constants, the smallest ones that stay float32 in a float16 file
LEAST = 64  # constants of fewer values are not worth an operator of their own


def read_graph(tflite: bytes) -> Any:
    """The file as the schema's object ``ModelT``."""
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(tflite, 0))


def write_graph(model: Any) -> bytes:
    """The bytes of a .tflite file."""
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def operators(model: Any) -> Iterator[tuple[str, Any]]:
    """Name (such as CONV_2D) and operator, in the order they run."""
    from ai_edge_litert import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    for operator in model.subgraphs[0].operators:
        code = model.operatorCodes[operator.opcodeIndex]
        yield names[max(code.builtinCode, code.deprecatedBuiltinCode)], operator


def count_float_operators(path: Path) -> dict[str, int]:
    """How many operators of each kind compute with floating-point numbers, the changes of type at the borders aside.

    An int8 file that is quantized throughout gives ``{}``.
    """
    model = read_graph(path.read_bytes())
    tensors = model.subgraphs[0].tensors
    floating = [name for name, operator in operators(model) if name not in BORDER
                and any(tensors[i].type in (FLOAT32, FLOAT16) for i in (*operator.inputs, *operator.outputs) if i >= 0)]
    return dict(sorted(Counter(floating).items()))


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


def restore_weights(tflite: bytes, original: bytes, layers: Collection[str]) -> bytes:
    """A dynamic file in which the operators that write the tensors ``layers`` have their float32 weights back, and so compute in float.

    Args:
        original: the same model as a float32 file.
    """
    model, source = read_graph(tflite), read_graph(original)
    theirs = {output_name(source, operator): operator for _, operator in operators(source)}
    for name, operator in operators(model):
        if name not in WEIGHED or output_name(model, operator) not in layers:
            continue
        ours, other = operator.inputs[WEIGHED[name]], theirs[output_name(model, operator)].inputs[WEIGHED[name]]
        tensor, constant = model.subgraphs[0].tensors[ours], source.subgraphs[0].tensors[other]
        tensor.type, tensor.quantization = constant.type, None
        tensor.buffer = _new_buffer(model, source.buffers[constant.buffer].data)
    return write_graph(model)


def output_name(model: Any, operator: Any) -> str:
    """The name of the first tensor an operator writes; it survives every conversion of the same model."""
    return model.subgraphs[0].tensors[operator.outputs[0]].name.decode()


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
    tensor.buffer = _new_buffer(model, np.frombuffer(content.tobytes(), np.uint8))
    tensors.append(tensor)
    model.buffers[tensors[place].buffer].data = None
    tensors[place].buffer = 0  # a value that is computed
    return len(tensors) - 1


def _new_buffer(model: Any, content: np.ndarray) -> int:
    from ai_edge_litert import schema_py_generated as schema

    buffer = schema.BufferT()
    buffer.data = content
    model.buffers.append(buffer)
    return len(model.buffers) - 1


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
