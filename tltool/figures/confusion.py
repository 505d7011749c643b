"""What is taken for what, as a matrix in which the eye finds what is confused most."""

from io import BytesIO
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np
import pandas
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from tltool.figures.canvas import named
from tltool.figures.style import COLOURS, DOTS_PER_INCH, HEAD, INK, PAPER, entitle, looking_alike
from tltool.runs import Run
from tltool.wording import counted

CELL, LEAST, MOST = 0.42, 2.2, 11.0  # inches: a cell, and the shortest and the longest side of the matrix
NAMES = 1.9  # inches beside and below it
MOST_COUNTS = 30  # classes of which every cell has its number
MOST_NAMES = 100  # classes that are named
DEEP = 0.75  # of a colour, where all photos of a class are in one cell


class Drawing(Figure):
    """A figure that a notebook shows whether or not its program has loaded ``pyplot``."""

    def _repr_png_(self) -> bytes:
        file = BytesIO()
        with catch_warnings():
            filterwarnings("ignore", message="Glyph")  # a sign that the font has not is drawn as a box
            self.savefig(file, format="png", dpi=DOTS_PER_INCH)
        return file.getvalue()


def draw_confusion(run: Run) -> Figure:
    """The confusion matrix of ``run``: rows are what photos are, columns what they were called; blue is right and orange wrong, the deeper
    the larger the share of the row.

    Raises:
        RunError: as ``Run.confusion``.
    """
    counts = run.confusion()
    side = float(np.clip(CELL * len(counts), LEAST, MOST))
    with looking_alike():
        figure = Drawing(figsize=(max(side + NAMES, 5.6), side + NAMES + HEAD), facecolor=PAPER, layout="constrained")
        entitle(figure, "What is taken for what", _note(counts))
        axes = figure.subplots()
        axes.imshow(_colours(counts.to_numpy()), interpolation="nearest", aspect="equal")
        _write_counts(axes, counts.to_numpy())
        _name_classes(axes, [*map(named, counts.index)], min(9.0, 80 * side / len(counts)))
    return figure


def _note(counts: pandas.DataFrame) -> str:
    n, right = int(counts.to_numpy().sum()), int(np.trace(counts.to_numpy()))
    return f"Rows are what they are, columns what they were called: {right:,} of {counted(n, 'answer')} on the diagonal"


def _colours(counts: np.ndarray) -> np.ndarray:
    """float [k, k, 3], of counts [k, k]."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right, wrong, paper = (np.array(to_rgb(colour)) for colour in (COLOURS[0], COLOURS[1], PAPER))
    deep = np.where(np.eye(len(counts), dtype=bool)[..., None], right, wrong)
    return paper + (deep - paper) * (DEEP * shares[..., None])


def _write_counts(axes: Any, counts: np.ndarray) -> None:
    if len(counts) > MOST_COUNTS:
        return
    for row, column in np.argwhere(counts).tolist():
        axes.text(column, row, f"{counts[row, column]:,}", ha="center", va="center", color=INK, fontsize=8)


def _name_classes(axes: Any, names: list[str], size: float) -> None:
    places = range(len(names)) if len(names) <= MOST_NAMES else []
    shown = names if places else []
    axes.set_yticks(places, shown, parse_math=False, fontsize=size)
    axes.set_xticks(places, shown, parse_math=False, fontsize=size, rotation=45, ha="right", rotation_mode="anchor")
    axes.set(ylabel="is", xlabel="was called")
    axes.tick_params(length=0)
    axes.grid(visible=False)
