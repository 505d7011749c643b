"""Standardised features → linear classifiers along a path of strengths: by logistic regression, or in closed form by ridge regression."""

import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # C of scikit-learn: larger fits the training photos closer
RIDGE_STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)  # 1 / penalty, which is in units of the mean variance of a feature
MOST_PRODUCTS = 3e9  # photos × features × classes: a minute or so of logistic regression on one core, and seconds of ridge
CHUNK = 4096  # photos at once
LARGEST_SAMPLE = 4096  # photos that the scale is fitted on


class Solution(NamedTuple):
    """Log odds of each class, up to a number that all share: features @ coef.T + intercept.

    ``coef`` is [classes, d] and ``intercept`` [classes]; for two classes both have one row, the log odds of the second class.
    """

    strength: float
    coef: np.ndarray
    intercept: np.ndarray
    scale: float = 1.0  # by which the scores of a ridge regression were multiplied; its inverse is called the temperature


def is_slow(features: np.ndarray, classes: int) -> bool:
    """Whether logistic regression on ``features`` [n, d] would take minutes."""
    return features.size * (1 if classes == 2 else classes) > MOST_PRODUCTS


def logistic_path(x: np.ndarray, labels: np.ndarray, weights: np.ndarray, strengths: Sequence[float] = STRENGTHS) -> Iterator[Solution]:
    """Logistic regressions of ascending strength, each started from the last.

    On one core: its products are so small that threads wait for each other longer than they compute, many times longer where other
    programs want the cores too.

    Args:
        x: float [n, d], standardised.
        labels: int [n], two classes or more.
        weights: of each photo in the loss, [n].
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(max_iter=300, warm_start=True)
    for strength in strengths:
        with threadpool_limits(1, "blas"), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopped at 300 steps it is still a candidate, judged on photos held out
            model.set_params(C=strength).fit(x, labels, sample_weight=weights)
        yield Solution(strength, model.coef_.copy(), model.intercept_.copy())


def ridge_path(
    x: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    held: tuple[np.ndarray, np.ndarray],
    strengths: Sequence[float] = RIDGE_STRENGTHS,
    scale: float | None = None,
) -> Iterator[Solution]:
    """Ridge regressions on 0 and 1 for each class, of ascending strength, from one eigendecomposition.

    With X the centred features and Y the targets, W = (XᵀX + n·λ)⁻¹ XᵀY = V (S + n·λ)⁻¹ Vᵀ XᵀY where XᵀX = V S Vᵀ (Hoerl and Kennard
    1970); λ is 1 / strength times the mean variance of a feature. A ridge score is no log odds, so all are multiplied by the one number
    ``scale`` that gives the photos ``held`` the lowest log loss (a temperature, Guo et al. 2017), unless it is given.

    Args:
        x, labels, weights: as in ``logistic_path``.
        held: features [h, d] and labels [h] of photos that are not in ``x``.
    """
    classes, index = np.unique(labels, return_inverse=True)
    share = weights / weights.sum()
    mean = share @ x
    prior = np.bincount(index, share)
    centred = np.empty_like(x, np.float32)
    for start in range(0, len(x), CHUNK):
        centred[start : start + CHUNK] = (x[start : start + CHUNK] - mean) * np.sqrt(share[start : start + CHUNK, None])
    values, vectors = _directions(centred)
    sums = np.stack([np.sqrt(share[index == c]) @ centred[index == c] for c in range(len(classes))], axis=1)  # XᵀY, float [d, classes]
    del centred  # several paths may wait for each other
    turned = vectors.T @ sums
    for strength in strengths:
        coef = (vectors @ (turned / (values + values.sum() / x.shape[1] / strength)[:, None])).T
        intercept = prior - coef @ mean
        if len(classes) == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        factor = scale or _best_scale(held[0] @ coef.T + intercept, np.searchsorted(classes, held[1]), np.isin(held[1], classes))
        yield Solution(strength, coef * factor, intercept * factor, factor)


def log_probabilities(scores: np.ndarray) -> np.ndarray:
    """Log odds [n, classes], or [n, 1] for two classes, as ``Solution`` has them → log probabilities float64 [n, classes]."""
    from scipy.special import log_softmax

    scores = scores.astype(np.float64)
    return log_softmax(np.hstack([np.zeros_like(scores), scores]) if scores.shape[1] == 1 else scores, axis=1)


def _directions(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues [r] and eigenvectors [d, r] of ``x.T @ x`` for x [n, d], those of 0 left out; from ``x @ x.T`` where n is smaller."""
    from scipy.linalg import eigh

    wide = x.shape[0] < x.shape[1]
    values, vectors = eigh((x @ x.T if wide else _product(x)).astype(np.float64), driver="evd", overwrite_a=True, check_finite=False)
    kept = values > values[-1] * 1e-7
    values, vectors = values[kept], vectors[:, kept]
    return values, (x.T @ vectors) / np.sqrt(values) if wide else vectors


def _product(x: np.ndarray) -> np.ndarray:
    """``x.T @ x``, summed up in float64 so that many photos do not blur it."""
    total = np.zeros((x.shape[1], x.shape[1]))
    for start in range(0, len(x), CHUNK):
        part = x[start : start + CHUNK]
        total += part.T @ part
    return total


def _best_scale(scores: np.ndarray, labels: np.ndarray, known: np.ndarray) -> float:
    """The factor on ``scores`` [h, classes] with which ``labels`` have the lowest log loss; 1 where no label is ``known``."""
    from scipy.optimize import minimize_scalar

    rows = np.flatnonzero(known)
    rows = rows[:: max(1, len(rows) // LARGEST_SAMPLE)]
    if not len(rows):
        return 1.0
    scores, labels = scores[rows], labels[rows]

    def loss(power: float) -> float:
        return -float(log_probabilities(np.exp(power) * scores)[np.arange(len(rows)), labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 7), method="bounded", options={"xatol": 1e-3}).x))
