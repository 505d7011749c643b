"""How far features vary, said so that a few photos are enough: each variance is drawn towards that of the others."""

import numpy as np

CHUNK = 4096  # photos at once
ROUNDING = 1e-6  # of its mean: a feature that varies by less is constant, but for rounding


def shrunken_scale(features: np.ndarray, views: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of each feature, float64 [d] each; every spread is above 0.

    On a few photos a feature can hardly vary by chance, and dividing by its own spread would let it decide everything. So each variance is
    drawn towards the median one, v* = λ·median + (1 − λ)·v, with the λ that has the lowest expected squared error:
    λ = Σ Var(v) / Σ (v − median)², at most 1 (Opgen-Rhein and Strimmer 2007, "Accurate ranking of differentially expressed genes by a
    distribution-free shrinkage approach"). λ falls as 1 / photos, so that with many photos each feature has its own spread. Of fewer than
    three photos nothing can be said of Var(v), and λ is 1.

    Constant features, which nobody can learn from, are left out of the median and get its spread.

    Args:
        features: float [views · n, d], view after view, each of the same n photos in the same order.
        views: how often each photo is there; it counts once.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    variance, doubt = _variances(features.reshape(views, -1, features.shape[1]), mean)
    varies = np.sqrt(variance) > ROUNDING * np.abs(mean)
    if not varies.any():
        return mean, np.ones_like(mean)
    median = np.median(variance[varies])
    intensity = _intensity(variance[varies], median, doubt[varies])
    return mean, np.sqrt(np.where(varies, intensity * median + (1 - intensity) * variance, median))


def _variances(features: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of ``features`` [views, n, d] the variance over photos and the variance of that estimate, float64 [d] each."""
    n, total, squares = features.shape[1], np.zeros_like(mean), np.zeros_like(mean)
    for start in range(0, n, CHUNK):
        deviations = ((features[:, start : start + CHUNK] - mean) ** 2).mean(axis=0)  # [photos, d]
        total += deviations.sum(axis=0)
        squares += (deviations**2).sum(axis=0)
    if n < 3:
        return total / n, np.full_like(mean, np.inf)
    return total / (n - 1), n / (n - 1) ** 3 * np.maximum(squares - total**2 / n, 0)


def _intensity(variance: np.ndarray, median: float, doubt: np.ndarray) -> float:
    distance = ((variance - median) ** 2).sum()
    return min(1.0, doubt.sum() / distance) if distance else 1.0
