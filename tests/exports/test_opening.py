"""Exported models are found, and answer the same however many photos they are asked at once."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.exports.artefacts import Artefact, write_artefact
from tltool.exports.opening import artefacts_in, open_artefact
from tltool.exports.reference import Reference
from tltool.exports.tflite.conversion import PRECISIONS
from tltool.models.processes.worker import call
from tltool.runtimes.litert import load_tflite

FACTS = {"classes": [str(digit) for digit in range(10)], "size": 16, "fit": "crop"}
TF_LITE = """
import numpy as np, tensorflow as tf
interpreter = tf.lite.Interpreter({model!r})
interpreter.allocate_tensors()
(given,), (asked,), scores = interpreter.get_input_details(), interpreter.get_output_details(), []
for photo in np.load({folder!r} + "/photos.npy"):
    interpreter.set_tensor(given["index"], photo[None].astype(given["dtype"]))
    interpreter.invoke()
    scores.append(interpreter.get_tensor(asked["index"])[0].astype("float32"))
scale, zero = asked["quantization"]
np.save({folder!r} + "/scores.npy", (np.stack(scores) - zero) * (scale or 1))
"""
Digits = tuple[np.ndarray, np.ndarray]


def test_only_artefacts_of_our_names_are_found(tmp_path: Path) -> None:
    for name in ("model-int8.tflite", "my-own.tflite", "model.onnx", "saved_model/saved_model.pb", "other/saved_model.pb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in artefacts_in(tmp_path)] == ["model-int8.tflite", "model.onnx", "saved_model"]
    (tmp_path / ".hidden.tflite").touch()
    everything = ["model-int8.tflite", "model.onnx", "my-own.tflite", "other", "saved_model"]
    assert [path.name for path in artefacts_in(tmp_path, foreign=True)] == everything


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_interpreter_of_tensorflow_answers_as_litert_does(
    reader: keras.Model, digits: Digits, claim_of: Callable[..., Reference], tmp_path: Path, precision: str
) -> None:
    path, photos = write_artefact(Artefact("tflite", precision), claim_of(reader), FACTS, tmp_path), digits[0][-20:]
    np.save(tmp_path / "photos.npy", photos)
    call("builtins:exec", TF_LITE.format(model=str(path), folder=str(tmp_path)))  # in the worker, where alone tf.lite is loaded
    found, known = np.load(tmp_path / "scores.npy"), load_tflite(path)(photos)
    assert known.std(axis=0).min() > 0.05  # the photos are told apart
    np.testing.assert_allclose(found, known, atol=0.01)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_several_interpreters_answer_as_one_does(
    reader: keras.Model, digits: Digits, claim_of: Callable[..., Reference], tmp_path: Path, precision: str
) -> None:
    path = write_artefact(Artefact("tflite", precision), claim_of(reader), FACTS, tmp_path)
    for n in (1, 2, 31):
        found = open_artefact(path)(digits[0][-n:])
        assert found.shape == (n, 10) and np.allclose(found, load_tflite(path)(digits[0][-n:]), atol=1e-6)
