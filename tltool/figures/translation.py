"""Models on photos that are moved: what that looks like, how many answers are right, and how many stay."""

from pathlib import Path
from typing import Any

import numpy as np

from tltool.data.decoding.decoder import decode
from tltool.evaluation.comparison import Compared
from tltool.evaluation.translation import move_photos
from tltool.figures.comparison import SERIES
from tltool.figures.style import MUTED, drawing

EXAMPLES = (0, 8, 16)  # pixels to the right
BORDERS = ((False, "the border is repeated"), (True, "what leaves comes in on the other side"))


def draw_translation(comparison: Compared, file: Path) -> None:
    """One photo moved to the right and, over the distance, accuracy with its 95 % interval and the share of answers that stay as they
    were: without wrap-around on the left, with it on the right.

    Raises:
        TltoolError: no room, no leave.
        DataError: the example photo is gone.
    """
    photo = decode(comparison.example, comparison.size, comparison.fit)
    with drawing(file, 9, 8) as figure:
        for column, (wrap, words) in zip(figure.subfigures(1, 2), BORDERS, strict=True):
            column.suptitle(f"Moved: {words}", fontweight="bold", fontsize=10)
            top, below = column.subfigures(2, 1, height_ratios=(1, 3.4))
            _show(top, photo, wrap)
            accuracy, unchanged = below.subplots(2, 1, sharex=True)
            draw_accuracies(accuracy, comparison, wrap)
            _draw_unchanged(unchanged, comparison, wrap)
            if not wrap:
                accuracy.set_ylabel("accuracy")
                unchanged.set_ylabel("same answer as in place")
                unchanged.legend(*accuracy.get_legend_handles_labels(), loc="lower left")
            unchanged.set_xlabel("moved by so many pixels (mean of right, left, up, down)")


def draw_accuracies(panel: Any, comparison: Compared, wrap: bool, dashes: Any = "-", band: bool = True) -> None:
    """A line for every model: accuracy over the distance."""
    for entrant, colour in zip(comparison.contenders, SERIES):
        found = entrant.distances(wrap)
        panel.plot(
            list(found),
            [moved.accuracy for moved in found.values()],
            color=colour,
            linestyle=dashes,
            marker="o",
            markersize=4,
            label=entrant.name,
        )
        if band:
            low, high = zip(*(moved.accuracy_interval for moved in found.values()))
            panel.fill_between(list(found), low, high, color=colour, alpha=0.12, linewidth=0)
    panel.axhline(comparison.baseline, color=MUTED, linewidth=1, linestyle=(0, (2, 3)), label="always the largest class" if band else None)
    panel.set_ylim(0, 1)
    panel.set_xticks([0, 4, 8, 12, 16])


def _draw_unchanged(panel: Any, comparison: Compared, wrap: bool) -> None:
    for entrant, colour in zip(comparison.contenders, SERIES):
        found = entrant.distances(wrap)
        panel.plot(list(found), [moved.unchanged for moved in found.values()], color=colour, marker="o", markersize=4)
    panel.set_ylim(0, 1.02)
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _show(figure: Any, photo: np.ndarray, wrap: bool) -> None:
    for panel, pixels in zip(figure.subplots(1, len(EXAMPLES)), EXAMPLES, strict=True):
        panel.imshow(move_photos(photo[None], pixels, 0, wrap)[0], interpolation="nearest")
        panel.set_title(f"{pixels} px to the right" if pixels else "in place", fontweight="normal", fontsize=8, loc="center")
        panel.set_axis_off()
