"""Class maps as truths, with their masks in files, for what is segmented."""

from pathlib import Path

import numpy as np
from labelled import write_mask

from tltool.data.annotations.class_masks import ClassMask, Region
from tltool.data.annotations.truths import Truth

CLASSES = ["background", "cat", "dog"]


def truth_in(file: Path, found: np.ndarray, classes: list[str] = CLASSES, orientation: int = 1) -> Truth:
    """A truth whose mask lies in ``file``, with class i as value i; ``found`` is the upright class map, 255 counts for nothing."""
    write_mask(file, found if orientation == 1 else found[::-1, ::-1])  # 3 is upside down
    values, counts = np.unique(found[found < 255], return_counts=True)
    regions = tuple(Region(classes[value], int(value), int(n)) for value, n in zip(values.tolist(), counts.tolist()))
    return Truth(found.shape[1], found.shape[0], (), ClassMask(str(file), regions, orientation))


def squares(n: int, side: int = 32, seed: int = 0, classes: int = 3) -> np.ndarray:
    """Class maps with a rectangle of a class other than the first: uint8 [n, side, side]."""
    draws = np.random.default_rng(seed)
    maps = np.zeros((n, side, side), np.uint8)
    for found in maps:
        top, left = draws.integers(0, side // 2, 2)
        found[top : top + side // 2, left : left + side // 3] = draws.integers(1, classes)
    return maps


def truths_in(folder: Path, maps: np.ndarray, classes: list[str] = CLASSES) -> np.ndarray:
    """A truth for each class map, object [n]."""
    truths = np.empty(len(maps), object)
    truths[:] = [truth_in(folder / f"{i}.png", found, classes) for i, found in enumerate(maps)]
    return truths


def sure(maps: np.ndarray, classes: int = 3) -> np.ndarray:
    """Probabilities that say a class map: float32 [..., classes]."""
    return np.eye(classes, dtype="float32")[maps] * 0.9 + 0.1 / classes
