"""A map of features → a map of scores for every point → its place; and the loss that goes with it."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tltool.models.pyramid import head_map
from tltool.specs import Head
from tltool.tasks.landmarks.losses import PositionLoss
from tltool.tasks.landmarks.readout import read_points
from tltool.tasks.landmarks.sides import NOTHING
from tltool.tasks.landmarks.targets import PointTargets

ON_MAP = True


def attach(features: Any, head: Head, classes: int, seed: int) -> Any:
    """``features`` [n, s, s, d] → points [n, classes, 3]: (x, y) in shares of the square's side, and how sure of it, 0…1. The layer
    ``logits`` [n, s, s, classes] says of every place how likely it is."""
    return read_points(head_map(features, classes, "logits", seed))


def fits(model: keras.Model, classes: int) -> bool:
    """Whether ``model`` gives so many points."""
    return tuple(model.output_shape[1:]) == (classes, 3)


def loss(model: keras.Model, label_smoothing: float) -> keras.losses.Loss:
    """Cross-entropy over places. What it asks for is smooth already, around every point, so ``label_smoothing`` adds nothing."""
    return PositionLoss()


def metric(model: keras.Model) -> None:
    """None: how near points are, is seen in pixels of photos."""


def targets(model: keras.Model, labels: np.ndarray, classes: Sequence[str], fit: str, given: Mapping[str, Any] = NOTHING) -> PointTargets:
    """Where points lie on the map of ``logits``, as ``PointTargets`` says."""
    return PointTargets(labels, classes, model.input_shape[1], model.get_layer("logits").output.shape[1], fit, given)
