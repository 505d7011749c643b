"""COCO's average precision, of photos that count differently often: so that resampled photos need no matching anew.

AP is the mean, over 101 levels of recall, of the highest precision at that recall or beyond it, as ``COCOeval.accumulate`` has it.
"""

from collections.abc import Sequence

import numpy as np

from tltool.tasks.detect.matches import OVERLAPS, Matches

LEVELS = np.linspace(0, 1, 101)  # of recall
EVERY = 5  # of these levels is kept for a curve
LARGEST = 4_000_000  # numbers at once


def average_precisions(matches: Sequence[Matches], weights: np.ndarray) -> np.ndarray:
    """Of every class, for each row of ``weights`` [b, n] of the photos and at every overlap: float64 [classes, b, overlaps]; NaN where
    the class has no object."""
    return np.stack([np.concatenate([_weighted(its, part) for part in _parts(its, weights)]) for its in matches])


def mean_precision(precisions: np.ndarray) -> np.ndarray:
    """Of [classes, b, …] the mean over the classes that have objects, and over all that follows b, float64 [b]; 0 where none has any."""
    of_class = precisions.reshape(*precisions.shape[:2], -1).mean(axis=2)
    known = np.isfinite(of_class)
    return np.where(known, of_class, 0).sum(axis=0) / np.maximum(1, known.sum(axis=0))


def overall(matches: Sequence[Matches]) -> float:
    """AP of all photos, the mean over classes and overlaps."""
    return float(mean_precision(average_precisions(matches, np.ones((1, len(matches[0].objects)))))[0])


def curve(its: Matches, overlap: int) -> list[float]:
    """Highest precisions at recalls of 0, 0.05, … 1 or beyond, of one class at one of the overlaps; empty where it has no object."""
    return np.round(highest_precisions(its, overlap)[::EVERY], 4).tolist()


def highest_precisions(its: Matches, overlap: int) -> np.ndarray:
    """The same at all ``LEVELS`` of recall, float64 [101], or [0] where the class has no object."""
    if not its.objects.any():
        return np.empty(0)
    once = np.ones((1, len(its.objects)))
    highest, levels = _envelope(its, overlap, once, _said(once[:, its.photos], its.counts[overlap]))
    at = np.repeat(highest[0], np.diff(levels[0], prepend=0))
    return np.pad(at, (0, len(LEVELS) - len(at)))


def _parts(its: Matches, weights: np.ndarray) -> list[np.ndarray]:
    size = max(1, LARGEST // max(1, len(its.scores)))
    return [weights[start : start + size] for start in range(0, len(weights), size)]


def _weighted(its: Matches, weights: np.ndarray) -> np.ndarray:
    """One class, float64 [b, overlaps]."""
    values, drawn = np.empty((len(weights), len(OVERLAPS))), weights[:, its.photos]
    patterns, pattern_of = np.unique(its.counts, axis=0, return_inverse=True)  # one, but for crowds
    said = [_said(drawn, counts) for counts in patterns]
    for overlap in range(len(OVERLAPS)):
        highest, levels = _envelope(its, overlap, weights, said[pattern_of.flat[overlap]])
        values[:, overlap] = (highest * np.diff(levels, axis=1, prepend=0)).sum(axis=1) / len(LEVELS)
    values[weights @ its.objects == 0] = np.nan
    return values


def _said(drawn: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """How many answers there are up to each of them, float64 [b, d]."""
    return np.cumsum(drawn if counts.all() else drawn * counts, axis=1)


def _envelope(its: Matches, overlap: int, weights: np.ndarray, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At every right answer (nowhere else is precision highest): the highest precision there or later, and how many of the ``LEVELS``
    recall has reached; float64 and int [b, right answers]."""
    right = np.flatnonzero(its.right[overlap])
    hits = np.cumsum(weights[:, its.photos[right]], axis=1)
    objects = (weights @ its.objects)[:, None]
    precision = np.divide(hits, said[:, right], out=np.zeros_like(hits), where=said[:, right] > 0)
    recall = np.divide(hits, objects, out=np.zeros_like(hits), where=objects > 0)
    highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return highest, np.searchsorted(LEVELS, recall, side="right")
