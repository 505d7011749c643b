"""Features → the best linear head, solved and not trained; its solution starts the Keras head.

And what such a head says of photos that it has not learned from.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tltool.errors import DataError
from tltool.training.balance import class_weights
from tltool.training.shrinkage import shrunken_scale
from tltool.training.solvers import STRENGTHS, Solution, is_slow, log_probabilities, logistic_path, ridge_path

LEAST = -35.0  # log probability of a class that a probe does not know


@dataclass(frozen=True)
class Probe:
    """A linear classifier on raw features: scores = features @ kernel + bias.

    ``kernel`` is [d, classes] and ``bias`` [classes]; for one sigmoid neuron both have one column. ``method`` says for people how it was
    found, and why so.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    accuracy: float
    method: str = "logistic regression"


def fit_probe(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    classes: int,
    single: bool,
    balanced: bool = False,
    views: int = 1,
) -> Probe:
    """The linear classifier on standardised features that has the lowest log loss on the validation photos.

    It is a logistic regression, or, where that would take minutes, a ridge regression (``solvers``). The validation photos choose its
    strength and teach it nothing: what is decided later, such as whether fine-tuning did better, is decided by them too.

    Args:
        train, validation: features [n, d] and labels int [n]; those of ``train`` view after view, as ``shrunken_scale`` has them.
        classes: number of classes; each must occur in ``train``.
        balanced: let every class count the same in the fit, however many photos it has.
        single: two classes as one sigmoid neuron.
        views: how often each photo is in ``train``; it counts once.
    """
    mean, spread = shrunken_scale(train[0], views)
    x, x_validation = (((features - mean) / spread).astype(train[0].dtype) for features, _ in (train, validation))
    weights = (class_weights(train[1]) if balanced else np.ones(len(x))) / views
    slow, method = is_slow(x, classes), "logistic regression"
    best, logs = _choose(slow, x, train[1], weights, x_validation, validation[1], classes)
    accuracy = float(np.mean(logs.argmax(axis=1) == validation[1]))
    if slow:
        method = f"ridge regression, as logistic regression on {len(x):,} photos and {classes:,} classes would take minutes"
    return Probe(*_fold(best.coef, best.intercept, mean, spread, single), best.strength, accuracy, method)


def _choose(
    slow: bool,
    x: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    x_held: np.ndarray,
    held: np.ndarray,
    classes: int,
    like: Solution | None = None,
) -> tuple[Solution, np.ndarray]:
    """The solution with the lowest log loss on the photos held out, or the one of the strength and scale of ``like``; and its log
    probabilities of those photos, [h, classes]."""
    known, best, lowest = np.unique(labels), None, np.inf
    for solution in _path(slow, x, labels, weights, (x_held, held), like):
        logs = np.full((len(held), classes), LEAST)
        logs[:, known] = log_probabilities(x_held @ solution.coef.T + solution.intercept)
        loss = -logs[np.arange(len(held)), held].mean()
        if best is None or loss < lowest:
            best, lowest = (solution, logs), loss
        elif loss > 1.1 * lowest:
            break  # the path is past its best; weaker regularisation only costs time
    assert best is not None
    return best


def _path(
    slow: bool, x: np.ndarray, labels: np.ndarray, weights: np.ndarray, held: tuple[np.ndarray, np.ndarray], like: Solution | None
) -> Iterator[Solution]:
    if slow:
        return ridge_path(x, labels, weights, held, *(((like.strength,), like.scale) if like else ()))
    return logistic_path(x, labels, weights, (like.strength,) if like else STRENGTHS)


def _fold(coef: np.ndarray, intercept: np.ndarray, mean: np.ndarray, spread: np.ndarray, single: bool) -> tuple[np.ndarray, np.ndarray]:
    """Standardisation folded into the weights: w·(x − μ)/σ + b = (w/σ)·x + (b − w·μ/σ).

    For two classes scikit-learn has one row of coefficients, the log odds of the second class; softmax gets it as ±half.
    """
    kernel, bias = (coef / spread).T, intercept - (coef / spread) @ mean
    if kernel.shape[1] == 1 and not single:
        kernel, bias = np.hstack([-kernel / 2, kernel / 2]), np.concatenate([-bias / 2, bias / 2])
    return kernel.astype("float32"), bias.astype("float32")


def out_of_fold(
    features: np.ndarray, labels: np.ndarray, classes: int, folds: int, groups: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """What linear probes on standardised features say of photos they have not learned from.

    The photos are dealt into ``folds`` parts of like class shares, whole groups at a time; each part is answered by a probe of all
    others. All probes share one strength: the one whose answers for the first part have the lowest log loss. Where logistic regression
    would take minutes, the probes are ridge regressions (``solvers``).

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
    part, slow = _deal(labels, np.arange(len(labels)) if groups is None else groups, folds, seed), is_slow(features, classes)
    probabilities, like = np.zeros((len(labels), classes)), None
    for fold in range(folds):
        held = part == fold
        probabilities[held], like = _answer(slow, features[~held], labels[~held], features[held], labels[held], classes, like)
    return probabilities


def _deal(labels: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """The part of every photo, int [n]: groups in random order, class after class (a group has that of its first photo), dealt in turn."""
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    if not 2 <= folds <= len(first):
        raise DataError(
            f"There must be 2 folds or more, and no more than independent photos. Received: {folds} folds, {len(first)} photos."
        )
    shuffled = np.random.default_rng(seed).permutation(len(first))
    order = shuffled[np.argsort(labels[first[shuffled]], kind="stable")]
    turn = np.empty(len(first), np.int64)
    turn[order] = np.arange(len(first)) % folds
    return turn[member]


def _answer(
    slow: bool, x: np.ndarray, labels: np.ndarray, x_held: np.ndarray, held: np.ndarray, classes: int, like: Solution | None
) -> tuple[np.ndarray, Solution | None]:
    """Probabilities [h, classes] of the held-out photos, and the solution they come from: one ``like`` that, or of the lowest log loss."""
    known = np.unique(labels)
    if len(known) == 1:
        return np.tile(np.eye(classes)[known[0]], (len(held), 1)), like
    mean, spread = shrunken_scale(x)
    x, x_held = (((part - mean) / spread).astype(x.dtype) for part in (x, x_held))
    solution, logs = _choose(slow, x, labels, np.ones(len(x)), x_held, held, classes, like)
    return np.where(logs > LEAST, np.exp(logs), 0), solution
