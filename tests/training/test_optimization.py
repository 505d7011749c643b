"""By which steps a phase learns, and how much each photo counts."""

import re
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from tltool.models.head import attach_head
from tltool.specs import Head
from tltool.training.optimization import optimizer, weights_in_loss
from tltool.training.phases import Phase

TUNING = Phase("fine-tuning", "all", "frozen", epochs=1, learning_rate=0.01, patience=3)


@pytest.mark.parametrize(("warm_up", "first"), [(0.1, 0.01), (0.0, 1.0)])
def test_the_rate_warms_up_to_its_peak_and_falls_to_nothing(warm_up: float, first: float) -> None:
    schedule = optimizer(replace(TUNING, learning_rate=1.0, warm_up=warm_up), steps=100)._learning_rate
    rates = [float(ops.convert_to_numpy(schedule(step))) for step in range(101)]
    peak = int(100 * warm_up)
    assert rates[0] == pytest.approx(first) and rates[peak] == pytest.approx(1.0) and rates[100] == pytest.approx(0, abs=1e-6)
    assert rates[: peak + 1] == sorted(rates[: peak + 1]) and rates[peak:] == sorted(rates[peak:], reverse=True)


def test_biases_and_batch_norm_do_not_decay() -> None:
    x = keras.Input((4, 4, 2))
    body = keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 1, bias_initializer="ones")(x))
    model = keras.Model(x, attach_head(body, Head(), 2, 0))
    adamw = optimizer(replace(TUNING, warm_up=0.0), steps=10)
    before = model.get_weights()
    adamw.build(model.trainable_variables)
    adamw.apply([ops.zeros_like(variable) for variable in model.trainable_variables])
    decayed = {weight.path for weight, old in zip(model.weights, before, strict=True) if not np.array_equal(weight.numpy(), old)}
    assert decayed == {weight.path for weight in model.weights if re.search("kernel", weight.path)}


def test_gradients_are_clipped_together() -> None:
    assert optimizer(TUNING, 10).global_clipnorm == 1.0


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [2, 0, 0, 2, 2, 5], [1, 1]])
def test_with_weights_every_class_counts_the_same(labels: list[int]) -> None:
    weights = weights_in_loss(np.array(labels), "weights")
    assert weights is not None and weights.mean() == pytest.approx(1)
    assert len({round(float(weights[np.array(labels) == label].sum()), 5) for label in labels}) == 1
    assert weights_in_loss(np.array(labels), "none") is None
