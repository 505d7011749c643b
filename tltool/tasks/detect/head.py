"""A map of features → how sure each cell is that an object of a class has its centre there, and where its sides are."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from tltool.errors import SpecError
from tltool.models.pyramid import head_map
from tltool.specs import Head
from tltool.task import Solved, Targets
from tltool.tasks.detect.losses import BoxLoss
from tltool.tasks.detect.targets import targets_of

ON_MAP = True
RARE = -math.log(99)  # the logit of 0.01: at first no cell says that it is a centre, or all of them would drown the few that are
NEAR = 2.0  # cells: the unit of distances, which the first steps find


def attach(features: Any, head: Head, classes: int, seed: int) -> Any:
    """``features`` [n, h, h, d] → [n, h · h, 4 + classes], cells row by row: the box as (dy, dx, h, w) in shares of the square's side, its
    centre as seen from the cell's, and a score 0…1 for each class.

    The layers ``boxes`` [n, h · h, 4] and ``heat`` [n, h · h, classes], side by side, are the ``logits``. A box
    is made of its distances to the four sides by adding, subtracting and scaling alone, as decoders with fixed anchors have it.
    """
    logits = layers.Concatenate(name="logits")(centre_maps(features, classes, seed))
    scores = layers.Activation("sigmoid", name="scores")(logits[..., 4:])
    return layers.Concatenate(name="found")([logits[..., :4], scores])


def centre_maps(features: Any, classes: int, seed: int) -> tuple[Any, Any]:
    """The layers ``boxes`` and ``heat`` of ``attach``."""
    cells = features.shape[1]
    heat = layers.Reshape((cells**2, classes), name="heat")(head_map(features, classes, "peaks", seed, bias=RARE))
    away = layers.Reshape((cells**2, 4), name="distances")(head_map(features, 4, "sides", seed + 1))
    away = _softplus(away) * (NEAR / cells)
    before, behind = away[..., :2], away[..., 2:]  # to the top and the left side, and to the bottom and the right one
    return layers.Concatenate(name="boxes")([(behind - before) * 0.5, before + behind]), heat


def _softplus(x: Any) -> Any:
    """log(1 + exp(x)), written so that int8 can hold it: what ``exp`` is taken of is never above 0."""
    above = layers.ReLU(name="distances_relu")(x)
    return above + ops.log(1.0 + ops.exp(x - 2.0 * above))


def fits(model: keras.Model, classes: int) -> bool:
    """Whether ``model`` has a score for so many classes in each cell."""
    return len(model.output_shape) == 3 and model.output_shape[-1] == 4 + classes


def loss(model: keras.Model, label_smoothing: float) -> keras.losses.Loss:
    """On the ``logits`` of ``model`` against ``targets``; a peak is as sure as it falls off, and is not smoothed further."""
    return BoxLoss()


def metric(model: keras.Model) -> None:
    """None: what boxes are worth can only be taken of answers."""


def targets(model: keras.Model, labels: np.ndarray, classes: Sequence[str], fit: str) -> Targets:
    """Truths [n] → for each photo float32 [cells, classes + 5], see ``targets.drawn``."""
    return targets_of(labels, classes, model.input_shape[1], math.isqrt(model.output_shape[1]), fit)


def solve(
    model: keras.Model, train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], balanced: bool, views: int
) -> Solved:
    """Raises ``SpecError``: nothing of it is linear in the features of a photo."""
    raise SpecError("A head that is solved for must name classes of whole photos. Received: one that finds boxes. Train it.")
