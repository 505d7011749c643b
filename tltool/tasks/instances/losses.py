"""The loss of objects with masks: that of their boxes, that of the classes of pixels, and of each pixel how far it misses its centre."""

import math
from typing import Any

import keras
from keras import ops

from tltool.tasks.detect.losses import BoxLoss
from tltool.tasks.instances.layout import maps_of
from tltool.tasks.segment.losses import CrossEntropyDice, enlarged

FINE = 4  # pixels a side in which the target of a cell is drawn
FINES = FINE**2
MISS = 0.1  # what a pixel counts that misses its centre by a cell, beside losses of about 1


class InstanceLoss(keras.losses.Loss):
    """``BoxLoss`` of centres and sides; ``CrossEntropyDice`` of classes; and the mean over the pixels of objects of |x| + |y| by which they
    miss the centre of theirs, in cells (Cheng et al. 2020, "Panoptic-DeepLab", arXiv 1911.10194); one number per photo.

    ``y_true`` is as ``targets.targets_of`` has it, [b, cells, classes + 53]; ``y_pred`` as the ``logits`` of ``head``. Classes and offsets
    are compared at the size of the targets, to which they are enlarged (bilinear), as they are for answers.

    Args:
        label_smoothing: see ``CrossEntropyDice``.
    """

    def __init__(self, label_smoothing: float = 0.0, name: str = "instances", **settings: Any) -> None:
        super().__init__(name=name, **settings)
        self.label_smoothing, self.boxes, self.areas = label_smoothing, BoxLoss(), CrossEntropyDice(label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        maps, side = maps_of(y_pred), math.isqrt(y_pred.shape[1])
        kinds, ways = unpacked(y_true[..., -3 * FINES :], side)
        boxes = self.boxes.call(y_true[..., : -3 * FINES], y_pred[..., : 4 + maps.peaks.shape[-1]])
        areas = self.areas.call(kinds, squared(maps.areas, side))
        on = ops.cast(kinds < maps.peaks.shape[-1], y_pred.dtype)  # the pixels of objects
        missed = ops.sum(ops.abs(enlarged(squared(maps.offsets, side), side * FINE) - ways), axis=-1) * side
        return boxes + areas + MISS * ops.sum(missed * on, axis=(1, 2)) / ops.maximum(ops.sum(on, axis=(1, 2)), 1.0)

    def get_config(self) -> dict[str, Any]:
        """What it takes to make it again."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


def squared(cells: Any, side: int) -> Any:
    """[b, side · side, c] → [b, side, side, c]."""
    return ops.reshape(cells, (-1, side, side, cells.shape[-1]))


def unpacked(packed: Any, side: int) -> tuple[Any, Any]:
    """What ``targets.packed`` put into cells [b, cells, 48] → class indices [b, s, s] and offsets [b, s, s, 2]."""
    fine = ops.reshape(packed, (-1, side, side, 3, FINE, FINE))
    fine = ops.reshape(ops.transpose(fine, (0, 1, 4, 2, 5, 3)), (-1, side * FINE, side * FINE, 3))
    return fine[..., 0], fine[..., 1:]
