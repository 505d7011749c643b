"""Scores as honest as the photos allow: one curve, fitted on photos the model did not learn from, that makes 0.8 mean 8 in 10."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tltool.errors import DataError

SMALLEST = 1e-16  # where MediaPipe's logarithm turns straight, so that a score of 0 has one too
SPREAD = (0.5, 1.0)  # standard deviations of the prior on log(slope) and offset: with few photos the scores stay as they are
BINS = 10


@dataclass(frozen=True)
class ScoreCalibration:
    """``calibrated = sigmoid(slope · logit(score) + offset)``, the same for every class, so that the order of the classes stays.

    ``n`` photos were used; ``log_loss`` is the mean over them, in nats per photo and class, before and after.
    """

    slope: float  # > 0
    offset: float
    n: int
    log_loss_before: float
    log_loss_after: float

    def __call__(self, probabilities: np.ndarray) -> np.ndarray:
        """Scores 0…1 of any shape → calibrated scores; those of one photo need no longer add up to 1."""
        from scipy.special import expit

        return expit(self.slope * logit(probabilities) + self.offset)

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"formula": "sigmoid(slope * logit(score) + offset)", **asdict(self)}


def calibrate_scores(probabilities: np.ndarray, labels: np.ndarray) -> ScoreCalibration:
    """Fit the curve to the answers [n, classes] on photos of the classes ``labels`` [n], each class against the rest.

    This is Platt's sigmoid on the log odds ("Probabilistic outputs for support vector machines", 1999), with two parameters for all
    classes together and a Gaussian prior around doing nothing: with few photos, or photos that are all answered right, the scores stay
    near what they were.

    Raises:
        DataError: no photos, or scores that are not numbers.
    """
    from scipy.optimize import minimize

    if not len(labels) or not np.isfinite(probabilities).all():
        raise DataError(
            "Score calibration must have photos and scores that are numbers. "
            f"Received: {len(labels)} photos{', and NaN or infinity among their scores' if len(labels) else ''}."
        )
    odds, hits = logit(probabilities).ravel(), _one_hot(labels, probabilities.shape[1]).ravel()

    def cost(parameters: np.ndarray) -> float:
        return _log_loss(np.exp(parameters[0]) * odds + parameters[1], hits) + float(np.sum((parameters / SPREAD) ** 2)) / 2

    found = minimize(cost, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-7}).x
    slope, offset = float(np.exp(found[0])), float(found[1])
    return ScoreCalibration(
        slope, offset, len(labels), _log_loss(odds, hits) / len(odds), _log_loss(slope * odds + offset, hits) / len(odds)
    )


def calibration_error(scores: np.ndarray, labels: np.ndarray) -> float:
    """How far the score of the named class is from the share it is right, on average over ten bins of scores: 0 is perfect.

    The expected calibration error of Guo et al. ("On calibration of modern neural networks", 2017); ``scores`` [n, classes].
    """
    said, certainty = scores.argmax(axis=1), scores.max(axis=1)
    bins = np.minimum((certainty * BINS).astype(int), BINS - 1)
    parts = [np.flatnonzero(bins == number) for number in np.unique(bins)]
    return float(sum(len(part) * abs(np.mean(said[part] == labels[part]) - certainty[part].mean()) for part in parts) / len(labels))


def logit(scores: np.ndarray) -> np.ndarray:
    """Log odds of scores 0…1, finite also at 0 and 1, as MediaPipe's INVERSE_LOGISTIC computes them."""
    scores = scores.astype(np.float64)
    return _log(scores) - _log(1 - scores)


def _log(x: np.ndarray) -> np.ndarray:
    mirrored = 2 * np.log(SMALLEST) - np.log(np.maximum(2 * SMALLEST - x, SMALLEST))
    return np.where(x < SMALLEST, mirrored, np.log(np.maximum(x, SMALLEST)))


def _log_loss(odds: np.ndarray, hits: np.ndarray) -> float:
    """Sum over all of −log of the probability given to what was the case."""
    return float(np.logaddexp(0, np.where(hits, -odds, odds)).sum())


def _one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    return labels[:, None] == np.arange(classes)
