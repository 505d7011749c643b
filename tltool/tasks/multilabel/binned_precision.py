"""Macro average precision as a Keras metric, batch by batch: scores are counted in bins, so that no photo need be remembered."""

from typing import Any

import keras
import numpy as np
from keras import ops

REACH, BINS = 10.0, 2000  # logits beyond ±REACH are as good as certain; photos whose logits are in one bin, 0.01 wide, count as ties


class BinnedAveragePrecision(keras.metrics.Metric):
    """``average_precision.macro_average_precision`` of logits [n, labels], to the width of a bin.

    Keras's own AUC of precision and recall gives 0 for a label that no photo has, and interpolates.
    """

    def __init__(self, labels: int, name: str) -> None:
        super().__init__(name=name)
        self.labels = labels
        self.counts = self.add_variable((2, labels, BINS), "zeros", name="counts")  # of photos without the label, and with it

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count a batch: targets 0 or 1 [n, labels] and logits [n, labels]. Each photo counts once, whatever its weight in the loss."""
        has = ops.cast(ops.cast(y_true, "float32") > 0.5, "int32")
        share = (ops.clip(ops.cast(y_pred, "float32"), -REACH, REACH) + REACH) / (2 * REACH)
        place = ops.minimum(ops.cast(share * BINS, "int32"), BINS - 1)
        label = ops.arange(self.labels, dtype="int32")[None]
        flat = ops.reshape((has * self.labels + label) * BINS + place, (-1,))
        found = ops.segment_sum(ops.ones_like(flat, dtype="float32"), flat, num_segments=2 * self.labels * BINS)
        self.counts.assign_add(ops.reshape(found, (2, self.labels, BINS)))

    def result(self) -> Any:
        """The mean over the labels that occur; 0 where none does."""
        counts = ops.flip(self.counts, axis=2)  # from the highest score down
        hits, named = counts[1], ops.cumsum(counts[0] + counts[1], axis=1)
        total = ops.sum(hits, axis=1)
        precision = ops.cumsum(hits, axis=1) / ops.maximum(named, 1.0)
        each = ops.sum(hits * precision, axis=1) / ops.maximum(total, 1.0)
        return ops.sum(each) / ops.maximum(ops.sum(ops.cast(total > 0, "float32")), 1.0)

    def get_config(self) -> dict[str, Any]:
        """What it takes to make it again."""
        return {"labels": self.labels, "name": self.name}


def binned(logits: np.ndarray) -> np.ndarray:
    """Logits as the metric tells them apart, int64 of the same shape."""
    share = (np.clip(logits.astype(np.float32), -REACH, REACH) + REACH) / (2 * REACH)
    return np.minimum((share * BINS).astype(np.int64), BINS - 1)
