"""A map of features → centres and boxes of objects as ``tasks.detect`` has them, the class of every cell, and where its centre is."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from tltool.errors import SpecError
from tltool.models.pyramid import head_map
from tltool.specs import Head
from tltool.task import Solved, Targets
from tltool.tasks.detect.head import NEAR, centre_maps
from tltool.tasks.instances.layout import BESIDE, maps_of
from tltool.tasks.instances.losses import InstanceLoss
from tltool.tasks.instances.targets import targets_of

ON_MAP = True


def attach(features: Any, head: Head, classes: int, seed: int) -> Any:
    """``features`` [n, h, h, d] → [n, h · h, 2 · classes + 7]: the four ``Maps``, with scores and probabilities 0…1.

    The layers ``boxes``, ``heat``, ``areas`` and ``offsets``, side by side, are the ``logits``.
    """
    cells = features.shape[1]
    areas = layers.Reshape((cells**2, classes + 1), name="areas")(head_map(features, classes + 1, "classes", seed + 2))
    away = layers.Reshape((cells**2, 2), name="away")(head_map(features, 2, "ways", seed + 3))
    offsets = layers.Rescaling(NEAR / cells, name="offsets")(away)
    logits = layers.Concatenate(name="logits")([*centre_maps(features, classes, seed), areas, offsets])
    maps = maps_of(logits)
    scores = layers.Activation("sigmoid", name="scores")(maps.peaks)
    shares = layers.Softmax(name="shares")(maps.areas)
    return layers.Concatenate(name="found")([maps.boxes, scores, shares, maps.offsets])


def fits(model: keras.Model, classes: int) -> bool:
    """Whether the maps of ``model`` are of so many classes."""
    return len(model.output_shape) == 3 and model.output_shape[-1] == 2 * classes + BESIDE


def loss(model: keras.Model, label_smoothing: float) -> keras.losses.Loss:
    """On the ``logits`` of ``model`` against ``targets``; the classes of pixels are smoothed as those of photos are."""
    return InstanceLoss(label_smoothing)


def metric(model: keras.Model) -> None:
    """None: what masks are worth can only be taken of answers."""


def targets(model: keras.Model, labels: np.ndarray, classes: Sequence[str], fit: str) -> Targets:
    """Truths [n] → for each photo float32 [cells, classes + 53], see ``targets.targets_of``."""
    return targets_of(labels, classes, model.input_shape[1], math.isqrt(model.output_shape[1]), fit)


def solve(
    model: keras.Model, train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], balanced: bool, views: int
) -> Solved:
    """Raises ``SpecError``: nothing of it is linear in the features of a photo."""
    raise SpecError("A head that is solved for must name classes of whole photos. Received: one that finds masks. Train it.")
