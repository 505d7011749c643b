"""How far the probability of an answer can be trusted, as the model gives it, and as it was before a temperature was folded into it."""

import numpy as np

from tltool.evaluation.calibration import BINS
from tltool.intervals import RESAMPLES, percentiles


def certainty_of(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each photo the probability of its answer, and 1 where that is right, else 0; float64 [n] each, of probabilities [n, classes]."""
    return probabilities.max(axis=1), (probabilities.argmax(axis=1) == labels).astype(float)


def uncooled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities [n, classes] as they were before their logits were divided by ``temperature``."""
    if temperature == 1:
        return probabilities
    logs = temperature * np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    before: np.ndarray = np.exp(logs - logs.max(axis=1, keepdims=True))
    return before / before.sum(axis=1, keepdims=True)


def calibration_interval(labels: np.ndarray, probabilities: np.ndarray) -> list[float]:
    """The middle 95 % of ``evaluation.calibration.calibration_error`` over ``RESAMPLES`` samples of the photos with replacement."""
    certainty, right = certainty_of(labels, probabilities)
    bins, gaps, n, random = _bins_of(certainty), right - certainty, len(labels), np.random.default_rng(0)
    drawn = (random.integers(0, n, n) for _ in range(RESAMPLES))  # one after the other: all at once they may be gigabytes
    return percentiles(np.array([_error(bins[rows], gaps[rows]) for rows in drawn]))


def error_by_chance(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The mean calibration error of answers that are as often right as they say, on as many photos: it is not 0, as in a bin of few photos
    the share that is right is off by chance."""
    certainty, _ = certainty_of(labels, probabilities)
    bins, random = _bins_of(certainty), np.random.default_rng(0)
    return float(np.mean([_error(bins, (random.random(len(labels)) < certainty) - certainty) for _ in range(RESAMPLES)]))


def _error(bins: np.ndarray, gaps: np.ndarray) -> float:
    return float(np.abs(np.bincount(bins, gaps, BINS)).sum() / len(gaps))


def _bins_of(certainty: np.ndarray) -> np.ndarray:
    """Those of ``calibration_error``, int [n]."""
    return np.minimum((certainty * BINS).astype(int), BINS - 1)
