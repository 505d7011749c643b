"""Logits → probabilities, how far these are from the share of answers that is right, and which classes have enough of it."""

from collections.abc import Sequence

import numpy as np

from tltool.evaluation.calibration import calibration_error


def outputs(logits: np.ndarray) -> np.ndarray:
    """Logits [n, classes], or [n, 1] of one sigmoid neuron, → probabilities float32 [n, classes]."""
    return np.exp(_log_probabilities(logits)).astype("float32")


def log_loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Sum of −log of the probability of the right class, ``labels`` int [n]."""
    return float(-_log_probabilities(logits)[np.arange(len(labels)), labels].sum())


def error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The expected calibration error, see ``evaluation.calibration``."""
    return calibration_error(probabilities, labels)


def certainty(probabilities: np.ndarray) -> np.ndarray:
    """The largest of the probabilities [n, classes], of each photo."""
    return probabilities.max(axis=1)


def of_truth(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The probability of the right class."""
    return probabilities[np.arange(len(labels)), labels]


def fitting(probabilities: np.ndarray, classes: Sequence[str], least: float) -> list[tuple[str, float]]:
    """The classes with a probability of ``least`` or more; there may be none."""
    ordered = np.argsort(-probabilities, kind="stable")
    return [(classes[i], float(probabilities[i])) for i in ordered if probabilities[i] >= least]


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    from scipy.special import log_softmax

    odds = logits.astype(np.float64)
    return log_softmax(np.hstack([np.zeros_like(odds), odds]) if odds.shape[1] == 1 else odds, axis=1)
