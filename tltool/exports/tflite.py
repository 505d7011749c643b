"""A Keras model → the bytes of a .tflite file that needs nothing but LiteRT's builtin operators."""

import re
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.errors import ExportError
from tltool.evaluation.litert import quietly
from tltool.exports.float16 import halve
from tltool.exports.saved_model import tensorflow, weights
from tltool.specs import Precision

if TYPE_CHECKING:
    import keras


def convert(model: "keras.Model", precision: Precision, calibration: np.ndarray | None = None) -> bytes:
    """Convert ``model`` (one float32 [n, h, w, 3] in, one tensor out) for one photo at a time.

    ``float32``, ``float16`` (large weights as float16), ``dynamic`` (int8 weights) and ``int16x8`` (int8 weights, int16 between the
    layers) take and give float32. ``int8`` takes uint8 pixels (scale 1, zero point 0) and gives uint8 scores. ``int8`` and ``int16x8``
    are quantized throughout by post-training quantization; an operator without an int16 kernel stays in float.

    Args:
        calibration: photos uint8 [n, h, w, 3] the model was trained on, 100 or more, for ``int8`` and ``int16x8`` only.

    Raises:
        ExportError: an operator outside the builtin set (named), no calibration photos, or another backend than TensorFlow.
    """
    tf = tensorflow()
    if precision in CALIBRATED and (calibration is None or not len(calibration)):
        raise ExportError(f"An {precision} export must be calibrated with photos. Received: none. Pass about 100 photos from training.")
    with _converter(tf, model, precision, calibration) as converter:
        content = _run(converter, precision)
    if precision == "float16":
        content = halve(content)
    check(content, precision)
    return content


def calibrate(model: "keras.Model", calibration: np.ndarray) -> bytes:
    """``model`` as a float file that knows the range of every tensor on photos uint8 [n, h, w, 3]: what ``quantize`` starts from."""
    with _converter(tensorflow(), model, "int8", calibration) as converter:
        converter._experimental_calibrate_only = True  # as tf.lite.experimental.QuantizationDebugger does
        return _run(converter, "int8")


def quantize(calibrated: bytes, float_layers: Collection[str] = ()) -> bytes:
    """The int8 file of what ``calibrate`` gave, uint8 in and out, with the operators that write the tensors ``float_layers`` in float."""
    tf = tensorflow()
    from tensorflow.lite.python.convert import mlir_quantize

    denied = {"denylisted_nodes": list(float_layers)} if float_layers else {}
    try:
        with _heard_to_the_end(), quietly():
            content = mlir_quantize(calibrated, input_data_type=tf.uint8, output_data_type=tf.uint8, **denied)
    except Exception as error:  # as with the converter
        raise ExportError(f"The model must quantize to int8. Received: {_reason(str(error))}. "
                          "Use --precision dynamic or float16.") from error
    check(content, "int8")
    return content


@contextmanager
def _converter(tf: Any, model: "keras.Model", precision: str, calibration: np.ndarray | None) -> Iterator[Any]:
    with tempfile.TemporaryDirectory(prefix="tltool-") as folder:
        _save_for_one_photo(tf, model, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        PRECISIONS[precision](tf, converter, calibration)
        yield converter


def _save_for_one_photo(tf: Any, model: "keras.Model", folder: str) -> None:
    # The way through a SavedModel: converting a Keras 3 model's concrete function gives NaN weights without a word.
    module = tf.Module()
    spec = tf.TensorSpec([1, *model.input_shape[1:]], tf.float32, name="pixels")
    module.serve = tf.function(lambda pixels: {"scores": model(pixels, training=False)}, input_signature=[spec])
    module.weights = weights(module.serve)
    with quietly():
        tf.saved_model.save(module, folder, signatures=module.serve)


def _float32(tf: Any, converter: Any, calibration: np.ndarray | None) -> None:
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]


