"""How activations and gradients widen or narrow from block to block, one line for each initializer."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, log10
from pathlib import Path
from typing import Any

from tltool.figures.style import COLOURS, INK, drawing
from tltool.inspection.spreads import Spread, Spreads

SHADES = {"vanishes": COLOURS[0], "fades": COLOURS[5], "keeps its width": COLOURS[2], "grows": COLOURS[6], "explodes": COLOURS[1]}
DISTANCE, SWEEPS = 0.047, 300  # of two names, in heights of the plot


def draw_spreads(spreads: Spreads, file: Path) -> Spreads:
    """Draw ``spreads`` into ``file``, which must be free, and return it with the file noted.

    Raises:
        TltoolError: the file cannot be written.
    """
    with drawing(file, 12, 5.6) as figure:
        figure.suptitle(
            f"What the initializer does before any training: {spreads.stack}, {spreads.photos} photos, seed {spreads.seed}"
            + (", with batch norm" if spreads.batch_norm else ""),
            x=0.01,
            ha="left",
            fontweight="bold",
            fontsize=12,
            color=INK,
        )
        for axes, what, way in zip(
            figure.subplots(1, 2),
            ("activations", "gradients"),
            ("on the way forward: from left to right", "on the way back: from right to left"),
        ):
            _draw(axes, spreads, what)
            axes.set_title(f"{what.capitalize()}, {way}")
        handles = [_line(shade, word) for word, shade in SHADES.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=9)
    return replace(spreads, drawing=file)


def _draw(axes: Any, spreads: Spreads, what: str) -> None:
    lines = {spread.initializer: getattr(spread, what) for spread in spreads.found}
    logs = [log10(value) for values in lines.values() for value in values if isfinite(value) and value > 0] or [0.0]
    pixels = [log10(spreads.scaled)] if what == "activations" and spreads.scaled > 0 else []
    low, high = min(logs + pixels) - 0.4, max(logs + pixels) + 0.4
    blocks = range(1, len(spreads.found[0].activations) + 1)
    if pixels:
        axes.axhline(pixels[0], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.text(1, pixels[0] + 0.012 * (high - low), "the pixels", fontsize=8, color=INK)
    ends = []
    for turn, spread in enumerate(spreads.found):
        heights = [_height(value, low, high) for value in getattr(spread, what)]
        shade = SHADES[spreads.verdict(spread, what)]
        axes.plot(
            blocks,
            heights,
            color=shade,
            linewidth=3.2 if turn == 0 else 1.2,
            marker="o",
            markersize=5 if turn == 0 else 3,
            zorder=5 if turn == 0 else 3,
            clip_on=False,
        )
        ends.append((heights[-1] if what == "activations" else heights[0], spread, shade))
    axes.set_xticks(list(blocks))
    axes.set_xlabel("block")
    axes.set_ylabel("standard deviation (0 at the bottom edge)")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_formatter(lambda value, _: f"$10^{{{value:g}}}$" if value == int(value) else "")
    _name(axes, ends, spreads.found[0], low, high, blocks[-1] if what == "activations" else blocks[0], right=what == "activations")


def _name(axes: Any, ends: Sequence[tuple[float, Spread, str]], chosen: Spread, low: float, high: float, block: int, right: bool) -> None:
    """Names beside the far ends of the lines, pushed apart where they would cover each other."""
    heights = _apart([(height - low) / (high - low) for height, _, _ in ends])
    for (height, spread, shade), place in zip(ends, heights):
        axes.annotate(
            _shortened(spread.initializer),
            (block, height),
            xytext=(1.03 if right else -0.03, place),
            textcoords="axes fraction",
            ha="left" if right else "right",
            va="center",
            fontsize=8,
            color=shade,
            fontweight="bold" if spread is chosen else "normal",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": shade,
                "linewidth": 0.5,
                "shrinkA": 1,
                "shrinkB": 3,
                "relpos": (0.0 if right else 1.0, 0.5),
            },
        )
    if not right:
        axes.yaxis.tick_right()
        axes.yaxis.set_label_position("right")
        axes.spines.right.set_visible(True)
        axes.spines.left.set_visible(False)


def _apart(places: Sequence[float]) -> list[float]:
    """``places``, moved so that there is ``DISTANCE`` between them: each pair that is closer moves apart by equal parts, until none is."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [places[i] for i in order]
    for _ in range(SWEEPS):
        for i in range(1, len(moved)):
            short = DISTANCE - (moved[i] - moved[i - 1])
            if short > 0:
                moved[i - 1], moved[i] = moved[i - 1] - short / 2, moved[i] + short / 2
    found = dict(zip(order, moved))
    return [found[i] for i in range(len(places))]


def _height(value: float, low: float, high: float) -> float:
    if not isfinite(value):
        return high
    return max(log10(value), low) if value > 0 else low


def _shortened(name: str, most: int = 34) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _line(shade: str, word: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=shade, label=word, linewidth=2.5)
