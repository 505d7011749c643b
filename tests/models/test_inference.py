"""LiteRT computes what does not learn where that pays, and answers as Keras does; where it cannot, Keras computes."""

import logging

import keras
import numpy as np
import pytest
from keras import layers, ops

from tltool.models import inference as module
from tltool.models.conversion import road
from tltool.models.inference import Inference
from tltool.models.stack.conv_stack import build_stack
from tltool.runtimes.litert import side_by_side
from tltool.specs import ConvStack

PHOTOS = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3)).astype("float32")


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Converting pays from the first photo on."""
    monkeypatch.setattr(module, "FEWEST", 0)
    monkeypatch.setattr(module, "PER_MILLION", 0)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    stack = build_stack(ConvStack(filters=(8, 8)), (16, 16, 3), 0)
    return keras.Model(stack.input, layers.GlobalAveragePooling2D()(stack.output))


def test_litert_answers_as_keras_does_and_a_photo_the_same_bits_whoever_comes_with_it(model: keras.Model, eager: None) -> None:
    forward = Inference(model, 9).on_litert(PHOTOS)
    assert forward is not None
    np.testing.assert_allclose(forward(PHOTOS), model.predict_on_batch(PHOTOS), rtol=1e-4, atol=1e-5)
    assert all(np.array_equal(forward(PHOTOS[i : i + 1])[0], answer) for i, answer in enumerate(forward(PHOTOS)))


def test_one_interpreter_and_many_give_the_same_bits(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    with module.saved_for_one_photo(model) as folder:
        content = road.convert(folder, "float32")
    many = [one for _ in range(3) for one in module._interpreters(content)]
    monkeypatch.setattr(module, "HELD_BYTES", 1)
    one = module._interpreters(content)
    assert len(one) == 1 and np.array_equal(side_by_side(one, PHOTOS), side_by_side(many, PHOTOS))


def test_few_photos_or_a_large_network_or_signals_stay_with_keras(model: keras.Model) -> None:
    small, large = model, keras.Sequential([keras.Input((16, 16, 3)), layers.Flatten(), layers.Dense(2000)])
    signals = keras.Sequential([keras.Input((16, 1)), layers.Flatten()])
    assert Inference(small, 799).runtimes == Inference(large, 900).runtimes == Inference(signals, 10**6).runtimes == ("keras",)
    assert Inference(small, 801).runtimes == Inference(large, 1100).runtimes == ("litert", "keras")
    assert Inference(small, 799).on_litert(PHOTOS) is None


def test_a_gpu_or_another_backend_stays_with_keras(model: keras.Model, eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(module, "computing_device", lambda: "/job:localhost/replica:0/task:0/device:GPU:0")
        assert Inference(model, 9).runtimes == ("keras",)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert Inference(model, 9).runtimes == ("keras",)


def test_a_network_that_litert_has_no_operator_for_stays_with_keras_and_that_is_said_once(
    eager: None, caplog: pytest.LogCaptureFixture
) -> None:
    photo = keras.Input((16, 16, 3))
    real, _ = ops.fft2((photo[..., 0], photo[..., 1]))
    inference = Inference(keras.Model(photo, real), 9)
    with caplog.at_level(logging.INFO):
        assert inference.on_litert(PHOTOS) is inference.on_litert(PHOTOS) is None
    said = [record.getMessage() for record in caplog.records if "LiteRT" in record.getMessage()]
    assert len(said) == 1 and said[0].startswith("LiteRT cannot compute this network (the operator ") and "Keras does" in said[0]


def test_answers_that_stray_are_keras_s(model: keras.Model, eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE", 0.0)
    monkeypatch.setattr(module, "ROUNDING", 0.0)
    assert Inference(model, 9).on_litert(PHOTOS) is None


def test_an_accident_on_the_way_is_no_end(model: keras.Model, eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("Tried to export a function which references an 'untracked' resource")

    monkeypatch.setattr(road, "convert", fail)
    assert Inference(model, 9).on_litert(PHOTOS) is None


def test_the_reason_is_what_was_received_or_the_last_line_or_the_kind_of_the_error() -> None:
    errors = (
        ValueError("It must be so. Received: a tree. Cut it."),
        RuntimeError("Traceback (most recent call last):\n  x\nKeyError: 'y'"),
    )
    assert [module._reason_of(error) for error in (*errors, MemoryError())] == ["a tree", "KeyError: 'y'", "MemoryError"]


def test_the_largest_networks_stay_with_keras(model: keras.Model, eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PARAMETERS", model.count_params() - 1)
    assert Inference(model, 10**9).runtimes == ("keras",)
