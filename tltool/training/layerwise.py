"""AdamW with a rate of its own for every layer: the lower in the backbone, the smaller the step."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

BLOCKS = 12


class LayerwiseAdamW(keras.optimizers.AdamW):
    """AdamW (Loshchilov and Hutter 2019) in which variable i steps and decays at ``scales[i]`` of the learning rate.

    Keras knows no rates per layer, and scaling a gradient does nothing under Adam, which divides it by its own size.

    Args:
        scales: one per variable, in the order in which the optimizer is built with them.
    """

    def __init__(self, learning_rate: Any, scales: Sequence[float], **others: Any) -> None:
        super().__init__(learning_rate, **others)
        self.scales = list(scales)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        rate = ops.cast(learning_rate, variable.dtype) * self.scales[self._get_variable_index(variable)]
        if self._use_weight_decay(variable):
            self.assign_sub(variable, ops.multiply(variable, rate * self.weight_decay))
        super().update_step(gradient, variable, rate)

    def _apply_weight_decay(self, variables: Any) -> None:
        """Done in ``update_step``, where the variable's own rate is known."""


def scales_of(trainer: keras.Model, backbone: keras.Model, decay: float) -> list[float]:
    """The share of the rate for every trainable variable of ``trainer``: 1 in the head, ``decay`` in the backbone's last block, and
    ``decay`` times less with each block below (Clark et al. 2020)."""
    depths = depths_of(backbone)
    depth = {id(weight): depths[layer.name] for layer in backbone.layers for weight in layer.weights}
    return [decay ** depth.get(id(variable), 0) for variable in trainer.trainable_variables]


def depths_of(backbone: keras.Model) -> dict[str, int]:
    """How many blocks below the head every layer with weights lies, from 1 up: there are twelve, of as many layers each, or as many as
    there are layers where those are fewer."""
    names = [layer.name for layer in backbone.layers if layer.weights]
    blocks = min(BLOCKS, len(names))
    return {name: blocks - place * blocks // len(names) for place, name in enumerate(names)}
