"""Curves as lines of a small drawing: places in it, for a template to put into SVG."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from tltool.chart import Bars, Chart, Curve, Curves, Panel
from tltool.pages.learning import Stretch
from tltool.wording import shown

WIDTH, HEIGHT = 480, 270  # units of the drawing
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 24, 40
COLOURS = 6  # of lines, see the styles of the page; after that dashes tell them apart
MOST_LINES = 12
TICKS = 5  # about as many


class Line(NamedTuple):
    """``points`` as SVG has them; ``colour`` is a number, None for what stands out; ``dash`` another."""

    name: str
    points: str
    colour: int | None
    dash: int
    dot: tuple[float, float] | None = None


class Tick(NamedTuple):
    """A mark on an axis: where, and what it says."""

    place: float
    says: str


class Plot(NamedTuple):
    """One drawing.

    Attributes:
        says: what it shows, for those who do not see it.
        stretches: phases, as a name with its middle and its end on the axis across.
        more: lines that are left out.
    """

    title: str
    says: str
    across: str
    up: str
    lines: list[Line]
    ticks_across: list[Tick]
    ticks_up: list[Tick]
    stretches: list[tuple[str, float, float]]
    more: int = 0


def plots_of(chart: Chart | None) -> list[Plot]:
    """The panels of ``chart``; none of bars, which a page tells as a table."""
    return [plot(panel) for panel in chart.panels] if isinstance(chart, Curves) else []


def bars_of(chart: Chart | None) -> Bars | None:
    """``chart`` where it is of bars, with names that can be shown."""
    return chart._replace(bars=tuple(bar._replace(name=shown(bar.name)) for bar in chart.bars)) if isinstance(chart, Bars) else None


def plot(panel: Panel, stretches: Sequence[Stretch] = ()) -> Plot:
    """``panel`` as a drawing; the axis up ends at 1, or where the highest curve does that goes beyond."""
    curves = [*panel.curves[:MOST_LINES], *([panel.guess] if panel.guess else [])]
    values = [value for curve in curves for value in curve.up]
    steps = _steps(max([1.0, *values]) if _is_share(panel) else max([*values, 1e-9]))
    end, top = panel.end or 1.0, max(1.0, steps[-1]) if _is_share(panel) else steps[-1]
    start = 1.0 if stretches else 0.0  # epochs are counted from 1

    def x(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - start) / max(end - start, 1e-9), 1)

    def y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(value, top) / top, 1)

    lines = [
        Line(
            shown(curve.name),
            " ".join(f"{x(across)},{y(up)}" for across, up in zip(curve.across, curve.up, strict=True)),
            None if curve.place is None else curve.place % COLOURS,
            3 if curve is panel.guess else (curve.place or 0) // COLOURS % 3,
            (x(curve.dot[0]), y(curve.dot[1])) if curve.dot else None,
        )
        for curve in curves
    ]
    marks = _whole_steps(start, end) if stretches else [mark for mark in _steps(end) if mark <= end]
    return Plot(
        panel.title,
        _describe(panel, curves),
        panel.across,
        panel.up,
        lines,
        [Tick(x(mark), f"{mark:.3g}" if mark < 1000 else f"{mark:,.0f}") for mark in marks],
        [Tick(y(step), f"{step:.3g}") for step in steps],
        [(shown(its.name), (x(its.start) + x(its.end)) / 2, x(its.end + 0.5)) for its in stretches] if len(stretches) > 1 else [],
        max(0, len(panel.curves) - MOST_LINES),
    )


def _is_share(panel: Panel) -> bool:
    return all(0 <= value <= 1 for curve in panel.curves for value in curve.up)


def _describe(panel: Panel, curves: Sequence[Curve]) -> str:
    """The curves in words: where each begins and ends."""
    told = [f"{shown(curve.name)} from {curve.up[0]:.2f} to {curve.up[-1]:.2f}" for curve in curves if curve.up]
    return f"{panel.title}, {panel.up} over {panel.across}: {'; '.join(told)}."


def _steps(top: float) -> list[float]:
    """Round numbers from 0 to ``top`` or a little beyond."""
    rough = top / TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough * (1 - 1e-9))
    return [round(step * i, 12) for i in range(math.ceil(top / step - 1e-9) + 1)]


def _whole_steps(start: float, end: float) -> list[float]:
    step = max(1, math.ceil((end - start) / TICKS))
    return [start + step * i for i in range(int((end - start) // step) + 1)]
