"""A SavedModel of ours as a function, on TensorFlow alone."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import ExportError
from tltool.noise import quietly
from tltool.runtimes.native import require_utf8


def load_saved_model(folder: Path, signature: str = "serving_default") -> Callable[[np.ndarray], np.ndarray]:
    """A SavedModel of ours as a function: uint8 photos [n, size, size, 3] → probabilities float32 [n, classes].

    Args:
        signature: one of those that take ``pixels``.

    Raises:
        ExportError: no SavedModel, or one without such a signature.
    """
    serve = _signature(folder, signature)
    return lambda photos: serve(pixels=photos)["probabilities"].numpy()


def load_from_bytes(folder: Path) -> Callable[[Sequence[bytes]], np.ndarray]:
    """The signature for files: the content of n image files → probabilities float32 [n, classes].

    Raises:
        ExportError: no SavedModel, or one without such a signature.
    """
    serve = _signature(folder, "from_bytes")
    return lambda photos: serve(photos=list(photos))["probabilities"].numpy()


def _signature(folder: Path, name: str) -> Callable[..., Any]:
    """Keras is not asked for: a SavedModel of ours needs TensorFlow alone, whatever backend Keras would use."""
    require_utf8(folder)
    import tensorflow as tf

    try:
        with quietly():
            loaded = tf.saved_model.load(str(folder))
        serve = loaded.signatures[name]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ExportError(f"{folder} must be a SavedModel that tltool wrote. Received: {error}. Export it again.") from None

    def call(keep: Any = loaded, **tensors: Any) -> Any:  # a signature does not keep its module's weights alive
        return serve(**{key: tf.constant(value) for key, value in tensors.items()})

    return call
