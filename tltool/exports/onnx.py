"""A Keras model → one .onnx file, through tf2onnx, which is an optional extra."""

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.errors import ExportError
from tltool.exports.facts import check_names, task_of
from tltool.exports.outputs import calling
from tltool.models.conversion.backend import tensorflow
from tltool.noise import quietly
from tltool.runtimes.onnx import FACTS, INPUT, INSTALL, LABELS

if TYPE_CHECKING:
    import keras

OPSET = 15  # what tf2onnx itself prefers; onnxruntime has run it since 1.10 (2021)
BATCH = "n"  # the name of the first axis


def converter() -> Any:
    """The tf2onnx module.

    Raises:
        ExportError: a package of the extra is not installed.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import tf2onnx
    except ImportError as error:
        raise ExportError(f"An ONNX export must have tf2onnx, onnx and onnxruntime. Received: no {error.name}. {INSTALL}") from None
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # what fails is raised below
    return tf2onnx


def write_onnx(model: "keras.Model", facts: dict[str, Any], path: Path) -> None:
    """Write ``model`` (float32 [n, size, size, 3], 0…255 → outputs) as ``path``.

    Its input ``pixels`` is uint8 [n, size, size, 3], its outputs are float32 [n, …], such as ``probabilities`` [n, classes]. The metadata
    has ``facts`` as JSON under ``tltool`` and the class names, one a line, under ``labels``.

    Raises:
        ExportError: the extra is not installed, Keras runs on another backend than TensorFlow, a layer has no ONNX operator, or
            a class name is not one line of text.
    """
    tf, tf2onnx = tensorflow(), converter()
    check_names(facts["classes"])
    spec = [tf.TensorSpec([None, *model.input_shape[1:]], tf.uint8, name=INPUT)]
    call = calling(model, task_of(facts))
    serve = tf.function(lambda pixels: call(tf.cast(pixels, tf.float32)), input_signature=spec)
    try:
        with quietly():
            converted, _ = tf2onnx.convert.from_function(serve, spec, opset=OPSET)
        _keep_captures(converted, serve)
        _check_operators(converted)
        content = _described(converted, facts).SerializeToString()
    except (ValueError, TypeError, KeyError, RuntimeError, NotImplementedError, tf.errors.OpError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ExportError(
            f"The model must be one that tf2onnx can convert. Received: {reason}. Replace the layer that needs it, or export a SavedModel."
        ) from error
    path.write_bytes(content)


def _keep_captures(converted: Any, function: Any) -> None:
    """tf2onnx lists constants that a layer holds as plain tensors (Normalization's mean) as inputs of the model; they are weights."""
    from onnx import numpy_helper

    values = {inner.name: outer for outer, inner in function.get_concrete_function().graph.captures}
    used = {name for node in converted.graph.node for name in node.input}
    inputs = list(converted.graph.input)
    del converted.graph.input[:]
    converted.graph.input.extend(tensor for tensor in inputs if tensor.name == INPUT)
    converted.graph.initializer.extend(
        numpy_helper.from_array(values[tensor.name].numpy(), tensor.name)
        for tensor in inputs
        if tensor.name in used and tensor.name != INPUT
    )


def _check_operators(converted: Any) -> None:
    """tf2onnx leaves an operator it does not know in the graph under TensorFlow's name."""
    from onnx import defs

    unknown = sorted({node.op_type for node in converted.graph.node if not node.domain and not defs.has(node.op_type)})
    if unknown:
        raise ValueError(f"the operator {', '.join(unknown)}, which ONNX does not have")


def _described(converted: Any, facts: dict[str, Any]) -> Any:
    """``converted`` with its labels and facts, and a name for the number of photos."""
    for tensor in (*converted.graph.input, *converted.graph.output):
        tensor.type.tensor_type.shape.dim[0].dim_param = BATCH
    converted.graph.name = str(facts.get("name", "tltool"))
    texts = {FACTS: json.dumps(facts, ensure_ascii=False, sort_keys=True), LABELS: "\n".join(facts["classes"])}
    for key, text in texts.items():
        converted.metadata_props.add(key=key, value=text)
    return converted
