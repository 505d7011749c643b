"""Feature map → pooled vector → dense layers → logits → one probability per class; and the loss that goes with it."""

from typing import Any

import keras
import numpy as np
from keras import layers

from tltool.models.stack.conv_stack import initializer
from tltool.models.stack.pooling import pool_globally
from tltool.specs import Head


def attach_head(feature_map: Any, head: Head, classes: int, seed: int) -> Any:
    """``feature_map`` [n, h, w, c] or [n, c] → probabilities [n, classes].

    The layers ``features`` and ``logits`` mark where the backbone's part ends and where scores turn into probabilities.
    One sigmoid neuron with output p is written as the two columns 1 − p and p.

    Raises:
        SpecError: a sigmoid for other than two classes.
    """
    single = head.is_single_neuron(classes)
    x = layers.Identity(name="features")(pool_globally(feature_map, head.pool))
    for number, units in enumerate(head.dense, start=1):
        x = _dense(x, units, head, seed + number, f"dense{number}")
        x = layers.Activation(head.activation, name=f"dense{number}_{head.activation}")(x)
    logits = _dense(x, 1 if single else classes, head, seed, "logits")
    if not single:
        return layers.Softmax(name="probabilities")(logits)
    p = layers.Activation("sigmoid", name="sigmoid")(logits)
    return layers.Concatenate(name="probabilities")([1.0 - p, p])


def loss_for(model: keras.Model, label_smoothing: float) -> keras.losses.Loss:
    """The loss on the ``logits`` of ``model`` against the targets of ``targets_for``."""
    if _units(model) == 1:
        return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)
    return keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=label_smoothing)


def accuracy_for(model: keras.Model) -> keras.metrics.Metric:
    """Accuracy on the ``logits`` of ``model``."""
    if _units(model) == 1:
        return keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")
    return keras.metrics.CategoricalAccuracy(name="accuracy")


def targets_for(model: keras.Model, labels: np.ndarray) -> np.ndarray:
    """``labels`` int [n] → float32 targets [n, classes], or [n, 1] for one sigmoid neuron."""
    units = _units(model)
    return labels.astype("float32")[:, None] if units == 1 else np.eye(units, dtype="float32")[labels]


def head_of(model: keras.Model) -> keras.Model:
    """The layers from ``features`` to ``logits`` as a model of their own that shares its weights with ``model``."""
    return keras.Model(model.get_layer("features").output, model.get_layer("logits").output, name="head")


def features_of(model: keras.Model) -> keras.Model:
    """The layers from the photo to ``features``."""
    return keras.Model(model.input, model.get_layer("features").output, name="extractor")


def logits_of(model: keras.Model) -> keras.Model:
    """The layers from the photo to ``logits``."""
    return keras.Model(model.input, model.get_layer("logits").output, name="scorer")


def _units(model: keras.Model) -> int:
    return model.get_layer("logits").output.shape[-1]


def _dense(x: Any, units: int, head: Head, seed: int, name: str) -> Any:
    if head.dropout:
        x = layers.Dropout(head.dropout, seed=seed, name=f"{name}_dropout")(x)
    return layers.Dense(units, kernel_initializer=initializer(head.initializer, seed, name), name=name)(x)
