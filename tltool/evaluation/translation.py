"""What a model says of photos that are moved a few pixels: whether its answers move with what is in them."""

from collections.abc import Iterable

import numpy as np

from tltool.data.rows import Rows
from tltool.errors import DataError
from tltool.evaluation.comparison import Moved
from tltool.evaluation.predictors import Predictor, score_batches
from tltool.intervals import wilson
from tltool.progress import track

DISTANCES = (2, 4, 8, 12, 16)  # pixels
MOVES = ((0, 0), *((step * right, step * down) for step in DISTANCES for right, down in ((1, 0), (-1, 0), (0, 1), (0, -1))))


def move_photos(photos: np.ndarray, right: int, down: int, wrap: bool) -> np.ndarray:
    """``photos`` [n, h, w, c] with their content moved to the right and down (or, below 0, to the left and up), in pixels.

    With ``wrap`` every pixel is kept and only its place changes, as in ``numpy.roll``, but a seam comes in. Without it the pixels at the
    border are repeated, which neither invents anything nor draws the hard edge that black would; what leaves is lost.
    """
    _, height, width, _ = photos.shape
    rows, columns = (_places(side, by, wrap) for side, by in ((height, down), (width, right)))
    return photos[:, rows[:, None], columns]


def measure_moves(
    predictor: Predictor, pixels: Rows, rows: np.ndarray, labels: np.ndarray, wrap: bool, moves: Iterable[tuple[int, int]] = MOVES
) -> list[Moved]:
    """One pass over the photos for every move (right, down), as long as they are.

    Args:
        pixels: answers ``pixels[rows]`` with uint8 [len(rows), size, size, 3].
        labels: index of the right class of each of ``rows``.

    Raises:
        DataError: no photo.
    """
    if not len(rows):
        raise DataError("There must be photos to move. Received: none.")
    todo, still = list(moves), _answers(predictor, pixels, rows, 0, 0, wrap)
    found = []
    for right, down in track(todo, "moving photos", len(todo), "moves"):
        said = still if right == down == 0 else _answers(predictor, pixels, rows, right, down, wrap)
        hits, same = int((said == labels).sum()), float((said == still).mean())
        found.append(Moved(right, down, wrap, len(rows), hits / len(rows), wilson(hits, len(rows)), same))
    return found


def _places(side: int, by: int, wrap: bool) -> np.ndarray:
    """Where each of ``side`` rows or columns was before the move."""
    before = np.arange(side) - by
    return before % side if wrap else np.clip(before, 0, side - 1)


def _answers(predictor: Predictor, pixels: Rows, rows: np.ndarray, right: int, down: int, wrap: bool) -> np.ndarray:
    """Index of the class named for each photo [len(rows)]."""

    def fetch(places: np.ndarray) -> np.ndarray:
        return move_photos(pixels[places], right, down, wrap)

    return np.concatenate([scores.argmax(axis=1) for scores in score_batches(predictor, fetch, rows)])
