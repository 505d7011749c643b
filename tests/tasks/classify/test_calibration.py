"""Logits as probabilities, in numbers and as the model's own layers make them."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import log_loss as by_scikit_learn

from tltool.specs import Head
from tltool.tasks.classify import calibration
from tltool.tasks.classify.head import attach

LOGITS = np.random.default_rng(0).normal(0, 4, (50, 3)).astype("float32")
LABELS = np.random.default_rng(1).integers(0, 3, 50)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_probabilities_are_those_of_the_model(output: str) -> None:
    features = keras.Input((4,))
    model = keras.Model(features, attach(features, Head(output=output), 2, 0))
    photos = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
    logits = keras.Model(features, model.get_layer("logits").output).predict_on_batch(photos)
    np.testing.assert_allclose(calibration.outputs(logits), model.predict_on_batch(photos), atol=1e-6)


def test_the_log_loss_is_scikit_learns() -> None:
    found, probabilities = calibration.log_loss(LOGITS, LABELS) / len(LABELS), calibration.outputs(LOGITS).astype(float)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert found == pytest.approx(by_scikit_learn(LABELS, probabilities, labels=[0, 1, 2]), rel=1e-5)


@pytest.mark.parametrize("by", [1e-3, 1.0, 1e3])
def test_the_log_loss_is_finite_however_sure_answers_are(by: float) -> None:
    assert np.isfinite(calibration.log_loss(LOGITS * by, LABELS)) and np.isfinite(calibration.outputs(LOGITS * by)).all()


@settings(deadline=None)
@given(st.floats(0.05, 20), st.integers(2, 6), st.integers(0, 99))
def test_no_temperature_changes_the_answer(temperature: float, classes: int, seed: int) -> None:
    logits = np.random.default_rng(seed).normal(0, 3, (30, classes))
    assert (calibration.outputs(logits / temperature).argmax(axis=1) == calibration.outputs(logits).argmax(axis=1)).all()
