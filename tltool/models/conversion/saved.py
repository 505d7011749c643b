"""A Keras model as the SavedModel that a converter takes."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.errors import ExportError
from tltool.models.conversion.backend import tensorflow, weights
from tltool.noise import quietly

if TYPE_CHECKING:
    import keras


@contextmanager
def saved_for_one_photo(model: "keras.Model") -> Iterator[Path]:
    """A SavedModel of ``model`` with one signature, float32 [1, h, w, 3] → its outputs by name, ``scores`` where it has one."""
    tf = tensorflow()
    module = tf.Module()
    spec = tf.TensorSpec([1, *model.input_shape[1:]], tf.float32, name="pixels")

    def serve(pixels: Any) -> dict[str, Any]:
        found = model(pixels, training=False)
        return found if isinstance(found, dict) else {"scores": found}

    module.serve = tf.function(serve, input_signature=[spec])
    module.weights = weights(module.serve)
    with tempfile.TemporaryDirectory(prefix="tltool-") as folder:
        try:
            with quietly():
                tf.saved_model.save(module, folder, signatures=module.serve)
        except (OSError, tf.errors.OpError) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise ExportError(
                f"There must be room to write a model into {folder}. Received: {reason}. Make room, or name another place with TMPDIR."
            ) from None
        yield Path(folder)
