"""The head that says a class of every place, and what it learns from."""

from pathlib import Path

import keras
import numpy as np
from regions import CLASSES, squares, sure, truths_in

from tltool.specs import Head
from tltool.tasks.segment import head
from tltool.tasks.segment.measures import SCORE

SIDE = 32


def model_of(classes: int = 3) -> keras.Model:
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIDE, SIDE, 3))
    features = keras.layers.Conv2D(64, 3, strides=4, padding="same", activation="relu")(photo)
    return keras.Model(photo, head.attach(features, Head(), classes, 0))


def test_probabilities_of_a_cell_add_up_to_1_and_the_logits_can_be_found() -> None:
    model = model_of()
    found = model.predict(np.random.default_rng(0).random((2, SIDE, SIDE, 3)), verbose=0)
    assert found.shape == (2, 8, 8, 3) and np.allclose(found.sum(-1), 1, atol=1e-6)
    assert model.get_layer("logits").output.shape == (None, 8, 8, 3)
    assert head.fits(model, 3) and not head.fits(model, 2)


def test_loss_metric_and_targets_fit_together(tmp_path: Path) -> None:
    model, maps = model_of(), squares(4, SIDE)
    wanted = head.targets(model, truths_in(tmp_path, maps), CLASSES, "pad")(np.arange(4), None)
    logits = np.log(sure(maps)) * 9
    metric = head.metric(model)
    metric.update_state(wanted, logits)
    assert metric.name == SCORE.key and float(metric.result()) == 1
    assert float(head.loss(model, 0.0)(wanted, logits)) < 0.01 < 2 < float(head.loss(model, 0.0)(wanted, -logits))
