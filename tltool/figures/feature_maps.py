"""The sheet of feature maps: one row per depth, from the photo to the last map before the head."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tltool.figures.canvas import (
    MARGIN,
    SMALL,
    TINY,
    WIDTH,
    bright,
    fitted,
    named,
    put_heading,
    put_picture,
    put_scale,
    put_words,
    sheet,
    signed,
)
from tltool.figures.style import MUTED
from tltool.inspection.examples import Example
from tltool.inspection.feature_maps import Depth

PHOTO, LABEL, SIDE, GAP = 1.35, 1.72, 0.8, 0.1  # inches
NEGATIVE = 0.2  # of the largest value: from here on down, values below 0 get a colour of their own
BRIGHT = 99.7  # percentile of a row that is drawn as its brightest


def draw_maps(depths: Sequence[Depth], example: Example, file: Path) -> str:
    """Write the sheet to ``file``; returns what it shows, in words."""
    step = SIDE + 0.3
    with sheet(file, PHOTO + 0.75 + step * len(depths)) as axes:
        put_picture(axes, example.pixels, MARGIN, 0.3, PHOTO, PHOTO)
        put_heading(
            axes,
            "Feature maps, from the photo to the head",
            (
                fitted(_answer(example), WIDTH - 2 * MARGIN - LABEL, SMALL, "normal"),
                f"{len(depths)} layers along the network, and of each the maps that vary most over this photo.",
                "One scale per row, so that maps of a row can be compared: black is nothing, bright is a strong answer.",
                "Below each map: its number. Early maps follow edges and colours in place; late ones answer to what is where, coarsely.",
            ),
            MARGIN + LABEL,
        )
        for row, depth in enumerate(depths):
            _draw_row(axes, depth, 0.3 + PHOTO + 0.3 + row * step)
    return f"feature maps of {len(depths)} layers for {named(example.path.name)}"


def _answer(example: Example) -> str:
    if example.named is None:
        said, true = f"Taken for {named(example.said)} ({example.scores.max():.2f})", f"; it is {named(example.label)}"
    else:
        said, true = f"Named {named(', '.join(example.named) or 'nothing', 40)}", f"; it has {named(', '.join(example.true or ()), 40)}"
    return said + (true if example.is_right is False else "") + "."


def _draw_row(axes: Any, depth: Depth, top: float) -> None:
    _, height, width = depth.maps.shape
    put_words(axes, named(depth.layer, 24), MARGIN, top + 0.1, weight="bold")
    put_words(axes, f"{height}×{width}, {depth.among} maps", MARGIN, top + 0.29, TINY + 0.5, MUTED)
    put_words(axes, f"{depth.share:.0%} of the way", MARGIN, top + 0.45, TINY + 0.5, MUTED)
    scale = scale_of(depth.maps)
    left = MARGIN + LABEL
    for number, values in zip(depth.numbers, depth.maps, strict=True):
        picture = put_picture(axes, values, left, top, SIDE, SIDE, **scale)
        put_words(axes, str(number), left, top + SIDE + 0.03, TINY, MUTED)
        left += SIDE + GAP
    put_scale(axes, picture, left + 0.04, top, 0.09, SIDE)
    for value, at, hang in ((scale["vmax"], top, "top"), (scale["vmin"], top + SIDE, "bottom")):
        put_words(axes, f"{value:.2g}", left + 0.17, at, TINY, MUTED, va=hang)


def scale_of(maps: np.ndarray) -> dict[str, Any]:
    """One scale for ``maps`` [k, h, w]: bright from 0 up, or in two colours around 0 where much lies below it."""
    high, low = float(np.percentile(maps, BRIGHT)), float(np.percentile(maps, 100 - BRIGHT))
    if low < -NEGATIVE * max(high, 1e-12):
        most = max(high, -low)
        return {"cmap": signed(), "vmin": -most, "vmax": most}
    return {"cmap": bright(), "vmin": min(low, 0.0), "vmax": high if high > 0 else 1.0}
