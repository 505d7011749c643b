"""Labels that say where something is, drawn on the small pictures of the page."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from tltool.data.annotations.cells import parse
from tltool.data.samples import Samples
from tltool.errors import DataError
from tltool.task import task_named


def labels_drawn(samples: Samples) -> Callable[[int, np.ndarray], np.ndarray] | None:
    """A row of ``samples`` and its photo, uint8 [h, w, 3], to the photo with its label on it; as it was where the label cannot be read.
    None where labels say nothing about places."""
    if not samples.is_located:
        return None
    pictures, cells = task_named(samples.task).pictures, samples.table["label"].tolist()

    def drawn(row: int, pixels: np.ndarray) -> np.ndarray:
        try:
            return np.asarray(pictures.mark(Image.fromarray(pixels), parse(cells[row]), samples.classes))
        except DataError:
            return pixels

    return drawn


def colours_of(samples: Samples, most: int) -> list[tuple[str, str]]:
    """Of ``most`` classes, or points, their names and the colours that labels are drawn in, ``#rrggbb``; none where they are not drawn."""
    if not samples.is_located:
        return []
    return task_named(samples.task).pictures.hues(samples.classes[:most])
