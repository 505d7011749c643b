"""Features → one logit per label → one sigmoid each; the loss and the score that go with them, and the linear head that is solved for."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from tltool.errors import SpecError
from tltool.models.head import dense, logits_units
from tltool.specs import Head
from tltool.task import Solved, Targets
from tltool.tasks.classify.head import fits as fits
from tltool.tasks.multilabel.binned_precision import BinnedAveragePrecision
from tltool.tasks.multilabel.measures import SCORE
from tltool.tasks.multilabel.solving import fit_probes

ON_MAP = False


def attach(features: Any, head: Head, classes: int, seed: int) -> Any:
    """``features`` [n, d] → probabilities [n, classes], each on its own: those of one photo need not add up to 1.

    Raises:
        SpecError: an output that the user chose.
    """
    if head.output == "softmax":
        raise SpecError("--head-output must be sigmoid or auto where photos have several labels. Received: softmax, which names one.")
    logits = dense(features, classes, head, seed, "logits")
    return layers.Activation("sigmoid", name="probabilities")(logits)


def loss(model: keras.Model, label_smoothing: float) -> keras.losses.Loss:
    """Binary cross-entropy, the mean over labels, on the ``logits`` of ``model`` against ``targets``."""
    return keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=label_smoothing)


def metric(model: keras.Model) -> keras.metrics.Metric:
    """Macro average precision on the ``logits`` of ``model``."""
    return BinnedAveragePrecision(logits_units(model), name=SCORE.key)


def targets(model: keras.Model, labels: np.ndarray, classes: Sequence[str], fit: str) -> Targets:
    """0 and 1 [b, classes] as float32."""
    return lambda rows, _: labels[rows].astype("float32")


def solve(
    model: keras.Model, train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], balanced: bool, views: int
) -> Solved:
    """A logistic regression for each label, or where that takes minutes a ridge regression; see ``fit_probes``."""
    probes = fit_probes(train, validation, balanced, views)
    model.get_layer("logits").set_weights([probes.kernel, probes.bias])
    return Solved(probes.score, probes.method, probes.strength)
