"""In what precision a backbone computes while it learns: held by its layers for as long as that lasts, and by nothing that is saved."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras import layers

from tltool.models.head import backbone_of

PIXELS = (layers.InputLayer, layers.Rescaling, layers.Normalization)  # bfloat16 has 8 bits, which brightness between two integers lacks


@contextmanager
def computing_in(precision: str, model: keras.Model) -> Iterator[None]:
    """While it lasts, the layers of the backbone in ``model`` compute in ``precision``, a Keras dtype policy.

    Weights stay float32, and so does everything before and after the backbone: the scaling of pixels, the last feature map, the head
    and its logits. What is traced meanwhile must not be used afterwards: build the model that learns inside, and leave it there.
    """
    inner = [] if precision == "float32" else [*_inner_layers(backbone_of(model))][:-1]
    switched = [(layer, layer.dtype_policy) for layer in inner if not _keeps_float32(layer)]
    try:
        for layer, _ in switched:
            layer.dtype_policy = precision
        yield
    finally:
        for layer, policy in switched:
            layer.dtype_policy = policy


def _keeps_float32(layer: layers.Layer) -> bool:
    return isinstance(layer, PIXELS) or hasattr(layer, "frozen_statistics")  # a hub module takes and gives what it was saved with


def _inner_layers(layer: layers.Layer) -> Iterator[layers.Layer]:
    """The layers in ``layer``, in order, those of models within it too, but no model."""
    if not isinstance(layer, keras.Model):
        yield layer
        return
    for inner in layer.layers:
        yield from _inner_layers(inner)
