"""The sheet of one window: where it lies on the photo, its numbers, and the one number they make in the feature map."""

from pathlib import Path
from typing import Any

import numpy as np

from tltool.figures.canvas import MARGIN, SMALL, fitted, named, put_caption, put_frame, put_heading, put_picture, put_words, sheet, signed
from tltool.figures.feature_maps import scale_of
from tltool.figures.style import INK, MUTED
from tltool.inspection.window import Window

PHOTO, GRID = 2.0, 1.35  # inches
LEGIBLE = 7  # cells along a kernel whose numbers can be read


def draw_window(window: Window, file: Path) -> str:
    """Write the sheet to ``file``; returns what it shows, in words."""
    channels = window.shown
    height = 1.36 + max(len(channels) * (GRID + 0.32), 2 * PHOTO + 0.72 + 0.3)
    with sheet(file, height) as axes:
        down = put_heading(axes, "One number of a feature map", _lines(window)) + 0.35
        _draw_photo(axes, window, MARGIN, down)
        _draw_map(axes, window, MARGIN, down + PHOTO + 0.72)
        for row, channel in enumerate(channels):
            _draw_channel(axes, window, channel, MARGIN + PHOTO + 0.55, down + row * (GRID + 0.32), row == 0)
    return f"row {window.place[0]}, column {window.place[1]} of {window.layer}, filter {window.filter}: the sum that makes it"


def _lines(window: Window) -> tuple[str, ...]:
    total = float(window.sums.sum())
    rest = len(window.channels) - len(window.shown)
    after = f", and {window.activation} makes it {window.value:.4f}" if window.activation != "linear" else ""
    said = f"Row {window.place[0]}, column {window.place[1]} of {window.layer}, filter {window.filter}: pixels × kernel, summed over " + (
        f"{len(window.channels)} channels, of which the {len(window.shown)} that weigh most are drawn."
        if rest
        else f"{', '.join(window.channels)}."
    )
    sums = f"The sum of all products is {total:.4f}; with the bias {window.bias:.4f} it is {total + window.bias:.4f}{after}."
    return said, f"{sums} The network's own value: {window.own:.4f}.".replace("-", "−")


def _draw_photo(axes: Any, window: Window, left: float, top: float) -> None:
    put_words(axes, fitted(named(window.example.path.name), PHOTO), left, top - 0.06, SMALL, weight="bold", va="bottom")
    put_picture(axes, window.example.pixels, left, top, PHOTO, PHOTO)
    (row, column), (rows, columns) = window.corner, (axis.size for axis in window.axes)
    _mark(axes, left, top, (row / rows, column / columns, window.axes[0].reach / rows, window.axes[1].reach / columns))


def _draw_map(axes: Any, window: Window, left: float, top: float) -> None:
    height, width = window.feature_map.shape
    put_caption(
        axes,
        f"filter {window.filter} of {named(window.layer, 18)}",
        f"{height}×{width}; here {window.own:.3f}".replace("-", "−"),
        left,
        top,
        PHOTO,
    )
    put_picture(axes, window.feature_map, left, top, PHOTO, PHOTO, **scale_of(window.feature_map[None]))
    _mark(axes, left, top, (window.place[0] / height, window.place[1] / width, 1 / height, 1 / width))


def _mark(axes: Any, left: float, top: float, box: tuple[float, float, float, float]) -> None:
    """A frame around a part of a picture, (row, column, height, width) as shares of it; a small one is given room."""
    row, column, height, width = (part * PHOTO for part in box)
    air = max(0.0, 0.07 - height / 2)
    height, width = height + 2 * air, width + 2 * air
    put_frame(axes, left + min(max(0.0, column - air), PHOTO - width), top + min(max(0.0, row - air), PHOTO - height), width, height)


def _draw_channel(axes: Any, window: Window, channel: int, left: float, top: float, first: bool) -> None:
    parts = {"pixels, scaled": window.pixels, "kernel": window.kernel, "products": window.products}
    drawn = window.shown
    for place, ((title, values), sign) in enumerate(zip(parts.items(), ("×", "=", "→"), strict=True)):
        at = left + place * (GRID + 0.38)
        if first:
            put_words(axes, title, at, top - 0.06, SMALL, weight="bold", va="bottom")
        most = float(np.abs(values[..., drawn]).max()) or 1.0
        put_picture(axes, values[..., channel], at, top, GRID, GRID, cmap=signed(), vmin=-1.6 * most, vmax=1.6 * most)
        _write_numbers(axes, values[..., channel], window.outside, at, top)
        put_words(axes, sign, at + GRID + 0.19, top + GRID / 2, 14, MUTED, ha="center", va="center")
    at = left + 3 * (GRID + 0.38) + 0.05
    put_words(axes, window.channels[channel], at, top + GRID / 2 - 0.24, SMALL, MUTED)
    put_words(axes, f"{window.sums[channel]:+.4f}".replace("-", "−"), at, top + GRID / 2 - 0.06, 12, INK, weight="bold")


def _write_numbers(axes: Any, values: np.ndarray, outside: np.ndarray, left: float, top: float) -> None:
    rows, columns = values.shape
    if max(rows, columns) > LEGIBLE:
        return
    for (row, column), value in np.ndenumerate(values.round(2) + 0.0):  # + 0.0: no −0.00
        colour = MUTED if outside[row, column] else INK
        across, down = left + (column + 0.5) / columns * GRID, top + (row + 0.5) / rows * GRID
        put_words(axes, f"{value:.2f}".replace("-", "−"), across, down, min(8.5, 30 / columns), colour, ha="center", va="center")
