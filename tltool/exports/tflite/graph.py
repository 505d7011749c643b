"""A .tflite file as a graph: its operators by name, the constants they read, and what may be rewritten without a converter."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np

BORDER = ("QUANTIZE", "DEQUANTIZE")  # operators that only change a tensor's type
WEIGHED = {"CONV_2D": 1, "DEPTHWISE_CONV_2D": 1, "FULLY_CONNECTED": 1, "TRANSPOSE_CONV": 1}  # operator → place of its weights
FLOAT32, FLOAT16, INT16, INT8 = 0, 1, 7, 9  # TensorType of the schema


def read_graph(tflite: bytes) -> Any:
    """The file as the schema's object ``ModelT``."""
    from ai_edge_litert import schema_py_generated as schema

    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(tflite, 0))


def write_graph(model: Any) -> bytes:
    """The bytes of a .tflite file."""
    builder = _AlignedBuilder(1 << 20)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


class _AlignedBuilder(flatbuffers.Builder):
    """Starts vectors of bytes at multiples of 16, as the schema demands of weights and the generated Python code forgets."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        return super().StartVector(elemSize, numElems, 16 if elemSize == 1 else alignment)


def operators(model: Any) -> Iterator[tuple[str, Any]]:
    """Name (such as CONV_2D) and operator, in the order they run."""
    from ai_edge_litert import schema_py_generated as schema

    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    for operator in model.subgraphs[0].operators:
        code = model.operatorCodes[operator.opcodeIndex]
        yield names[max(code.builtinCode, code.deprecatedBuiltinCode)], operator


def sort_outputs(tflite: bytes) -> bytes:
    """The file with its outputs in the order of their names in the signature; a converter gives them in another one."""
    model = read_graph(tflite)
    if len(model.subgraphs[0].outputs) == 1:
        return tflite
    named = {output.name: output.tensorIndex for output in model.signatureDefs[0].outputs}
    model.subgraphs[0].outputs = [named[name] for name in sorted(named)]
    return write_graph(model)


def count_float_operators(path: Path) -> dict[str, int]:
    """How many operators of each kind compute with floating-point numbers, the changes of type at the borders aside.

    An int8 file that is quantized throughout gives ``{}``.
    """
    model = read_graph(path.read_bytes())
    tensors = model.subgraphs[0].tensors
    floating = [
        name
        for name, operator in operators(model)
        if name not in BORDER and any(tensors[i].type in (FLOAT32, FLOAT16) for i in (*operator.inputs, *operator.outputs) if i >= 0)
    ]
    return dict(sorted(Counter(floating).items()))


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
        tensor.buffer = add_buffer(model, source.buffers[constant.buffer].data)
    return write_graph(model)


def output_name(model: Any, operator: Any) -> str:
    """The name of the first tensor an operator writes; it survives every conversion of the same model."""
    return model.subgraphs[0].tensors[operator.outputs[0]].name.decode()


def add_buffer(model: Any, content: np.ndarray) -> int:
    """Append a constant's bytes, uint8 [n], to the model; returns its place."""
    from ai_edge_litert import schema_py_generated as schema

    buffer = schema.BufferT()
    buffer.data = content
    model.buffers.append(buffer)
    return len(model.buffers) - 1
