"""How good a located answer is, as curves or as bars."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

from tltool.chart import Bar, Bars, Chart, Curve, Curves, Panel
from tltool.figures.canvas import named
from tltool.figures.palette import HUES, hue_of
from tltool.figures.style import FAINT, INK, MUTED, PAPER, drawing, entitle

MOST = len(HUES) - 1  # curves in a colour; the last one, yellow, is too pale for a line
DASHES: tuple[Any, ...] = ("solid", (0, (5, 1.5)), (0, (1.5, 1.2)))  # so that no eye must rely on colours alone
MOST_BARS = 60
ROW = 0.27  # inches of a bar


def draw_chart(chart: Chart, file: Path) -> None:
    """Write ``chart`` to ``file``.

    Raises:
        TltoolError: no room, no leave.
    """
    if isinstance(chart, Curves):
        _draw_curves(chart, file)
    else:
        _draw_bars(chart, file)


@contextmanager
def _figure(chart: Chart, file: Path, width: float, height: float) -> Iterator[Any]:
    with catch_warnings(), drawing(file, width, height) as figure:
        filterwarnings("ignore", message="Glyph")  # a sign that the font has not is drawn as a box
        entitle(figure, chart.title, chart.note)
        yield figure


def _draw_curves(chart: Curves, file: Path) -> None:
    with _figure(chart, file, 5.2 * max(len(chart.panels), 1.35), 5.4) as figure:
        panels = figure.subplots(1, len(chart.panels), sharey=True, squeeze=False)[0]
        for axes, panel in zip(panels, chart.panels, strict=True):
            _draw_panel(axes, panel)
        panels[0].set_ylabel(chart.panels[0].up)


def _draw_panel(axes: Any, panel: Panel) -> None:
    coloured = [curve for curve in panel.curves if curve.place is not None]
    named_lines = []
    for curve in coloured[MOST:]:
        (faint,) = axes.plot(curve.across, curve.up, color=FAINT, linewidth=1)
    for number, curve in enumerate(coloured[:MOST]):
        colour = HUES[number] if len(coloured) > MOST else hue_of(curve.place or 0)
        named_lines.append((_line(axes, curve, color=colour, linestyle=DASHES[number % len(DASHES)], zorder=3), curve.name))
    if len(coloured) > MOST:
        named_lines.append((faint, f"{len(coloured) - MOST} more"))
    for curve in panel.curves:
        if curve.place is None:
            named_lines.append((_line(axes, curve, color=INK, linewidth=2.6, zorder=4), curve.name))
    if panel.guess:
        named_lines.append((_line(axes, panel.guess, color=MUTED, linestyle=(0, (1, 2)), zorder=2), panel.guess.name))
    axes.set(xlim=(0, panel.end), ylim=(0, 1.02), title=panel.title, xlabel=panel.across)
    _explain(axes, named_lines)


def _line(axes: Any, curve: Curve, **look: Any) -> Any:
    (line,) = axes.plot(curve.across, curve.up, **look)
    if curve.dot:
        axes.plot(*curve.dot, "o", color=look["color"], markersize=8, markeredgecolor=PAPER, markeredgewidth=1.5, zorder=6, clip_on=False)
    return line


def _explain(axes: Any, named_lines: Sequence[tuple[Any, str]]) -> None:
    """The legend below the axes, with names exactly as they are: no sign in one is markup."""
    lines, place = [line for line, _ in named_lines], {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12)}
    legend = axes.legend(lines, ["?"] * len(lines), ncols=1 if len(lines) < 4 else 2, fontsize=8.5, handlelength=3, **place)
    for text, (_, name) in zip(legend.get_texts(), named_lines, strict=True):
        text.set(text=named(name, 60), parse_math=False)


def _draw_bars(chart: Bars, file: Path) -> None:
    bars = chart.bars[:MOST_BARS]
    with _figure(chart, file, 8, 1.7 + ROW * max(len(bars), 3)) as figure:
        axes = figure.subplots()
        for row, bar in enumerate(bars):
            _draw_bar(axes, bar, row)
        axes.axvline(chart.mean, color=INK, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
        place: Any = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "ha": "center"}
        axes.annotate(f"mean {chart.mean:.2f}", (chart.mean, 1), (0, 4), **place)
        axes.set(xlim=(0, 1), ylim=(len(bars) - 0.4, -0.6), xlabel=chart.across)
        axes.set_yticks(range(len(bars)), [named(bar.name) for bar in bars], parse_math=False)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")


def _draw_bar(axes: Any, bar: Bar, row: int) -> None:
    words = "n/a" if bar.number is None else f"{bar.number:.2f}"
    axes.barh(row, bar.number or 0, height=0.68, color=hue_of(bar.place), edgecolor=INK, linewidth=0.6, zorder=2)
    axes.annotate(f"{words}   {bar.note}", (1, row), (8, 0), textcoords="offset points", va="center", color=INK, annotation_clip=False)
