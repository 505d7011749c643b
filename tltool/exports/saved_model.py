"""A Keras model → a SavedModel that takes pixels or image bytes and needs nothing but TensorFlow to run."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.errors import ExportError
from tltool.exports.facts import CARD, check_names, describe_model, describe_signatures, task_of
from tltool.exports.graph_decoder import decode
from tltool.exports.outputs import calling
from tltool.models.conversion.backend import tensorflow, weights
from tltool.noise import quietly
from tltool.runtimes.tflite_metadata import FACTS, LABELS
from tltool.task import task_named

if TYPE_CHECKING:
    import keras


def write_saved_model(model: "keras.Model", facts: dict[str, Any], folder: Path) -> None:
    """Write ``model`` (float32 [n, size, size, 3], 0…255 → outputs) as the SavedModel ``folder``.

    Signature ``serving_default`` takes ``pixels`` uint8 [n, size, size, 3]; ``from_bytes`` takes ``photos`` string [n], each an
    encoded JPEG, PNG, BMP or GIF (first frame), turned upright and brought to size as ``facts["fit"]`` says. Both give the outputs by name,
    float32 [n, …], such as ``probabilities`` [n, classes], and ``label`` string [n] where an answer names classes of a whole photo.
    ``numbers_only`` takes ``pixels`` and gives the outputs alone, for converters that know no strings (coremltools, TensorFlow.js).
    ``facts``, the class names and the model card lie in ``assets/``. The folder appears whole or not at all.

    Args:
        facts: ``classes``, ``size`` and ``fit`` (crop, pad or stretch); the rest is only recorded.

    Raises:
        ExportError: ``folder`` exists, a class name is not one line of text, Keras runs on another backend than TensorFlow, or TensorFlow
            cannot write the model.
    """
    tf = tensorflow()
    check_names(facts["classes"])
    if folder.exists():
        raise ExportError(f"A SavedModel must be written to a new folder. Received: {folder}, which exists. Remove it first.")
    half = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        (half / "facts").mkdir(parents=True)
        with quietly():
            module = _module(tf, model, facts, half / "facts")
            signatures = {"serving_default": module.from_pixels, "from_bytes": module.from_bytes, "numbers_only": module.numbers_only}
            tf.saved_model.save(module, str(half / "model"), signatures=signatures)
        (half / "model").rename(folder)
    except (ValueError, TypeError, OSError, tf.errors.OpError) as error:
        reason = re.sub(r"\{\{.*?\}\} |\s*\[Op:\w+\]", "", str(error).strip().partition("\n")[0]).rstrip(".")
        raise ExportError(f"The model must be one that TensorFlow can save to {folder}. Received: {reason}.") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _module(tf: Any, model: "keras.Model", facts: dict[str, Any], folder: Path) -> Any:
    """A tf.Module with all signatures; ``folder`` receives the files that TensorFlow copies into assets/."""
    size, fit, names, settled = facts["size"], facts["fit"], list(facts["classes"]), facts.get("settled", {})
    task, call = task_named(task_of(facts)), calling(model, task_of(facts))

    def answer(photos: Any) -> dict[str, Any]:  # float32 [n, size, size, 3]
        outputs = call(photos)
        if task.labels.ANNOTATED:
            return outputs
        (scores,) = outputs.values()
        return {**outputs, "label": task.exported.answer_in(tf, scores, names, settled)}

    def from_pixels(pixels: Any) -> dict[str, Any]:
        return answer(tf.cast(pixels, tf.float32))

    def numbers_only(pixels: Any) -> dict[str, Any]:
        return call(tf.cast(pixels, tf.float32))

    def from_bytes(photos: Any) -> dict[str, Any]:
        square = tf.TensorSpec([size, size, 3], tf.float32)
        return answer(tf.map_fn(lambda photo: decode(tf, photo, size, fit), photos, fn_output_signature=square))

    module, pixels = tf.Module(), tf.TensorSpec([None, size, size, 3], tf.uint8, name="pixels")
    module.assets = [tf.saved_model.Asset(str(path)) for path in _asset_files(facts, _described(model, facts), folder)]
    module.from_pixels = tf.function(from_pixels, input_signature=[pixels])
    module.numbers_only = tf.function(numbers_only, input_signature=[pixels])
    module.from_bytes = tf.function(from_bytes, input_signature=[tf.TensorSpec([None], tf.string, name="photos")])
    module.weights = weights(module.from_pixels)
    return module


def _described(model: "keras.Model", facts: dict[str, Any]) -> dict[str, Any]:
    """The signatures, for the card."""
    task = task_named(task_of(facts))
    shapes = {name: list(part.shape) for name, part in zip(task.outputs.NAMES, task.outputs.parts(model), strict=True)}
    outputs = {name: {"shape": shape, "dtype": "float32"} for name, shape in shapes.items()}
    return describe_signatures(outputs, facts["size"], labelled=not task.labels.ANNOTATED)


def _asset_files(facts: dict[str, Any], signatures: dict[str, Any], folder: Path) -> list[Path]:
    card = {**describe_model(facts), "signatures": signatures}
    texts = {
        LABELS: "".join(f"{name}\n" for name in facts["classes"]),
        FACTS: json.dumps(facts, ensure_ascii=False, indent=2),
        CARD: json.dumps(card, ensure_ascii=False, indent=2),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]
