"""A SavedModel of ours as a function, on TensorFlow alone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import ExportError
from tltool.noise import quietly
from tltool.reading import read_json
from tltool.runtimes.asked import outputs_of
from tltool.runtimes.native import require_utf8
from tltool.runtimes.tflite_metadata import FACTS


def load_saved_model(folder: Path, signature: str = "serving_default") -> Callable[[np.ndarray], np.ndarray]:
    """A SavedModel of ours as a function: uint8 photos [n, size, size, 3] → outputs float32 [n, …], such as probabilities [n, classes].

    Args:
        signature: one of those that take ``pixels``.

    Raises:
        ExportError: no SavedModel, or one without such a signature.
    """
    serve, join = _signature(folder, signature), _joined(folder)
    return lambda photos: join(serve(pixels=photos))


def load_from_bytes(folder: Path) -> Callable[[Sequence[bytes]], np.ndarray]:
    """The signature for files: the content of n image files → outputs float32 [n, …].

    Raises:
        ExportError: no SavedModel, or one without such a signature.
    """
    serve, join = _signature(folder, "from_bytes"), _joined(folder)
    return lambda photos: join(serve(photos=list(photos)))


def facts_in(folder: Path) -> dict[str, Any]:
    """What a SavedModel of ours knows of itself: ``classes``, ``size``, ``fit`` and whatever else was recorded.

    Raises:
        ExportError: nothing of it is there.
    """
    try:
        facts = read_json(folder / "assets" / FACTS)
        return {"size": facts["size"], **facts}
    except (OSError, ValueError, LookupError, TypeError):
        raise ExportError(
            f"{folder} must be a SavedModel that tltool wrote. Received: no {FACTS} in its assets. Export it again."
        ) from None


def _joined(folder: Path) -> Callable[[Mapping[str, Any]], np.ndarray]:
    """What makes the model's outputs of the tensors that a signature gives."""
    outputs = outputs_of(facts_in(folder))
    return lambda tensors: outputs.join([tensors[name].numpy() for name in outputs.NAMES])


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
