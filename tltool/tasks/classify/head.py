"""Features → logits → one probability per class; the loss that goes with it, and the linear head that is solved for."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from tltool.models.head import dense, logits_units
from tltool.specs import Head
from tltool.task import Solved, Targets
from tltool.training.probe import fit_probe

ON_MAP = False


def attach(features: Any, head: Head, classes: int, seed: int) -> Any:
    """``features`` [n, d] → probabilities [n, classes]. One sigmoid neuron with output p is written as the two columns 1 − p and p.

    Raises:
        SpecError: a sigmoid for other than two classes.
    """
    single = head.is_single_neuron(classes)
    logits = dense(features, 1 if single else classes, head, seed, "logits")
    if not single:
        return layers.Softmax(name="probabilities")(logits)
    p = layers.Activation("sigmoid", name="sigmoid")(logits)
    return layers.Concatenate(name="probabilities")([1.0 - p, p])


def loss(model: keras.Model, label_smoothing: float) -> keras.losses.Loss:
    """Cross-entropy on the ``logits`` of ``model`` against ``targets``."""
    if logits_units(model) == 1:
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)
    return keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=label_smoothing)


def metric(model: keras.Model) -> keras.metrics.Metric:
    """Accuracy on the ``logits`` of ``model``."""
    if logits_units(model) == 1:
        return keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
    return keras.metrics.CategoricalAccuracy(name="accuracy")


def fits(model: keras.Model, classes: int) -> bool:
    """One output for each class."""
    return bool(model.output_shape[1:] == (classes,))


def targets(model: keras.Model, labels: np.ndarray, classes: Sequence[str], fit: str) -> Targets:
    """``labels`` int [n] → float32 [b, classes], or [b, 1] for one sigmoid neuron."""
    units = logits_units(model)
    return (
        (lambda rows, _: labels[rows, None].astype("float32"))
        if units == 1
        else (lambda rows, _: np.eye(units, dtype="float32")[labels[rows]])
    )


def solve(
    model: keras.Model, train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], balanced: bool, views: int
) -> Solved:
    """A logistic regression, or where that takes minutes a ridge regression; see ``fit_probe``."""
    logits = model.get_layer("logits")
    probe = fit_probe(train, validation, classes=model.output_shape[-1], single=logits.units == 1, balanced=balanced, views=views)
    logits.set_weights([probe.kernel, probe.bias])
    return Solved(probe.accuracy, probe.method, probe.strength)
