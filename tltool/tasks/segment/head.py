"""Feature map → one logit per class and cell → probabilities; the loss and the score that go with them."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from tltool.models.head import logits_units
from tltool.models.pyramid import head_map
from tltool.specs import Head
from tltool.task import Targets
from tltool.tasks.segment.losses import CrossEntropyDice
from tltool.tasks.segment.measures import SCORE
from tltool.tasks.segment.streaming_iou import StreamingIou
from tltool.tasks.segment.targets import targets_of

ON_MAP = True


def attach(features: Any, head: Head, classes: int, seed: int) -> Any:
    """``features`` [n, h, w, d] → probabilities [n, h, w, classes], which add up to 1 in every cell."""
    return layers.Softmax(name="probabilities")(head_map(features, classes, "logits", seed))


def fits(model: keras.Model, classes: int) -> bool:
    """One map for each class."""
    return len(model.output_shape) == 4 and model.output_shape[-1] == classes


def loss(model: keras.Model, label_smoothing: float) -> keras.losses.Loss:
    """Cross-entropy and Dice at full size, on the ``logits`` of ``model`` against ``targets``."""
    return CrossEntropyDice(label_smoothing)


def metric(model: keras.Model) -> keras.metrics.Metric:
    """Mean IoU on the square, of the ``logits`` of ``model``."""
    return StreamingIou(logits_units(model), name=SCORE.key)


def targets(model: keras.Model, labels: np.ndarray, classes: Sequence[str], fit: str) -> Targets:
    """Class indices float32 [b, size, size]; 255 beyond the photo and where none is known."""
    return targets_of(labels, classes, model.input_shape[1], fit)
