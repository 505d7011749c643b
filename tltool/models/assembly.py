"""Photo → backbone → head, as one model that takes RGB 0–255 and needs nothing in front of it."""

from collections.abc import Sequence

import keras

from tltool.models.head import attach_head
from tltool.specs import Head


def assemble(
    backbone: keras.Model, head: Head, classes: Sequence[str], seed: int, scaling: keras.layers.Layer | None = None, task: str = "classify"
) -> keras.Model:
    """``backbone`` with ``head`` on top: float32 RGB 0–255 [n, size, size, 3], or signals [n, length, channels] as they are stored →
    probabilities [n, len(classes)].

    Args:
        scaling: what signals pass before the backbone; a backbone for photos scales them itself.
    """
    shape = backbone.input_shape[1:]
    given = keras.Input(shape, name="photo" if len(shape) == 3 else "signal")
    scaled = scaling(given) if scaling else given
    return keras.Model(given, attach_head(backbone(scaled), head, len(classes), seed, task), name="classifier")
