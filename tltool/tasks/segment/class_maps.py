"""``Truth`` ⇄ a class map: a class index for every pixel of a photo, uint8 [height, width], and ``IGNORED`` where none is known."""

from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.class_masks import class_map
from tltool.data.annotations.layers import layers
from tltool.data.annotations.masks import encode
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import IGNORED

BACKGROUND = "background"  # the class of the pixels around the objects, where objects are all that is labelled


def map_of(truth: Truth, classes: Sequence[str]) -> np.ndarray:
    """The true classes of the pixels: from the mask of the photo, or painted from the masks of its objects, and then those of no object are
    of the class ``background`` where there is one.

    Raises:
        DataError: the mask of the photo is gone, or has changed.
    """
    if truth.areas:
        return class_map(truth.areas, truth.width, truth.height, classes)
    return paint(truth, classes, classes.index(BACKGROUND) if BACKGROUND in classes else IGNORED)


def paint(truth: Truth, classes: Sequence[str], ground: int = IGNORED) -> np.ndarray:
    """The masks of the instances on pixels of the class ``ground``; those of larger boxes first, so that what is small lies on top. Where
    there is an instance without a mask nothing is known."""
    index, painted = {name: i for i, name in enumerate(classes)}, np.full((truth.height, truth.width), ground, np.uint8)
    for place, pixels in layers(truth):
        box, mask, *_ = truth.instances[place]
        painted[pixels] = IGNORED if mask is None else index.get(box.label, IGNORED)
    return painted


def truth_of(found: np.ndarray, classes: Sequence[str]) -> Truth:
    """A class map as one instance for each class that occurs: the box around its pixels, and their mask."""
    height, width = found.shape
    occurring = np.flatnonzero(counted(found, len(classes))).tolist()
    return Truth(width, height, tuple(_instance(found == i, classes[i]) for i in occurring))


def pixels_of(truth: Truth, classes: Sequence[str]) -> np.ndarray:
    """How many pixels are truly of each class, int64 [classes]. No mask of a photo is read for it."""
    if not truth.areas:
        return counted(map_of(truth, classes), len(classes))
    pixels = {region.label: region.pixels for region in truth.areas.regions}
    return np.array([pixels.get(name, 0) for name in classes], np.int64)


def counted(found: np.ndarray, classes: int) -> np.ndarray:
    """How many pixels of a class map are of each class, int64 [classes]."""
    return np.bincount(found.ravel(), minlength=IGNORED + 1)[:classes].astype(np.int64)


def _instance(mask: np.ndarray, label: str) -> Instance:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Instance(Box(label, float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)), encode(mask))
