"""Photo → backbone → head, as one model that takes RGB 0–255 and needs nothing in front of it."""

from collections.abc import Sequence

import keras

from tltool.models.head import attach_head
from tltool.specs import Head


def assemble(backbone: keras.Model, head: Head, classes: Sequence[str], seed: int) -> keras.Model:
    """``backbone`` with ``head`` on top: float32 RGB 0–255 [n, size, size, 3] → probabilities [n, len(classes)]."""
    photo = keras.Input(backbone.input_shape[1:], name="photo")
    return keras.Model(photo, attach_head(backbone(photo), head, len(classes), seed), name="classifier")
