"""How far a map of scores is from saying where a point is."""

from typing import Any

import keras
from keras import ops

from tltool.tasks.landmarks.targets import SIGMA


class PositionLoss(keras.losses.Loss):
    """Cross-entropy over the cells of a map, the mean over the points of a photo that count.

    For every point the scores of all cells become one distribution (softmax), which is to be a Gaussian of ``SIGMA`` cells around the
    point. A sharper one could not be learned from a click, and a wider one says less. As Sun et al., "Integral Human Pose Regression"
    (2018), read the place from such a distribution; that its shape is asked for is after Nibali et al., "Numerical Coordinate Regression"
    (2018).
    """

    def __init__(self, name: str = "positions") -> None:
        super().__init__(name=name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Scores [b, h, w, k] against the (x, y, weight) [b, k, 3] of ``targets`` → [b]; 0 of a photo without points that count."""
        height, width = y_pred.shape[1:3]
        x, y, weight = (y_true[..., i] for i in range(3))
        across, down = _gaussian(x, width), _gaussian(y, height)  # [b, w, k], [b, h, k]
        expected = ops.sum(y_pred * across[:, None] * down[:, :, None], axis=(1, 2))
        entropy = ops.logsumexp(y_pred, axis=(1, 2)) - expected  # [b, k]
        return ops.sum(weight * entropy, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1)


def _gaussian(middle: Any, cells: int) -> Any:
    """Shares [b, cells, k] that add up to 1, around ``middle`` [b, k]; cell i has its own at i + 0.5."""
    centres = ops.arange(cells, dtype="float32") + 0.5
    return ops.softmax(-ops.square(centres[:, None] - middle[:, None]) / (2 * SIGMA**2), axis=1)
