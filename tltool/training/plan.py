"""What learns in each phase, and at what rate, as a table before it begins."""

import math
from collections.abc import Sequence

import keras

from tltool.models.freezing import freeze, is_fixed, learning_layers, require_reach
from tltool.models.head import backbone_of
from tltool.progress import Table, table
from tltool.training.layerwise import depths_of
from tltool.training.phases import Phase


def freeze_plan(model: keras.Model, phases: Sequence[Phase]) -> Table:
    """What learns in each phase, as a table. Each phase is really applied to ``model`` and its trainable weights counted."""
    backbone, rows = backbone_of(model), []
    head = [layer for layer in model.layers if layer is not backbone and layer.weights]
    fixed = [layer.name for layer in backbone.layers if is_fixed(layer)]
    for phase in phases:
        rows += [(phase.name, "fixed", f"none of {', '.join(fixed)}", "0", "–", "–", "–")] if fixed else []
        require_reach(backbone, phase.unfreeze, phase.batch_norm)
        freeze(backbone, learning_layers(backbone, phase.unfreeze), phase.batch_norm)
        learning = [layer for layer in backbone.layers if layer.trainable_weights]
        rows.append(
            (
                phase.name,
                "backbone",
                _span(learning),
                f"{_parameters(learning):,}",
                phase.batch_norm,
                _rates(phase, backbone, learning) if learning else "–",
                _length(phase) if learning else "–",
            )
        )
        rows.append((phase.name, "head", _span(head), f"{_parameters(head):,}", "–", *_pace(phase)))
    return table("Plan", ("phase", "part", "layers that learn", "parameters", "batch norm", "learning rate", "epochs"), rows)


def _rates(phase: Phase, backbone: keras.Model, learning: Sequence[keras.layers.Layer]) -> str:
    """The lowest and the highest rate of the layers that learn."""
    if phase.layer_decay == 1:
        return f"{phase.learning_rate:g}"
    depths = depths_of(backbone)
    low, high = (phase.learning_rate * phase.layer_decay ** depths[layer.name] for layer in (learning[0], learning[-1]))
    return f"{low:.1e}" if low == high else f"{low:.1e} … {high:.1e}"


def _pace(phase: Phase) -> tuple[str, str]:
    return ("solved", "–") if phase.solved else (f"{phase.learning_rate:g}", _length(phase))


def _length(phase: Phase) -> str:
    return f"up to {phase.epochs}" if phase.minutes is None else f"{phase.minutes:g} min"


def _span(layers: Sequence[keras.layers.Layer]) -> str:
    if not layers:
        return "none"
    return layers[0].name if len(layers) == 1 else f"{len(layers)}: {layers[0].name} … {layers[-1].name}"


def _parameters(layers: Sequence[keras.layers.Layer]) -> int:
    return sum(math.prod(weight.shape) for layer in layers for weight in layer.trainable_weights)