def _dynamic(tf: Any, converter: Any, calibration: np.ndarray | None) -> None:
    _float32(tf, converter, calibration)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _int8(tf: Any, converter: Any, calibration: np.ndarray) -> None:
    _dynamic(tf, converter, calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = lambda: _one_by_one(calibration)
    converter.inference_input_type = converter.inference_output_type = tf.uint8


def _int16x8(tf: Any, converter: Any, calibration: np.ndarray) -> None:
    _dynamic(tf, converter, calibration)
    sixteen = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    converter.target_spec.supported_ops = [sixteen, tf.lite.OpsSet.TFLITE_BUILTINS]  # the latter where there is no int16 kernel
    converter.representative_dataset = lambda: _one_by_one(calibration)


PRECISIONS: dict[str, Callable[[Any, Any, Any], None]] = {
    "float32": _float32, "float16": _float32, "dynamic": _dynamic, "int8": _int8, "int16x8": _int16x8,
}
CALIBRATED = ("int8", "int16x8")
CALIBRATION_PHOTOS = 128  # for a first calibration


def _one_by_one(calibration: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Photos as float32 [1, h, w, 3]; the first shows black and white, so that the input's scale becomes exactly 1."""
    for i in range(len(calibration)):
        photo = calibration[i : i + 1].astype(np.float32)
        if i == 0:
            photo[0, 0, 0], photo[0, 0, 1] = 0, 255
        yield [photo]


def _run(converter: Any, precision: str) -> bytes:
    try:
        with _heard_to_the_end(), quietly():
            return converter.convert()
    except Exception as error:  # the converter raises its own ConverterError, ValueError, RuntimeError and bare Exception
        reason = _reason(str(error))
        if precision == "int16x8" and "perator" not in reason:
            raise ExportError("The model must have int16 kernels for its operators to become an int16x8 file. "
                              f"Received: {reason}. Use --precision float16, dynamic or int8.") from error
        raise ExportError(f"The model must convert to LiteRT's builtin operators. Received: {reason}. "
                          "Replace the layer that needs it, or export a SavedModel.") from error


@contextmanager
def _heard_to_the_end() -> Iterator[None]:
    """A signal to stop raises KeyboardInterrupt in one of TensorFlow's callbacks, which cannot pass it on and prints a traceback: not
    printed here, and raised again when the library next says something."""
    told = sys.unraisablehook
    sys.unraisablehook = lambda lost: None if lost.exc_type is KeyboardInterrupt else told(lost)
    try:
        yield
    finally:
        sys.unraisablehook = told


def _reason(message: str) -> str:
    """The operators the converter could not place, else the first line of what it said."""
    named = re.findall(r"(?:TF Select|Custom) ops: *([^\n]+)", message) or re.findall(r"'(tfl?\.\w+)' op is neither", message)
    return "the operator " + ", ".join(dict.fromkeys(named)) if named else message.strip().partition("\n")[0].rstrip(".")


def check(content: bytes, precision: Precision) -> None:
    """Run one dark photo: LiteRT must have every operator, int8 must take plain pixels, and the scores must be numbers.

    Raises:
        ExportError: otherwise.
    """
    from ai_edge_litert.interpreter import Interpreter

    try:
        with quietly():
            interpreter = Interpreter(model_content=content)
            interpreter.allocate_tensors()
        given, asked = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        interpreter.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
        interpreter.invoke()
    except (RuntimeError, ValueError) as error:  # an operator that converts and has no kernel for these numbers
        raise ExportError(f"LiteRT must be able to run the converted model. Received, for {precision}: {_reason(str(error))}. "
                          "Choose another --precision.") from None
    if precision == "int8" and (given["dtype"] != np.uint8 or given["quantization"] != (1.0, 0)):
        raise ExportError("An int8 export must take plain pixels: uint8, scale 1, zero point 0. "
                          f"Received: {given['dtype'].__name__}, {given['quantization']}. Calibrate with photos uint8 0…255.")
    if not np.isfinite(interpreter.get_tensor(asked["index"])).all():
        raise ExportError("The converted model must give numbers. Received: NaN or infinity. Check the trained model's weights.")
