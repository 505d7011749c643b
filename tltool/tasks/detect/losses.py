"""The loss of boxes: peaks in the right cells, and in the core of every object the right distances to its sides."""

from typing import Any

import keras
from keras import ops

PEAKS, SIDES = 1.0, 2.0  # what each part counts
FOCUS, NEARBY = 2, 4  # exponents: of what is wrong already, and of the distance from a peak (CenterNet's α and β)
TINY = 1e-9  # of the square's area


class BoxLoss(keras.losses.Loss):
    """Penalty-reduced focal loss of the peaks, for each object (Zhou et al. 2019, arXiv 1904.07850), and generalized IoU of the boxes,
    weighted within each core (Liu et al. 2019, arXiv 1909.00700; Rezatofighi et al. 2019, arXiv 1902.09630); one number per photo.

    ``y_true`` is as ``targets.drawn`` has it, [b, cells, classes + 5]; ``y_pred`` as the ``logits`` of ``head``, [b, cells, 4 + classes].
    """

    def __init__(self, name: str = "boxes", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        heights, sides, weights = y_true[..., :-5], y_true[..., -5:-1], y_true[..., -1]
        peaks = ops.cast(ops.equal(heights, 1.0), y_pred.dtype)
        focal = ops.sum(_focal(heights, peaks, y_pred[..., 4:]), axis=(1, 2)) / ops.maximum(ops.sum(peaks, axis=(1, 2)), 1.0)
        apart = ops.sum(weights * (1.0 - generalized_iou(sides, _corners(y_pred[..., :4]))), axis=1)
        return PEAKS * focal + SIDES * apart / ops.maximum(ops.sum(weights, axis=1), TINY)


def generalized_iou(ones: Any, others: Any) -> Any:
    """Of boxes [..., 4] as left, top, right, bottom, each with its other: −1…1 [...]. Intersection over union, less the share of the box
    around both that neither fills."""
    common = _area(ops.maximum(ones[..., :2], others[..., :2]), ops.minimum(ones[..., 2:], others[..., 2:]))
    around = _area(ops.minimum(ones[..., :2], others[..., :2]), ops.maximum(ones[..., 2:], others[..., 2:]))
    union = _area(ones[..., :2], ones[..., 2:]) + _area(others[..., :2], others[..., 2:]) - common
    return common / ops.maximum(union, TINY) - (around - union) / ops.maximum(around, TINY)


def _focal(heights: Any, peaks: Any, logits: Any) -> Any:
    """Of every cell and class; where a height is less than 0, nothing."""
    log_yes, log_no = -ops.softplus(-logits), -ops.softplus(logits)
    far = ops.where(heights < 0, 0.0, (1.0 - heights) ** NEARBY)
    return -peaks * ops.exp(FOCUS * log_no) * log_yes - (1.0 - peaks) * far * ops.exp(FOCUS * log_yes) * log_no


def _corners(boxes: Any) -> Any:
    """(dy, dx, h, w) → left, top, right, bottom, both as seen from the cell's centre."""
    middle, half = boxes[..., 1::-1], boxes[..., :1:-1] / 2
    return ops.concatenate([middle - half, middle + half], axis=-1)


def _area(low: Any, high: Any) -> Any:
    return ops.prod(ops.maximum(high - low, 0.0), axis=-1)
