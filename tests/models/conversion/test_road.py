"""The road to a .tflite file lies in the worker: nothing of it in this process, and an accident on it is one sentence."""

import os
import resource
import signal
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tltool.errors import ExportError
from tltool.exports.tflite.conversion import calibrate, convert, quantize
from tltool.exports.tflite.layers import find_losses
from tltool.models.processes import worker
from tltool.models.processes.worker import call, working

PHOTOS = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), "uint8")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    photo = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, name="conv")(layers.Rescaling(1 / 255)(photo)))
    return keras.Model(photo, layers.Softmax()(layers.Dense(3)(x)))


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that no other test wants to keep."""
    monkeypatch.setattr(worker, "_worker", worker._Worker())


def test_this_process_holds_no_converter(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf
    from tensorflow.lite.python import convert as native

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("to be called in the worker only")

    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_saved_model", refuse)
    monkeypatch.setattr(tf.lite.TFLiteConverter, "from_concrete_functions", refuse)
    monkeypatch.setattr(tf.lite.experimental, "QuantizationDebugger", refuse)
    monkeypatch.setattr(native, "mlir_quantize", refuse)
    for precision in ("float16", "int16x8"):
        assert convert(model, precision, PHOTOS)[4:8] == b"TFL3"
    calibrated = calibrate(model, PHOTOS)
    assert quantize(calibrated)[4:8] == b"TFL3"
    assert any("conv" in name for name in find_losses(calibrated, PHOTOS))


def test_a_worker_that_was_killed_is_one_sentence_and_the_next_conversion_has_another(model: keras.Model, fresh: None) -> None:
    with working():
        os.kill(call("os:getpid"), signal.SIGKILL)
        with pytest.raises(ExportError, match=r"^The model must convert without .* Received: its process ended with SIGKILL\. .*\.$"):
            convert(model, "float32")
        assert convert(model, "float32")


@pytest.mark.parametrize("before", ["TensorFlow is loaded", "the next model"])
def test_too_little_memory_is_one_sentence(model: keras.Model, fresh: None, before: str) -> None:
    with working():
        if before == "the next model":
            convert(model, "float32")
        call("resource:setrlimit", resource.RLIMIT_AS, [1 << 28, 1 << 28])  # less than it has already: nothing more is given
        with pytest.raises(ExportError, match=r"^The model must convert without an accident[^\n]*\.$"):
            convert(model, "float32")


def test_no_room_for_the_model_is_one_sentence(model: keras.Model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import tensorflow as tf

    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(ExportError, match=r"room to write a model into .* Received: No space left on device\. Make room"):
        convert(model, "float32")
