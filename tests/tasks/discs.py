"""Photos of discs that touch, as truths, and what a model would give that knows them."""

import numpy as np

from tltool.data.annotations.masks import encode
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.instances.losses import FINE
from tltool.tasks.instances.targets import targets_of

CLASSES = ["ant", "bee"]
SIDE, CELLS = 96, 24


def disc(x: float, y: float, radius: float, size: tuple[int, int], label: str = "ant", taken: np.ndarray | None = None) -> Instance:
    """The pixels whose middle lies in it, without those that are ``taken``."""
    across, down = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    mask = (across - x) ** 2 + (down - y) ** 2 < radius**2
    return marked(mask if taken is None else mask & ~taken, label)


def marked(mask: np.ndarray, label: str = "ant", score: float = 1.0, crowd: bool = False) -> Instance:
    """An object of these pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    corners = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    return Instance(Box.of(label, [*map(float, corners)], crowd, score), encode(mask))


def row_of_discs(seed: int, n: int = 4, size: tuple[int, int] = (120, 90), label: str = "ant") -> Truth:
    """``n`` discs of one class, each of which touches the one before it; what they share belongs to the one before."""
    random, x, found = np.random.default_rng(seed), 4.0, list[Instance]()
    taken = np.zeros(size[::-1], bool)
    for _ in range(n):
        radius = float(random.uniform(10, 13))
        one = disc(x + radius, float(random.uniform(size[1] / 2 - 4, size[1] / 2 + 4)), radius, size, label, taken)
        taken |= Truth(*size, (one,)).mask(0) != 0
        found.append(one)
        x += 1.9 * radius
    return Truth(*size, tuple(found))


def labels_of(*truths: Truth) -> np.ndarray:
    """Encoded labels."""
    labels = np.empty(len(truths), object)
    labels[:] = truths
    return labels


def known(*truths: Truth, fit: str = "pad") -> np.ndarray:
    """Outputs [n, cells, 2 · classes + 7] of a model that gives what its targets say, as well as cells can hold it."""
    rows = targets_of(labels_of(*truths), CLASSES, SIDE, CELLS, fit)(np.arange(len(truths)), None)
    boxes, (kinds, x, y) = rows[..., : -3 * FINE**2], np.moveaxis(rows[..., -3 * FINE**2 :].reshape(*rows.shape[:2], 3, -1), 2, 0)
    left, top, right, bottom = np.moveaxis(boxes[..., -5:-1], -1, 0)
    sides = np.stack([(top + bottom) / 2, (left + right) / 2, bottom - top, right - left], axis=-1)
    areas = np.stack([(np.minimum(kinds, len(CLASSES)) == kind).mean(axis=-1) for kind in range(len(CLASSES) + 1)], axis=-1)
    inside = kinds < len(CLASSES)
    ways = np.stack([(way * inside).sum(axis=-1) / np.maximum(1, inside.sum(axis=-1)) for way in (x, y)], axis=-1)
    return np.concatenate([sides, np.maximum(boxes[..., :-5], 0), areas, ways], axis=-1).astype(np.float32)
