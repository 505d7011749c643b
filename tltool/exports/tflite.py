"""A Keras model → the bytes of a .tflite file that needs nothing but LiteRT's builtin operators."""

import re
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.errors import ExportError
from tltool.evaluation.litert import quietly
from tltool.exports.saved_model import tensorflow, weights
from tltool.specs import Precision

if TYPE_CHECKING:
    import keras


def convert(model: "keras.Model", precision: Precision, calibration: np.ndarray | None = None) -> bytes:
    """Convert ``model`` (one float32 [n, h, w, 3] in, one tensor out) for one photo at a time.

    ``float32``, ``float16`` (weights) and ``dynamic`` (int8 weights) take and give float32. ``int8`` is quantized throughout by
    post-training quantization: uint8 pixels in (scale 1, zero point 0), uint8 scores out.

    Args:
        calibration: photos uint8 [n, h, w, 3] the model was trained on, 100 or more, for ``int8`` only.

    Raises:
        ExportError: an operator outside the builtin set (named), no calibration photos, or another backend than TensorFlow.
    """
    tf = tensorflow()
    if precision == "int8" and (calibration is None or not len(calibration)):
        raise ExportError("An int8 export must be calibrated with photos. Received: none. Pass about 100 photos from training.")
    with tempfile.TemporaryDirectory(prefix="tltool-") as folder:
        _save_for_one_photo(tf, model, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        PRECISIONS[precision](tf, converter, calibration)
        content = _run(converter)
    _check(content, precision)
    return content


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


def _float16(tf: Any, converter: Any, calibration: np.ndarray | None) -> None:
    _dynamic(tf, converter, calibration)
    converter.target_spec.supported_types = [tf.float16]


def _int8(tf: Any, converter: Any, calibration: np.ndarray) -> None:
    _dynamic(tf, converter, calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = lambda: _one_by_one(calibration)
    converter.inference_input_type = converter.inference_output_type = tf.uint8


PRECISIONS: dict[str, Callable[[Any, Any, Any], None]] = {
    "float32": _float32, "float16": _float16, "dynamic": _dynamic, "int8": _int8,
}


def _one_by_one(calibration: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Photos as float32 [1, h, w, 3]; the first shows black and white, so that the input's scale becomes exactly 1."""
    for i in range(len(calibration)):
        photo = calibration[i : i + 1].astype(np.float32)
        if i == 0:
            photo[0, 0, 0], photo[0, 0, 1] = 0, 255
        yield [photo]


def _run(converter: Any) -> bytes:
    try:
        with quietly():
            return converter.convert()
    except Exception as error:  # the converter raises its own ConverterError, ValueError, RuntimeError and bare Exception
        raise ExportError(f"The model must convert to LiteRT's builtin operators. Received: {_reason(str(error))}. "
                          "Replace the layer that needs it, or export a SavedModel.") from error


def _reason(message: str) -> str:
    """The operators the converter could not place, else the first line of what it said."""
    named = re.findall(r"(?:TF Select|Custom) ops: *([^\n]+)", message) or re.findall(r"'(tf\.\w+)' op is neither", message)
    return "the operator " + ", ".join(dict.fromkeys(named)) if named else message.strip().partition("\n")[0].rstrip(".")


def _check(content: bytes, precision: Precision) -> None:
    """Run one dark photo: int8 must take plain pixels, and the scores must be numbers."""
    from ai_edge_litert.interpreter import Interpreter

    with quietly():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    given, asked = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
    interpreter.invoke()
    if precision == "int8" and (given["dtype"] != np.uint8 or given["quantization"] != (1.0, 0)):
        raise ExportError("An int8 export must take plain pixels: uint8, scale 1, zero point 0. "
                          f"Received: {given['dtype'].__name__}, {given['quantization']}. Calibrate with photos uint8 0…255.")
    if not np.isfinite(interpreter.get_tensor(asked["index"])).all():
        raise ExportError("The converted model must give numbers. Received: NaN or infinity. Check the trained model's weights.")
