"""Samples ⇄ tiles of them: where a model is to find what is small, it sees tiles of the photos, and its answers are of whole ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.cutting import cut
from tltool.data.samples import Samples
from tltool.data.tiles import Tiling, tiles_in
from tltool.errors import SpecError
from tltool.task import task_named

if TYPE_CHECKING:
    import pandas


def require_tiles(samples: Samples, across: int | None) -> None:
    """Raises ``SpecError`` where photos are to be cut into tiles whose answers cannot be put together."""
    if across and not task_named(samples.task).answers.TILED:
        raise SpecError(
            f"--tiles must go with objects that are found one by one, --task detect or instances. Received: --task {samples.task}."
        )


def cut_into_tiles(samples: Samples, across: int | None) -> Samples:
    """A row for each tile of each photo, in the order of ``Tiling.tiles``, labelled with what it shows; without tiles the photos as they
    are."""
    if not across:
        return samples
    labels = [write(tile) for truth in samples.labels for tile in cut(truth, across)]
    tiles = samples.at(np.repeat(np.arange(len(samples)), tiles_in(across)))
    return replace(tiles, table=tiles.table.assign(label=labels), tiles=across, whole=samples)


def rows_of_tiles(rows: np.ndarray, across: int | None) -> np.ndarray:
    """The rows of samples that were ``cut_into_tiles`` that show the photos in ``rows``, int64."""
    return (rows[:, None] * tiles_in(across) + np.arange(tiles_in(across))).ravel()


def untiled(predictions: "pandas.DataFrame", photos: Samples, across: int | None) -> "pandas.DataFrame":
    """What is said of the tiles of ``photos``, one row to each as ``predictions_table`` makes it, → what is said of the photos."""
    if not across:
        return predictions
    cells, n = predictions["predicted"].tolist(), tiles_in(across)
    said = [joined(cells[first : first + n], across, photos.task) for first in range(0, len(cells), n)]
    return predictions.iloc[::n].reset_index(drop=True).assign(label=photos.table["label"].tolist(), predicted=said)


def joined(cells: Sequence[str], across: int | None, task: str) -> str:
    """What is said of the tiles of one photo, as one cell; without tiles there is only one."""
    if not across:
        return cells[0]
    answers = [parse(cell) for cell in cells]
    tiling = Tiling(answers[-1].width, answers[-1].height, across)
    return write(task_named(task).answers.merged(answers, tiling))
