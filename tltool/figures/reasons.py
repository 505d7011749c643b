"""The three reasons for convolutions, measured: weights that are shared, few connections, and things that may stand anywhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tltool.evaluation.comparison import Compared, Saving, abridged
from tltool.figures.comparison import SERIES
from tltool.figures.style import COLOURS, FAINT, MUTED, drawing
from tltool.figures.translation import draw_accuracies

OURS, OTHERS = COLOURS[0], "#cbd5e1"
Bars = tuple[str, str, list[int]]  # what it is, its colour, one number per layer


def draw_reasons(comparison: Compared, file: Path) -> None:
    """Three panels, written to ``file``: the weights of each convolution of the stack against kernels of its own at every place; the inputs
    of one output against those of a dense layer; and the accuracy of every model on moved photos.

    Raises:
        TltoolError: no room, no leave.
    """
    savings = comparison.savings
    with drawing(file, 12.5, 4.3) as figure:
        sharing, sparsity, translation = figure.subplots(1, 3)
        _draw_bars(
            sharing,
            savings,
            ("one set of kernels for all places", OURS, [saving.weights for saving in savings]),
            ("a set of kernels at every place", OTHERS, [saving.unshared for saving in savings]),
        )
        sharing.set_title("1  Sharing: weights of each convolution")
        _draw_bars(
            sparsity,
            savings,
            ("the window of a kernel", OURS, [saving.connections for saving in savings]),
            ("a dense layer: everything", OTHERS, [saving.dense_connections for saving in savings]),
        )
        sparsity.set_title("2  Sparsity: inputs that one output looks at")
        draw_accuracies(translation, comparison, wrap=False, band=False)
        draw_accuracies(translation, comparison, wrap=True, dashes=(0, (1.5, 1.5)), band=False)
        translation.set_title("3  Translation: accuracy on moved photos")
        translation.set_xlabel("moved by so many pixels")
        _explain_lines(translation, comparison)


def _draw_bars(panel: Any, savings: Sequence[Saving], ours: Bars, others: Bars) -> None:
    """Two bars for every layer on a logarithmic axis, the first layer on top, each with its number at its end."""
    for side, (label, colour, numbers) in zip((-0.2, 0.2), (ours, others)):
        places = [place + side for place in range(len(savings))]
        panel.barh(places, numbers, 0.36, color=colour, label=label)
        for place, number in zip(places, numbers, strict=True):
            panel.annotate(abridged(number), (number, place), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
    most = max((*ours[2], *others[2]), default=10)
    panel.set_xscale("log")
    panel.set_xlim(1, most**1.25)
    panel.set_yticks(range(len(savings)), [saving.layer for saving in savings])
    panel.set_ylim(len(savings) - 0.4, -0.6)
    panel.grid(visible=False, axis="y")
    panel.grid(visible=True, axis="x", which="major", color=FAINT)
    panel.xaxis.get_major_locator().set_params(numticks=5)  # more would touch each other
    panel.xaxis.set_major_formatter(lambda value, _: abridged(round(value)))
    panel.tick_params(which="minor", bottom=False)
    panel.tick_params(axis="y", length=0)
    panel.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=1)


def _explain_lines(panel: Any, comparison: Compared) -> None:
    for entrant, colour in zip(comparison.contenders, SERIES):
        last = list(entrant.distances(wrap=False).values())[-1]
        panel.annotate(entrant.name, (16, last.accuracy), (6, 3), textcoords="offset points", va="center", fontsize=9, color=colour)
    panel.plot([], [], color=MUTED, label="the border is repeated")
    panel.plot([], [], color=MUTED, linestyle=(0, (1.5, 1.5)), label="what leaves comes in on the other side")
    handles, labels = panel.get_legend_handles_labels()
    panel.legend(handles[-2:], labels[-2:], loc="upper center", bbox_to_anchor=(0.5, -0.14))
    panel.set_xlim(-0.5, 23)
