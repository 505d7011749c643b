"""Logits → probabilities, and how far these are from the share of answers that is right."""

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


def _log_probabilities(logits: np.ndarray) -> np.ndarray:
    from scipy.special import log_softmax

    odds = logits.astype(np.float64)
    return log_softmax(np.hstack([np.zeros_like(odds), odds]) if odds.shape[1] == 1 else odds, axis=1)
