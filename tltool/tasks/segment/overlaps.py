"""How far the regions of answers lie on the true ones."""

from typing import NamedTuple

import numpy as np

from tltool.data.geometry import IGNORED


class Overlaps(NamedTuple):
    """Of n photos or sums of them, pixels by class, [n, classes] each; pixels of no known class count nowhere.

    Attributes:
        hits: of the class, and called so.
        true: of the class.
        said: called so.
    """

    hits: np.ndarray
    true: np.ndarray
    said: np.ndarray


def confusion_of(true: np.ndarray, said: np.ndarray, classes: int) -> np.ndarray:
    """How many pixels of class i are called j, int64 [classes, classes + 1], of two class maps of one shape; the last column counts those
    of which nothing is said."""
    known = true != IGNORED
    pairs = true[known].astype(np.int64) * (classes + 1) + np.minimum(said[known], classes)
    return np.bincount(pairs, minlength=classes * (classes + 1)).reshape(classes, classes + 1)


def overlaps_of(confusions: np.ndarray) -> Overlaps:
    """From ``confusion_of`` each photo [n, classes, classes + 1]."""
    return Overlaps(confusions[:, :, :-1].diagonal(axis1=1, axis2=2), confusions.sum(axis=2), confusions[:, :, :-1].sum(axis=1))


def iou(overlaps: Overlaps) -> np.ndarray:
    """Hits / (true + said − hits) of every class, float64 [n, classes]; NaN for one that does not occur."""
    hits, true, said = overlaps
    return np.divide(hits, true + said - hits, out=np.full(hits.shape, np.nan), where=true > 0)


def mean_iou(overlaps: Overlaps) -> np.ndarray:
    """The mean over the classes that occur, float64 [n]; 0 where none does. A class that is said and not there costs those that are."""
    each, occurs = iou(overlaps), overlaps.true > 0
    return np.where(occurs, each, 0).sum(axis=1) / np.maximum(1, occurs.sum(axis=1))


def pixel_accuracy(overlaps: Overlaps) -> np.ndarray:
    """The share of the pixels that are called what they are, float64 [n]; 0 where none is known."""
    return overlaps.hits.sum(axis=1) / np.maximum(1, overlaps.true.sum(axis=1))


def whole(overlaps: Overlaps, weights: np.ndarray | None = None) -> Overlaps:
    """All photos together [1, classes]; or once for each row of ``weights`` [b, n], which say how often a photo counts [b, classes]."""
    rows = np.ones((1, len(overlaps.true))) if weights is None else weights
    return Overlaps(*(rows @ part.astype(np.float64) for part in overlaps))
