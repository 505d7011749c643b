"""Models side by side: what each reaches, over what it cost."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tltool.evaluation.comparison import Compared, Contender, abridged
from tltool.figures.style import COLOURS, INK, MUTED, drawing

SERIES = (COLOURS[1], COLOURS[0], COLOURS[2])  # of the models, in the order of the table
Cost = Callable[[Contender], float]
COSTS: tuple[tuple[str, Cost], ...] = (
    ("parameters that learn", lambda entrant: entrant.learned),
    ("multiply-adds for one photo", lambda entrant: entrant.multiply_adds),
    ("seconds of training", lambda entrant: entrant.seconds),
)


def draw_comparison(comparison: Compared, file: Path) -> None:
    """Accuracy with its 95 % interval over parameters, multiply-adds and seconds, written to ``file``.

    Raises:
        TltoolError: no room, no leave.
    """
    with drawing(file, 10.5, 4) as figure:
        panels = figure.subplots(1, len(COSTS), sharey=True)
        for panel, (name, cost) in zip(panels, COSTS, strict=True):
            _scatter(panel, comparison.contenders, name, cost)
            panel.axhline(comparison.baseline, color=MUTED, linewidth=1, linestyle=(0, (2, 3)))
        for entrant, colour in zip(comparison.contenders, SERIES):
            if entrant.frozen:
                _reach_to_all(panels[0], entrant, colour)
        panels[0].set_ylim(0, 1)
        panels[0].set_ylabel(f"accuracy on {comparison.n:,} {comparison.split} photos")
        panels[-1].annotate(
            "always the largest class",
            (1, comparison.baseline),
            (0, -4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=8,
            color=MUTED,
        )
        figure.suptitle(
            f"The same {comparison.training_photos:,} training photos at {comparison.size} px, the same budget of {comparison.budget}",
            x=0.01,
            ha="left",
            fontweight="bold",
            fontsize=11,
        )


def _scatter(panel: Any, contenders: Sequence[Contender], name: str, cost: Cost) -> None:
    costs = [max(cost(entrant), 0.1) for entrant in contenders]
    low_end, high_end = min(costs) / 5, max(costs) * 5
    best = max(contenders, key=lambda entrant: entrant.accuracy)
    for entrant, colour, at in zip(contenders, SERIES, costs):
        low, high = entrant.accuracy_interval
        spread = [[entrant.accuracy - low], [high - entrant.accuracy]]
        panel.errorbar(at, entrant.accuracy, spread, fmt="o", color=colour, markersize=8, capsize=4, elinewidth=1.6, zorder=3)
        above = entrant is best  # the others' names go below, where models that cost the same do not meet
        panel.annotate(
            f"{entrant.name}\n{entrant.accuracy:.3f}",
            (at, high if above else low),
            (0, 5 if above else -5),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=9,
            color=colour,
        )
    panel.set_xlabel(name)
    panel.set_xscale("log")
    panel.set_xlim(low_end, high_end)
    panel.xaxis.set_major_formatter(lambda value, _: abridged(round(value)) if value >= 1 else f"{value:g}")
    panel.grid(visible=False, which="both", axis="x")


def _reach_to_all(panel: Any, entrant: Contender, colour: str) -> None:
    """From the parameters that learn to all of them, those that were frozen included."""
    everything = entrant.learned + entrant.frozen
    panel.plot([entrant.learned, everything], [entrant.accuracy] * 2, color=colour, linewidth=1.2, linestyle=(0, (1, 2)))
    panel.plot([everything], [entrant.accuracy], "o", markersize=8, markerfacecolor="white", markeredgecolor=colour)
    panel.annotate(
        "with the\nfrozen ones",
        (everything, entrant.accuracy),
        (0, -8),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=8,
        color=INK,
    )
    low, high = panel.get_xlim()
    panel.set_xlim(low, max(high, everything * 5))
