"""Average precision: how far the photos that have a label are ranked in front of those that have not.

AP = Σ (Rᵢ − Rᵢ₋₁) · Pᵢ over the distinct scores from the highest down, with precision P and recall R among the photos of at least that
score. Photos of one score are taken together, so that an order among them, which says nothing, counts for nothing.
"""

from collections.abc import Iterator

import numpy as np

from tltool.intervals import mean_of

LARGEST = 4_000_000  # weights at once


def average_precision(has: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Average precision of every label, float64 [k]; NaN for one that no photo has.

    Args:
        has: which labels each photo has, bool [n, k].
        scores: [n, k].
    """
    return next(weighted_precisions(has, scores, np.ones((1, len(has)))))[0]


def macro_average_precision(has: np.ndarray, scores: np.ndarray) -> float:
    """The mean over the labels that occur; 0 where none does."""
    return mean_of(average_precision(has, scores))


def weighted_precisions(has: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> Iterator[np.ndarray]:
    """Average precision of every label for each row of weights [b, n] of the photos, block after block, float64 [b', k]."""
    orders = [_ranked(has[:, label], scores[:, label]) for label in range(has.shape[1])]
    size = max(1, LARGEST // max(1, len(has)))
    for start in range(0, len(weights), size):
        yield np.stack([_weighted(*ranked, weights[start : start + size]) for ranked in orders], axis=1)


def _ranked(has: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The photos from the highest score down, which of them have the label, and where a score ends."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    return order, has[order].astype(np.float64), np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))


def _weighted(order: np.ndarray, has: np.ndarray, ends: np.ndarray, weights: np.ndarray) -> np.ndarray:
    drawn = weights[:, order]
    hits, named = np.cumsum(drawn * has, axis=1)[:, ends], np.cumsum(drawn, axis=1)[:, ends]
    gains = np.diff(hits, axis=1, prepend=0)
    total = hits[:, -1]
    precision = np.divide(hits, named, out=np.zeros_like(hits), where=named > 0)
    return np.divide((gains * precision).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)
