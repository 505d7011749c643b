"""Which layers learn. One function sets every ``trainable`` flag; whoever calls it compiles afterwards."""

import math
from collections.abc import Sequence
from typing import Protocol

import keras

from tltool.errors import SpecError
from tltool.lookup import nearest
from tltool.models.layout import FIXED
from tltool.progress import Table, table, warn

BLOCKS = 12  # by depth, into which the layers of a backbone are grouped for layer-wise rates
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
        raise SpecError(f"--unfreeze must be all, none, a number or a layer of the backbone: {nearest(unfreeze, everything)}. "
                        f"Received: {unfreeze!r}. `tltool backbones NAME --layers` lists them.")
    after = set(everything[everything.index(unfreeze) :])
    if learning := [name for name in names if name in after]:
        return learning
    raise SpecError(f"--unfreeze must name a layer with weights at or after it. Received: {unfreeze!r}; the last one is {names[-1]}.")


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


class Learning(Protocol):
    """What a plan needs to know of a phase."""

    name: str
    unfreeze: int | str
    batch_norm: str
    epochs: int
    learning_rate: float
    layer_decay: float
    solved: bool
    minutes: float | None


def freeze_plan(model: keras.Model, phases: Sequence[Learning]) -> Table:
    """What learns in each phase, as a table. Each phase is really applied to ``model`` and its trainable weights counted."""
    backbone, rows = model.get_layer("backbone"), []
    head = [layer for layer in model.layers if layer is not backbone and layer.weights]
    fixed = [layer.name for layer in backbone.layers if is_fixed(layer)]
    for phase in phases:
        rows += [(phase.name, "fixed", f"none of {', '.join(fixed)}", "0", "–", "–", "–")] if fixed else []
        wanted = learning_layers(backbone, phase.unfreeze)
        freeze(backbone, wanted, phase.batch_norm)
        learning = [layer for layer in backbone.layers if layer.trainable_weights]
        if wanted and not learning:
            raise SpecError("--unfreeze must reach more than batch norm, which stays frozen. "
                            f"Received: {phase.unfreeze!r}. Use a larger number.")
        rows.append((phase.name, "backbone", _span(learning), f"{_parameters(learning):,}", phase.batch_norm,
                     _rates(phase) if learning else "–", _length(phase) if learning else "–"))
        rows.append((phase.name, "head", _span(head), f"{_parameters(head):,}", "–", *_pace(phase)))
    return table("Plan", ("phase", "part", "layers that learn", "parameters", "batch norm", "learning rate", "epochs"), rows)


def _rates(phase: Learning) -> str:
    """The lowest and the highest rate in the backbone."""
    high, low = (phase.learning_rate * phase.layer_decay**block for block in (1, BLOCKS))
    return f"{phase.learning_rate:g}" if phase.layer_decay == 1 else f"{low:.1e} … {high:.1e}"


def _pace(phase: Learning) -> tuple[str, str]:
    return ("solved", "–") if phase.solved else (f"{phase.learning_rate:g}", _length(phase))


def _length(phase: Learning) -> str:
    return f"up to {phase.epochs}" if phase.minutes is None else f"{phase.minutes:g} min"


def warn_of_large_head(model: keras.Model) -> None:
    """Say so when the head has more parameters than the backbone, as flatten and a dense layer easily make it."""
    backbone = model.get_layer("backbone").count_params()
    head = model.count_params() - backbone
    if head > backbone > 0:  # without one, the head is the network that was asked for
        warn(f"The head has {head:,} parameters, more than the backbone's {backbone:,}: it can learn the training photos by heart. "
             "--head-pool avg or fewer --dense units make it smaller.")


def _is_batch_norm(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)


def _span(layers: Sequence[keras.layers.Layer]) -> str:
    if not layers:
        return "none"
    return layers[0].name if len(layers) == 1 else f"{len(layers)}: {layers[0].name} … {layers[-1].name}"


def _parameters(layers: Sequence[keras.layers.Layer]) -> int:
    return sum(math.prod(weight.shape) for layer in layers for weight in layer.trainable_weights)
