"""TensorFlow's own converter, as the worker runs it: a SavedModel → the bytes of a .tflite file. See ``tltool.models.conversion.road``.

It is given SavedModels only: of a Keras 3 model's concrete function it makes NaN weights without a word.
"""

import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tltool.errors import ExportError
from tltool.models.conversion.road import reason_in


def convert(saved_model: Path, precision: str, photos: np.ndarray | None) -> bytes:
    return _run(lambda: _converter(saved_model, precision, photos), precision)


def calibrate(saved_model: Path, photos: np.ndarray) -> bytes:
    def calibrating() -> Any:
        converter = _converter(saved_model, "int8", photos)
        converter._experimental_calibrate_only = True  # as tf.lite.experimental.QuantizationDebugger does
        return converter

    return _run(calibrating, "int8")


def quantize(calibrated: bytes, float_layers: Collection[str]) -> bytes:
    from tensorflow.lite.python.convert import mlir_quantize

    denied = {"denylisted_nodes": list(float_layers)} if float_layers else {}
    try:
        return mlir_quantize(
            calibrated, input_data_type=tf.uint8, output_data_type=tf.uint8, disable_per_channel_for_dense_layers=True, **denied
        )
    except MemoryError:
        raise
    except Exception as error:  # as with the converter
        raise ExportError(
            f"The model must quantize to int8. Received: {reason_in(str(error))}. Use --precision dynamic or float16."
        ) from error


def find_losses(calibrated: bytes, photos: np.ndarray) -> dict[str, float]:
    """TensorFlow's QuantizationDebugger runs every layer in int8 and in float on the same input."""
    from tensorflow.lite.python.convert import mlir_quantize

    options = tf.lite.experimental.QuantizationDebugOptions(layer_direct_compare_metrics={"lost": _share_lost})
    with warnings.catch_warnings(action="ignore"):  # it runs on TensorFlow's own, older interpreter
        debugger = tf.lite.experimental.QuantizationDebugger(
            quant_debug_model_content=mlir_quantize(calibrated, enable_numeric_verify=True, disable_per_channel_for_dense_layers=True),
            debug_options=options,
            debug_dataset=lambda: ([photos[i : i + 1].astype(np.float32)] for i in range(len(photos))),
        )
        debugger.run()
    statistics = debugger.layer_statistics.items()
    return {name.removeprefix("NumericVerify/").rpartition(":")[0]: float(metrics["lost"]) for name, metrics in statistics}


def _share_lost(exact: np.ndarray, quantized: np.ndarray, scale: float, zero_point: int) -> float:
    """``exact`` float and ``quantized`` int8, both [1, …, channels]."""
    exact = exact.reshape(-1, exact.shape[-1]).astype(np.float64)
    error = (quantized.reshape(exact.shape).astype(np.float64) - zero_point) * scale - exact
    signal, noise = np.mean(exact**2, axis=0), np.mean(error**2, axis=0)
    alive = signal > 0
    return float(np.mean(np.minimum(1, noise[alive] / signal[alive]))) if alive.any() else 0.0


def _converter(saved_model: Path, precision: str, photos: np.ndarray | None) -> Any:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(saved_model))
    PRECISIONS[precision](converter, photos)
    return converter


def _float32(converter: Any, photos: np.ndarray | None) -> None:
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]


def _dynamic(converter: Any, photos: np.ndarray | None) -> None:
    _float32(converter, photos)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True  # which only TFLite 2.17 and later compute


def _int8(converter: Any, photos: np.ndarray) -> None:
    _dynamic(converter, photos)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = lambda: _one_by_one(photos)
    converter.inference_input_type = converter.inference_output_type = tf.uint8


def _int16x8(converter: Any, photos: np.ndarray) -> None:
    _dynamic(converter, photos)
    sixteen = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
    converter.target_spec.supported_ops = [sixteen, tf.lite.OpsSet.TFLITE_BUILTINS]  # the latter where there is no int16 kernel
    converter.representative_dataset = lambda: _one_by_one(photos)


PRECISIONS: dict[str, Callable[[Any, Any], None]] = {"float32": _float32, "dynamic": _dynamic, "int8": _int8, "int16x8": _int16x8}


def _one_by_one(photos: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Photos as float32 [1, h, w, 3]; the first shows black and white, so that the input's scale becomes exactly 1."""
    for i in range(len(photos)):
        photo = photos[i : i + 1].astype(np.float32)
        if i == 0:
            photo[0, 0, 0], photo[0, 0, 1] = 0, 255
        yield [photo]


def _run(make: Callable[[], Any], precision: str) -> bytes:
    try:
        return make().convert()
    except MemoryError:
        raise
    except Exception as error:  # the converter raises its own ConverterError, ValueError, RuntimeError and bare Exception
        reason = reason_in(str(error))
        if precision == "int16x8" and "perator" not in reason:
            raise ExportError(
                "The model must have int16 kernels for its operators to become an int16x8 file. "
                f"Received: {reason}. Use --precision float16, dynamic or int8."
            ) from error
        raise ExportError(
            f"The model must convert to LiteRT's builtin operators. Received: {reason}. "
            "Replace the layer that needs it, or export a SavedModel."
        ) from error
