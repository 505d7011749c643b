"""What a class map costs: cross-entropy, which weighs pixels, and Dice, which weighs regions."""

from typing import Any

import keras
from keras import ops

from tltool.data.geometry import IGNORED

SMOOTH = 1.0  # pixels added to every region, so that one of few pixels does not decide alone


class CrossEntropyDice(keras.losses.Loss):
    """Cross-entropy, the mean over the pixels of a photo whose class is known, plus 1 − Dice, the mean over the classes that it shows.

    Dice = (2 Σ p·t + 1) / (Σ p + Σ t + 1) over those pixels, with the probability p of a class and t = 1 on its pixels, else 0
    (Milletari et al., "V-Net", 2016). Both are taken at full size.

    Args:
        label_smoothing: share of a pixel's target, in the cross-entropy, that goes to all classes alike.
    """

    def __init__(self, label_smoothing: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Class indices [b, s, s], ``IGNORED`` where none is known, and logits [b, h, w, classes], which are enlarged to s (bilinear) →
        one number per photo [b]."""
        classes = y_pred.shape[-1]
        logits = enlarged(y_pred, y_true.shape[1])
        log_shares = ops.log_softmax(logits, axis=-1)
        there = ops.one_hot(ops.cast(y_true, "int32"), classes, dtype=logits.dtype)  # none of them where the index is IGNORED
        known = ops.cast(ops.not_equal(y_true, IGNORED), logits.dtype)
        wanted = there * (1 - self.label_smoothing) + self.label_smoothing / classes
        pixels = ops.sum(known, axis=(1, 2))
        entropy = -ops.sum(ops.sum(wanted * log_shares, axis=-1) * known, axis=(1, 2)) / ops.maximum(pixels, 1.0)
        return entropy + _dice(ops.exp(log_shares) * known[..., None], there)

    def get_config(self) -> dict[str, Any]:
        """What it takes to make it again."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


def enlarged(maps: Any, size: int) -> Any:
    """[b, h, w, c] → [b, size, size, c], bilinear; a pixel's middle lies at i + 0.5 in either."""
    return maps if maps.shape[1] == size else ops.image.resize(maps, (size, size), interpolation="bilinear", data_format="channels_last")


def _dice(shares: Any, there: Any) -> Any:
    """1 − Dice of each photo [b], from probabilities and targets [b, s, s, classes] that are 0 where nothing is known."""
    common, given, true = (ops.sum(part, axis=(1, 2)) for part in (shares * there, shares, there))
    shown = ops.cast(true > 0, shares.dtype)
    each = 1 - (2 * common + SMOOTH) / (given + true + SMOOTH)
    return ops.sum(each * shown, axis=1) / ops.maximum(ops.sum(shown, axis=1), 1.0)
