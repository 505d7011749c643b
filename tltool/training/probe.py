"""Features → the best linear head, by logistic regression; its solution starts the Keras head.

And what such a head says of photos that it has not learned from.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tltool.errors import DataError

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # C of scikit-learn: larger fits the training photos closer


@dataclass(frozen=True)
class Probe:
    """A linear classifier on raw features: scores = features @ kernel + bias.

    ``kernel`` is [d, classes] and ``bias`` [classes]; for one sigmoid neuron both have one column.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    accuracy: float


def fit_probe(train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], classes: int, single: bool,
              balanced: bool = False) -> Probe:
    """The logistic regression on standardised features that has the lowest log loss on the validation photos.

    Args:
        train, validation: features [n, d] and labels int [n].
        classes: number of classes; each must occur in ``train``.
        balanced: let every class count the same in the fit, however many photos it has.
        single: two classes as one sigmoid neuron.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    mean, spread = _scale(train[0])
    x, x_validation = (((features - mean) / spread).astype(train[0].dtype) for features, _ in (train, validation))
    model = LogisticRegression(C=STRENGTHS[0], max_iter=300, warm_start=True, class_weight="balanced" if balanced else None)
    best: tuple[float, Probe] | None = None
    for strength in STRENGTHS:
        with warnings.catch_warnings():  # a path stopped at 300 steps is still a candidate, judged on the validation photos
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.set_params(C=strength).fit(x, train[1])
        loss = log_loss(validation[1], model.predict_proba(x_validation), labels=np.arange(classes))
        if best is None or loss < best[0]:
            accuracy = float(np.mean(model.predict(x_validation) == validation[1]))
            best = loss, Probe(*_fold(model.coef_, model.intercept_, mean, spread, single), strength, accuracy)
        elif loss > 1.1 * best[0]:
            break  # the path is past its best; weaker regularisation only costs time
    assert best is not None
    return best[1]


def _scale(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and spread of each feature, float64 [d]."""
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    return mean, np.where(spread > 1e-6 * np.abs(mean), spread, 1.0)  # a constant feature spreads by rounding alone


def _fold(coef: np.ndarray, intercept: np.ndarray, mean: np.ndarray, spread: np.ndarray, single: bool) -> tuple[np.ndarray, np.ndarray]:
    """Standardisation folded into the weights: w·(x − μ)/σ + b = (w/σ)·x + (b − w·μ/σ).

    For two classes scikit-learn has one row of coefficients, the log odds of the second class; softmax gets it as ±half.
    """
    kernel, bias = (coef / spread).T, intercept - (coef / spread) @ mean
    if kernel.shape[1] == 1 and not single:
        kernel, bias = np.hstack([-kernel / 2, kernel / 2]), np.concatenate([-bias / 2, bias / 2])
    return kernel.astype("float32"), bias.astype("float32")


def out_of_fold(features: np.ndarray, labels: np.ndarray, classes: int, folds: int, groups: np.ndarray | None = None,
                seed: int = 0) -> np.ndarray:
    """What logistic regressions on standardised features say of photos they have not learned from.

    The photos are dealt into ``folds`` parts of like class shares, whole groups at a time; each part is answered by a probe of all
    others. All probes share one strength: the one whose answers for the first part have the lowest log loss.

    Args:
        features: float [n, d].
        labels: int [n], 0 … classes − 1.
        folds: from 2 up.
        groups: any values [n]; photos of equal value share a part, so that near-duplicates do not vote for each other.
        seed: deals the photos.

    Returns:
        float64 probabilities [n, classes], rows sum to 1; 0 for a class that the other parts did not have.

    Raises:
        DataError: fewer groups than folds.
    """
    part = _deal(labels, np.arange(len(labels)) if groups is None else groups, folds, seed)
    probabilities = np.zeros((len(labels), classes))
    strengths: Sequence[float] = STRENGTHS
    for fold in range(folds):
        held = part == fold
        answers, strength = _answer(features[~held], labels[~held], features[held], labels[held], classes, strengths)
        probabilities[held], strengths = answers, (strength,)
    return probabilities


def _deal(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The part of every photo, int [n]: groups in random order, class after class (a group has that of its first photo), dealt in turn."""
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    if not 2 <= folds <= len(first):
        raise DataError(f"There must be 2 folds or more, and no more than independent photos. "
                        f"Received: {folds} folds, {len(first)} photos.")
    shuffled = np.random.default_rng(seed).permutation(len(first))
    order = shuffled[np.argsort(labels[first[shuffled]], kind="stable")]
    turn = np.empty(len(first), np.int64)
    turn[order] = np.arange(len(first)) % folds
    return turn[member]


def _answer(x: np.ndarray, labels: np.ndarray, x_held: np.ndarray, held: np.ndarray, classes: int,
            strengths: Sequence[float]) -> tuple[np.ndarray, float]:
    """Probabilities [h, classes] of the held-out photos at the strength of lowest log loss, and that strength."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    known = np.unique(labels)
    if len(known) == 1:
        return np.tile(np.eye(classes)[known[0]], (len(held), 1)), strengths[0]
    mean, spread = _scale(x)
    x, x_held = (((part - mean) / spread).astype(x.dtype) for part in (x, x_held))
    model, best = LogisticRegression(max_iter=300, warm_start=True), None
    for strength in strengths:
        with warnings.catch_warnings():  # as in fit_probe: judged all the same
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.set_params(C=strength).fit(x, labels)
        answers = np.zeros((len(held), classes))
        answers[:, known] = model.predict_proba(x_held)
        loss = -np.log(np.maximum(answers[np.arange(len(held)), held], 1e-15)).mean()
        if best is None or loss < best[0]:
            best = loss, answers, strength
        elif loss > 1.1 * best[0]:
            break
    assert best is not None
    return best[1], best[2]
