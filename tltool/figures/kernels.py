"""The sheet of kernels: what each adds up, and the place of a photo that it answers most."""

from pathlib import Path
from typing import Any

import numpy as np

from tltool.figures.canvas import MARGIN, TINY, WIDTH, put_heading, put_picture, put_words, sheet, signed
from tltool.figures.style import COLOURS, FAINT, MUTED
from tltool.inspection.kernels import Kernels, Patch

MOST = 64  # kernels on one sheet
GAP, PALE = 0.16, "#f8fafc"  # inches; what is almost paper
EXPLAINED = {
    "colour": "Each is drawn on the scale of its own largest weight, grey is 0: a kernel answers most to pixels that look like it.",
    "grey": "Each is drawn on the scale of its own largest weight: white is 0, orange is added up and blue is taken away.",
    "slice": "Of each kernel the input channel with its largest weights, on their own scale: white is 0, orange is added, blue taken away.",
}


def draw_kernels(kernels: Kernels, file: Path) -> str:
    """Write the sheet to ``file``; returns what it shows, in words."""
    numbers = _chosen(kernels)
    columns = min(len(numbers), 8 if len(numbers) <= 40 else 10)
    tiles = 2 if kernels.patches else 1
    cell = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns
    side = min((cell - 0.05 * (tiles - 1)) / tiles, 0.85)
    step = side + 0.36
    height, width, channels, count = kernels.shape
    sizes = f"{count} kernels of {height}×{width}×{channels}"
    with sheet(file, 1.26 + step * -(-len(numbers) // columns)) as axes:
        down = put_heading(axes, f"Kernels of {kernels.layer}", _lines(kernels, sizes, len(numbers))) + 0.18
        for place, number in enumerate(numbers):
            row, column = divmod(place, columns)
            _draw(axes, kernels, number, MARGIN + column * (cell + GAP), down + row * step, side)
    return f"{sizes} of {kernels.layer}" + (", and what each answers most" if kernels.patches else "")


def _chosen(kernels: Kernels) -> list[int]:
    strongest = np.argsort(-kernels.strength, kind="stable")[:MOST]
    return sorted(strongest.tolist())


def _lines(kernels: Kernels, sizes: str, drawn: int) -> tuple[str, ...]:
    count = kernels.shape[-1]
    silent = int(kernels.silent.sum())
    parts = [sizes + (f", the {drawn} strongest" if drawn < count else "") + (f"; {silent} next to silent" if silent else "") + "."]
    if kernels.patches:
        parts.append("Beside each: the place of these photos where its sum is largest.")
    return " ".join(parts), EXPLAINED[kernels.kind] + " The bar is its strength."


def _draw(axes: Any, kernels: Kernels, number: int, left: float, top: float, side: float) -> None:
    from matplotlib.patches import Rectangle

    weights, strength = kernels.pictures[number], float(kernels.strength[number] / (kernels.strength.max() or 1.0))
    wide = 2 * side + 0.05 if kernels.patches else side
    put_words(axes, str(number), left, top + side + 0.03, TINY, MUTED)
    if kernels.silent[number]:
        axes.add_patch(Rectangle((left, top), wide, side, facecolor=PALE, edgecolor=FAINT, linewidth=0.6))
        put_words(axes, "silent", left + wide / 2, top + side / 2, TINY, MUTED, ha="center", va="center")
        return
    largest = float(np.abs(weights).max())
    if kernels.kind == "colour":
        put_picture(axes, 0.5 + weights / largest / 2, left, top, side, side)
    else:
        put_picture(axes, weights / largest, left, top, side, side, cmap=signed(), vmin=-1, vmax=1)
    if kernels.patches:
        _draw_patch(axes, kernels.patches[number], left + side + 0.05, top, side)
    start, bar = left + 0.22, wide - 0.22
    axes.add_patch(Rectangle((start, top + side + 0.075), bar, 0.035, color=FAINT))
    axes.add_patch(Rectangle((start, top + side + 0.075), bar * strength, 0.035, color=COLOURS[0]))


def _draw_patch(axes: Any, patch: Patch, left: float, top: float, side: float) -> None:
    from matplotlib.patches import Rectangle

    put_picture(axes, patch.pixels, left, top, side, side)
    (rows, columns), (row, column, height, width) = patch.pixels.shape[:2], patch.window
    axes.add_patch(
        Rectangle(
            (left + column / columns * side, top + row / rows * side),
            width / columns * side,
            height / rows * side,
            fill=False,
            edgecolor=COLOURS[1],
            linewidth=1.1,
        )
    )
