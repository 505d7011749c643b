"""What one output of each layer sees: of a photo its window from the front, of a signal a strip."""

from collections.abc import Sequence
from typing import Any

from tltool.figures.shades import mix, ramp, rectangle
from tltool.figures.style import FAINT, INK
from tltool.models.stack.axes import Shape
from tltool.models.summary.arithmetic import Layer
from tltool.models.summary.layer_tables import seen
from tltool.models.summary.stages import stages_of

MOST_WINDOWS = 16  # a longer network is told by one layer per size of map
MOST_FIELDS = 8


def draw_fields(axes: Any, layers: Sequence[Layer]) -> None:
    """The photo from the front, with the window of it that one output of each depth sees."""
    height, width = layers[0].entering[:2]
    axes.set_aspect("equal")
    axes.set_xlim(-0.04, 1.04)
    axes.set_ylim(-0.75, 1.2)
    axes.text(0, 1.07, "What one output sees of the photo", fontsize=9.5, fontweight="bold", color=INK)
    axes.add_patch(rectangle((0, 0), 1, 1, "#f3f4f6", 1, edge="#9ca3af"))
    fields = _fields(layers)
    for turn, (layer, colour) in enumerate(reversed(fields)):
        tall, wide = (min(side / whole, 1.0) for side, whole in zip(layer.view.field, (height, width)))
        axes.add_patch(rectangle(((1 - wide) / 2, (1 - tall) / 2), wide, tall, mix(colour, 0.72), 2 + turn, edge=colour))
    _name_fields(axes, fields, (height, width), -0.1)


def draw_strip(axes: Any, layers: Sequence[Layer]) -> None:
    """The same of a signal: its length from left to right, one strip for each depth. What is causal looks back from the last step."""
    length, fields = layers[0].entering[0], _fields(layers)
    causal = all(axis.after == 0 and axis.before for layer in layers if layer.kind == "convolution" for axis in layer.axes)
    axes.set_xlim(-0.04, 1.04)
    axes.set_ylim(-0.75, 1.2)
    axes.text(0, 1.07, "What one output sees of the signal", fontsize=9.5, fontweight="bold", color=INK)
    for turn, (layer, colour) in enumerate(fields):
        wide, bottom = min(layer.view.field[0] / length, 1.0), 0.9 - 0.11 * turn
        axes.add_patch(rectangle((0, bottom), 1, 0.07, "#f3f4f6", 1, edge=FAINT))
        axes.add_patch(rectangle((1 - wide if causal else (1 - wide) / 2, bottom), wide, 0.07, mix(colour, 0.35), 2, edge=colour))
    _name_fields(axes, fields, (length,), 0.9 - 0.11 * len(fields))


def _fields(layers: Sequence[Layer]) -> list[tuple[Layer, str]]:
    """The layers at which the field grows, at most eight of them, each with the colour of its depth."""
    if sum(bool(layer.axes) for layer in layers) > MOST_WINDOWS:
        grown = [stage.last for stage in stages_of(layers) if len(stage.last.leaving) > 1 and max(stage.last.view.field) > 1]
    else:
        grown = [layer for layer in layers if layer.axes and max(axis.reach for axis in layer.axes) > 1]
    step = max(1, -(-len(grown) // MOST_FIELDS))
    kept = grown[::-1][::step][::-1]
    return [(layer, ramp(number + 1, len(kept) + 1)) for number, layer in enumerate(kept)]


def _name_fields(axes: Any, fields: Sequence[tuple[Layer, str]], photo: Shape, top: float) -> None:
    for turn, (layer, colour) in enumerate(fields):
        y = top - 0.078 * turn
        beyond = " – more than there is" if any(a > b for a, b in zip(layer.view.field, photo)) else ""
        axes.add_patch(rectangle((0, y - 0.022), 0.045, 0.045, mix(colour, 0.5), 3, edge=colour))
        axes.text(0.075, y, f"{seen(layer)}  {layer.name}{beyond}", fontsize=7.5, va="center", color=INK)
