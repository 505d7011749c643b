"""A Keras model → the bytes of a .tflite file that needs nothing but LiteRT's builtin operators."""

from collections.abc import Collection
from typing import TYPE_CHECKING, get_args

import numpy as np

from tltool.errors import ExportError
from tltool.exports.tflite.float16 import halve
from tltool.exports.tflite.graph import sort_outputs
from tltool.models.conversion import road
from tltool.models.conversion.saved import saved_for_one_photo
from tltool.noise import quietly
from tltool.specs import Precision

if TYPE_CHECKING:
    import keras

PRECISIONS: tuple[str, ...] = get_args(Precision)
CALIBRATED = ("int8", "int16x8")
CALIBRATION_PHOTOS = 128  # for a first calibration


def convert(model: "keras.Model", precision: Precision, calibration: np.ndarray | None = None) -> bytes:
    """Convert ``model`` (one float32 [n, h, w, 3] in, one tensor out, or several by name) for one photo at a time; several lie in the file
    in the order of their names.

    ``float32``, ``float16`` (large weights as float16), ``dynamic`` (int8 weights) and ``int16x8`` (int8 weights, int16 between the
    layers) take and give float32. ``int8`` takes uint8 pixels (scale 1, zero point 0) and gives uint8 scores. ``int8`` and ``int16x8``
    are quantized throughout by post-training quantization; an operator without an int16 kernel stays in float.

    Args:
        calibration: photos uint8 [n, h, w, 3] the model was trained on, 100 or more, for ``int8`` and ``int16x8`` only.

    Raises:
        ExportError: an operator outside the builtin set (named), no calibration photos, no room, an accident to the process that
            converts, or another backend than TensorFlow.
    """
    if precision in CALIBRATED and (calibration is None or not len(calibration)):
        raise ExportError(f"An {precision} export must be calibrated with photos. Received: none. Pass about 100 photos from training.")
    with saved_for_one_photo(model) as folder:
        content = road.convert(folder, "float32" if precision == "float16" else precision, calibration if precision in CALIBRATED else None)
    content = sort_outputs(halve(content) if precision == "float16" else content)
    check(content, precision)
    return content


def calibrate(model: "keras.Model", calibration: np.ndarray) -> bytes:
    """``model`` as a float file that knows the range of every tensor on photos uint8 [n, h, w, 3]: what ``quantize`` starts from."""
    with saved_for_one_photo(model) as folder:
        return sort_outputs(road.calibrate(folder, calibration))


def quantize(calibrated: bytes, float_layers: Collection[str] = ()) -> bytes:
    """The int8 file of what ``calibrate`` gave, uint8 in and out, with the operators that write the tensors ``float_layers`` in float."""
    content = sort_outputs(road.quantize(calibrated, float_layers))
    check(content, "int8")
    return content


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
        given, asked = interpreter.get_input_details()[0], interpreter.get_output_details()
        interpreter.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
        interpreter.invoke()
    except (RuntimeError, ValueError) as error:  # an operator that converts and has no kernel for these numbers
        raise ExportError(
            f"LiteRT must be able to run the converted model. Received, for {precision}: {road.reason_in(str(error))}. "
            "Choose another --precision."
        ) from None
    if precision == "int8" and (given["dtype"] != np.uint8 or given["quantization"] != (1.0, 0)):
        raise ExportError(
            "An int8 export must take plain pixels: uint8, scale 1, zero point 0. "
            f"Received: {given['dtype'].__name__}, {given['quantization']}. Calibrate with photos uint8 0…255."
        )
    if not all(np.isfinite(interpreter.get_tensor(tensor["index"])).all() for tensor in asked):
        raise ExportError("The converted model must give numbers. Received: NaN or infinity. Check the trained model's weights.")
