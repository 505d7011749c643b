"""Where XLA cannot compile, the work is done without it, and that is said once."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tltool import ConvStack, Photos, Training, data, scratch
from tltool.models.devices import compiling
from tltool.models.devices.compiling import compiled_or_not

LIBDEVICE = "libdevice not found at ./libdevice.10.bc [[{{node StatefulPartitionedCall}}]] [Op:__inference_one_step_on_data_3423]"
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="JAX computes with XLA only")


@pytest.fixture(autouse=True)
def untold() -> None:
    compiling._tell.cache_clear()


def break_xla(monkeypatch: pytest.MonkeyPatch, message: str = LIBDEVICE) -> None:
    """Every function that Keras compiles by XLA fails as it first runs."""
    import tensorflow as tf

    def breaking(make: Callable[..., Any], name: str) -> Callable[..., Any]:
        def made(self: keras.Model, force: bool = False) -> Any:
            def fail(*given: Any) -> None:
                raise tf.errors.InternalError(None, None, message)

            if not self.jit_compile:
                return make(self, force)
            setattr(self, name, fail)
            return fail

        return made

    monkeypatch.setattr(keras.Model, "_resolve_auto_jit_compile", lambda self: True)  # as with a GPU
    for name in ("train_function", "test_function", "predict_function"):
        monkeypatch.setattr(keras.Model, f"make_{name}", breaking(getattr(keras.Model, f"make_{name}"), name))


def network() -> keras.Model:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse")
    return model


def test_a_prediction_goes_on_without_xla_and_says_so_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    break_xla(monkeypatch)
    for _ in range(2):
        model = network()
        answer = compiled_or_not(model, lambda model=model: model.predict_on_batch(np.ones((1, 2), "float32")))
        assert float(np.asarray(answer)[0, 0]) == 2 and model.jit_compile is False
    loud = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(loud) == 1 and "XLA cannot compile" in loud[0] and "libdevice" in loud[0] and "tltool[gpu]" in loud[0]


def test_a_fit_goes_on_from_its_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    break_xla(monkeypatch)
    model, x, y = network(), np.ones((8, 2), "float32"), np.zeros((8, 1), "float32")
    history = compiled_or_not(model, lambda: model.fit(x, y, validation_data=(x, y), batch_size=4, epochs=2, verbose=0))
    assert len(history.history["loss"]) == 2 and int(model.optimizer.iterations) == 4


def test_a_whole_training_comes_to_its_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    break_xla(monkeypatch)
    digits = data.write_digits(tmp_path / "digits", (0, 1), few=20)
    done = scratch(Photos(data=digits, size=16), ConvStack(filters=(4,)), training=Training(epochs=1), out=tmp_path / "run")
    assert done.report()["n"] > 0 and "XLA cannot compile" in caplog.text


@pytest.mark.parametrize("message", ["Out of range", "RESOURCE_EXHAUSTED: XLA cannot allocate 5 GB", "CUDA_ERROR_INVALID_PTX in XLA"])
def test_other_errors_stay_what_they_are(monkeypatch: pytest.MonkeyPatch, message: str) -> None:
    import tensorflow as tf

    break_xla(monkeypatch, message)
    model = network()
    with pytest.raises(tf.errors.InternalError):
        compiled_or_not(model, lambda: model.predict_on_batch(np.ones((1, 2), "float32")))
