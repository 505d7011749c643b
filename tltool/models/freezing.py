"""Which layers learn. One function sets every ``trainable`` flag; whoever calls it compiles afterwards."""

from collections.abc import Sequence

import keras

from tltool.errors import SpecError
from tltool.lookup import nearest
from tltool.models.head import backbone_of
from tltool.models.stack.shapes import FIXED
from tltool.progress import warn
from tltool.task import task_named

MOMENTUM = 0.9  # of batch norm's averages while they learn; the 0.99 of most networks needs hundreds of steps, which few photos do not give


def learning_layers(backbone: keras.Model, unfreeze: int | str) -> list[str]:
    """Names of the backbone's layers that ``unfreeze`` lets learn: ``all``, ``none``, the last N layers with weights, or the layer of
    that name and every one after it. Fixed layers are never among them.

    Raises:
        SpecError: no layer of that name, or fewer than N layers with weights.
    """
    names = [layer.name for layer in backbone.layers if layer.weights and not is_fixed(layer)]
    if unfreeze in ("all", "none"):
        return names if unfreeze == "all" else []
    if isinstance(unfreeze, int):
        if unfreeze > len(names):
            raise SpecError(f"--unfreeze must be at most the backbone's {len(names)} layers with weights. Received: {unfreeze}.")
        return names[len(names) - unfreeze :]
    everything = [layer.name for layer in backbone.layers]
    if unfreeze not in everything:
        raise SpecError(
            f"--unfreeze must be all, none, a number or a layer of the backbone: {nearest(unfreeze, everything)}. "
            f"Received: {unfreeze!r}. `tltool backbones NAME --layers` lists them."
        )
    after = set(everything[everything.index(unfreeze) :])
    if learning := [name for name in names if name in after]:
        return learning
    raise SpecError(f"--unfreeze must name a layer with weights at or after it. Received: {unfreeze!r}; the last one is {names[-1]}.")


def require_reach(backbone: keras.Model, unfreeze: int | str, batch_norm: str) -> None:
    """Raises ``SpecError`` unless ``unfreeze`` names layers of the backbone, and more than batch norm that stays frozen."""
    layers = [backbone.get_layer(name) for name in learning_layers(backbone, unfreeze)]
    if layers and batch_norm != "train" and all(map(_is_batch_norm, layers)):
        raise SpecError(f"--unfreeze must reach more than batch norm, which stays frozen. Received: {unfreeze!r}. Use a larger number.")


def is_fixed(layer: keras.layers.Layer) -> bool:
    """Whether a layer computes what people defined, such as a bank of edge filters, and never learns. Its name says so, because the flag
    ``trainable`` of a saved model cannot be told from that of a layer that was frozen for a while."""
    return layer.name.startswith(FIXED)


def freeze(backbone: keras.Model, learning: Sequence[str], batch_norm: str) -> None:
    """Let the layers named ``learning`` learn and no other. Batch norm ``frozen`` keeps its statistics and its scale in every layer
    (Keras runs a batch norm that is not trainable in inference mode); ``adapt`` lets its statistics follow the photos and keeps its
    scale; ``train`` lets it learn like the rest."""
    wanted = set(learning)
    for layer in backbone.layers:
        layer.trainable = layer.name in wanted and not is_fixed(layer) and (batch_norm != "frozen" or not _is_batch_norm(layer))
        if batch_norm != "frozen" and _is_batch_norm(layer):
            layer.momentum = min(layer.momentum, MOMENTUM)
        if layer.trainable and _is_batch_norm(layer):
            for weight in (layer.gamma, layer.beta):
                if weight is not None:
                    weight.trainable = batch_norm == "train"
        if hasattr(layer, "frozen_statistics"):  # a hub module keeps its batch norm to itself
            layer.frozen_statistics = batch_norm == "frozen"


def warn_of_large_head(model: keras.Model, task: str) -> None:
    """Say so when the head has more parameters than the backbone, as flatten and a dense layer easily make it. Where the head stands on
    a map it is what the task asks for, and nothing that can be set makes it smaller."""
    if task_named(task).head.ON_MAP:
        return
    backbone = backbone_of(model).count_params()
    head = model.count_params() - backbone
    if head > backbone > 0:  # without one, the head is the network that was asked for
        warn(
            f"The head has {head:,} parameters, more than the backbone's {backbone:,}: it can learn the training photos by heart. "
            "--head-pool avg or fewer --dense units make it smaller."
        )


def _is_batch_norm(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)
