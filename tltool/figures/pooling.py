"""The sheet of pooling: one feature map as a whole and from near, before and after each of four kinds of pooling."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tltool.figures.canvas import MARGIN, TINY, named, put_caption, put_frame, put_heading, put_picture, put_scale, put_words, sheet
from tltool.figures.feature_maps import scale_of
from tltool.figures.style import COLOURS, INK, MUTED, PAPER
from tltool.inspection.examples import Example
from tltool.inspection.pooling import Pooled

SIDE, GAP = 1.42, 0.16  # inches
SMALLEST = 1e-9  # so that a map without minima is still told apart by its maxima
NEAR = 8  # windows along each side of what is shown from near
KEEPS = {"max": "the strongest answer", "average": "how strong on average", "min": "what is there throughout", "sum": "how much in all"}


class Near(NamedTuple):
    """A part of the map: (first row, first column, rows, columns) in places before pooling, and in windows after it."""

    before: tuple[int, int, int, int]
    after: tuple[int, int, int, int]


def draw_pooling(pooled: Pooled, example: Example, file: Path) -> str:
    """Write the sheet to ``file``; returns what it shows, in words."""
    near, lefts = look_near(pooled), [MARGIN + place * (SIDE + GAP) for place in range(6)]
    with sheet(file, 5.2) as axes:
        down = put_heading(axes, "What pooling keeps", _lines(pooled)) + 0.58
        put_caption(axes, "the photo", named(example.path.name, 22), lefts[0], down, SIDE)
        put_picture(axes, example.pixels, lefts[0], down, SIDE, SIDE)
        scale = scale_of(pooled.before)
        for left, (kind, values) in zip(lefts[1:], {"before": pooled.before, **pooled.after}.items(), strict=True):
            many = pooled.window[0] * pooled.window[1] if kind == "sum" else 1
            whole = scale | {"vmin": scale["vmin"] * many, "vmax": scale["vmax"] * many}
            box = near.before if kind == "before" else near.after
            title, colour = (f"{kind} ← network", COLOURS[1]) if kind in pooled.own else (kind, INK)
            put_caption(axes, title, "{}×{}".format(*values.shape) + (f", scale ×{many}" if many > 1 else ""), left, down, SIDE, colour)
            picture = put_picture(axes, values, left, down, SIDE, SIDE, **whole)
            (row, column, height, width), (rows, columns) = box, values.shape
            put_frame(axes, left + column / columns * SIDE, down + row / rows * SIDE, width / columns * SIDE, height / rows * SIDE)
            put_picture(axes, values[row : row + height, column : column + width], left, down + SIDE + 0.2, SIDE, SIDE, **whole)
            words = KEEPS.get(kind, "orange: the maxima")
            put_words(axes, f"{words}\nmean {values.mean():.3g}", left, down + 2 * SIDE + 0.25, TINY, MUTED)
        _draw_peaks(axes, pooled, near, lefts[1], down + SIDE + 0.2)
        _draw_legend(axes, picture, scale, lefts[0], down + SIDE + 0.2)
    return f"map {pooled.number} of {pooled.layer} before and after " + (pooled.pool or "a pooling that the network has not")


def look_near(pooled: Pooled) -> Near:
    """The windows, at most ``NEAR`` along each side, whose maxima and minima both vary most, and the places that they pool."""
    after, before = [], []
    counts = [min(NEAR, side) for side in pooled.peaks.shape[:2]]
    views = (np.lib.stride_tricks.sliding_window_view(pooled.after[kind], counts) for kind in ("max", "min"))
    varied = np.prod([view.std(axis=(2, 3)) + SMALLEST for view in views], axis=0)
    for axis, (count, first) in enumerate(zip(counts, map(int, np.unravel_index(varied.argmax(), varied.shape)), strict=True)):
        start = min(first * pooled.stride[axis], pooled.before.shape[axis] - 1)
        end = min((first + count - 1) * pooled.stride[axis] + pooled.window[axis], pooled.before.shape[axis])
        after.append((first, count))
        before.append((start, end - start))
    return Near((before[0][0], before[1][0], before[0][1], before[1][1]), (after[0][0], after[1][0], after[0][1], after[1][1]))


def _lines(pooled: Pooled) -> tuple[str, ...]:
    size = "windows of {}×{} at a step of {}".format(*pooled.window, pooled.stride[0])
    if pooled.pool:
        own = f"{pooled.pool} keeps the {' and the '.join(pooled.own)}" if pooled.own else f"{pooled.pool} keeps something else"
        said = f"Map {pooled.number} of {pooled.layer}, in {size}. Of the four, {own}: equal to the network's own values."
        if not pooled.own:
            said = f"Map {pooled.number} of {pooled.layer}, in {size}. {own}: none of these four."
    else:
        said = f"Map {pooled.number} of {pooled.layer}. This network has no pooling layer and shrinks by strides; {size} would keep this."
    return said, "Below: the framed part from near. A dot marks the place in each window that its maximum comes from."


def _draw_peaks(axes: Any, pooled: Pooled, near: Near, left: float, top: float) -> None:
    """The windows of what is shown from near as a grid, and a dot where each maximum comes from."""
    (row, column, height, width), (first, second, rows, columns) = near
    for i in range(1, rows):
        at = top + ((first + i) * pooled.stride[0] - row) / height * SIDE
        axes.plot([left, left + SIDE], [at, at], color=PAPER, linewidth=0.5, alpha=0.55)
    for i in range(1, columns):
        at = left + ((second + i) * pooled.stride[1] - column) / width * SIDE
        axes.plot([at, at], [top, top + SIDE], color=PAPER, linewidth=0.5, alpha=0.55)
    part = slice(first, first + rows), slice(second, second + columns)
    peaks = pooled.peaks[part][pooled.after["max"][part] > pooled.after["min"][part]]  # where all are equal, none is the maximum
    axes.plot(
        left + (peaks[:, 1] - column + 0.5) / width * SIDE,
        top + (peaks[:, 0] - row + 0.5) / height * SIDE,
        linestyle="none",
        marker="o",
        markersize=3.4,
        markerfacecolor=COLOURS[1],
        markeredgecolor=PAPER,
        markeredgewidth=0.6,
    )


def _draw_legend(axes: Any, picture: Any, scale: dict[str, Any], left: float, top: float) -> None:
    put_words(axes, "The scale of all maps but\nthe sum's:", left, top, TINY, MUTED)
    put_scale(axes, picture, left, top + 0.34, SIDE, 0.1)
    put_words(axes, f"{scale['vmin']:.2g}", left, top + 0.48, TINY, MUTED)
    put_words(axes, f"{scale['vmax']:.2g}", left + SIDE, top + 0.48, TINY, MUTED, ha="right")
