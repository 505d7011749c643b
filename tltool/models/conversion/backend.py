"""TensorFlow, which writes exports, and only if Keras runs on it."""

from typing import Any

from tltool.errors import ExportError


def tensorflow() -> Any:
    """The tensorflow module.

    Raises:
        ExportError: TensorFlow is not installed, or Keras runs on another backend.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"An export must run on Keras's TensorFlow backend. Received: {keras.backend.backend()}. "
            "Run it again with KERAS_BACKEND=tensorflow; a model trained on another backend loads there too."
        )
    import tensorflow as tf

    return tf


def weights(function: Any) -> list[Any]:
    """The TensorFlow variables a ``tf.function`` reads, for its module to hold.

    A module that holds the Keras model or its Keras variables instead saves and loads well, but converts to NaN.
    """
    return list(function.get_concrete_function().variables)
