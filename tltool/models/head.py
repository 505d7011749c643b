"""Feature map → pooled vector → hidden dense layers; what a task attaches to them, and the parts of the whole by name.

The layers ``features`` and ``logits`` mark where the backbone's part ends and where scores turn into probabilities.
"""

from typing import Any

import keras
from keras import layers

from tltool.errors import WeightsError
from tltool.models.stack.conv_stack import initializer
from tltool.models.stack.pooling import pool_globally
from tltool.specs import Head
from tltool.task import task_named


def attach_head(feature_map: Any, head: Head, classes: int, seed: int, task: str = "classify") -> Any:
    """``feature_map`` [n, h, w, c] or [n, c] → probabilities [n, classes], as the ``task`` has them.

    Raises:
        SpecError: a head that the task cannot have.
    """
    x = layers.Identity(name="features")(pool_globally(feature_map, head.pool))
    for number, units in enumerate(head.dense, start=1):
        x = dense(x, units, head, seed + number, f"dense{number}")
        x = layers.Activation(head.activation, name=f"dense{number}_{head.activation}")(x)
    return task_named(task).head.attach(x, head, classes, seed)


def dense(x: Any, units: int, head: Head, seed: int, name: str) -> Any:
    """A dense layer without activation, behind the dropout of ``head``."""
    if head.dropout:
        x = layers.Dropout(head.dropout, seed=seed, name=f"{name}_dropout")(x)
    return layers.Dense(units, kernel_initializer=initializer(head.initializer, seed, name), name=name)(x)


def backbone_of(model: keras.Model) -> keras.Model:
    """The backbone within a model as ``tltool.models.assembly`` makes it.

    Raises:
        WeightsError: there is none, as in a model that another program built.
    """
    found = next((layer for layer in model.layers if layer.name == "backbone"), None)
    if not isinstance(found, keras.Model):
        names = ", ".join(layer.name for layer in model.layers[:5])
        raise WeightsError(
            f"A model must have its layers below the head in one model named backbone. Received: {model.name}, with {names}"
            f"{', …' if len(model.layers) > 5 else ''}. Take the model of a run."
        )
    return found


def with_one_map(backbone: keras.Model) -> keras.Model:
    """``backbone`` with its last map alone, where a head stood on several of them; layers and weights are the same."""
    return backbone if len(backbone.outputs) == 1 else keras.Model(backbone.input, backbone.outputs[-1], name=backbone.name)


def head_of(model: keras.Model) -> keras.Model:
    """The layers from ``features`` to ``logits`` as a model of their own that shares its weights with ``model``."""
    return keras.Model(model.get_layer("features").output, model.get_layer("logits").output, name="head")


def features_of(model: keras.Model) -> keras.Model:
    """The layers from the photo to ``features``."""
    return keras.Model(model.input, model.get_layer("features").output, name="extractor")


def logits_of(model: keras.Model) -> keras.Model:
    """The layers from the photo to ``logits``."""
    return keras.Model(model.input, model.get_layer("logits").output, name="scorer")


def cool(model: keras.Model, temperature: float) -> None:
    """Divide what the ``logits`` of ``model`` give by ``temperature`` > 0, within the weights of that layer, so that every file written of
    ``model`` has it. At 1 no bit changes."""
    if temperature == 1:
        return
    layer = model.get_layer("logits")
    layer.set_weights([(weights / temperature).astype(weights.dtype) for weights in layer.get_weights()])


def logits_units(model: keras.Model) -> int:
    """How many numbers the ``logits`` of ``model`` are for one photo."""
    units: int = model.get_layer("logits").output.shape[-1]
    return units
