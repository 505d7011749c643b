"""Features → the best linear classifier of every label, solved and not trained; their solutions start the Keras head."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tltool.progress import warn
from tltool.tasks.multilabel.average_precision import macro_average_precision
from tltool.training.balance import class_weights
from tltool.training.shrinkage import shrunken_scale
from tltool.training.solvers import Solution, is_slow, logistic_path, ridge_path
from tltool.wording import counted

PAST = 1.1  # times the lowest log loss, after which weaker regularization only costs time


@dataclass(frozen=True)
class Probes:
    """A linear classifier for each label on raw features: logits = features @ kernel + bias.

    ``kernel`` is float32 [d, labels] and ``bias`` [labels]. ``score`` is their macro average precision on the validation photos; ``method``
    says for people how they were found.
    """

    kernel: np.ndarray
    bias: np.ndarray
    strength: float
    score: float
    method: str


def fit_probes(
    train: tuple[np.ndarray, np.ndarray], validation: tuple[np.ndarray, np.ndarray], balanced: bool = False, views: int = 1
) -> Probes:
    """Of every label the linear classifier on standardized features, at the one strength for all of them that has the lowest log loss on
    the validation photos: a rare label has too few of those to choose a strength of its own by.

    Each is a logistic regression, or where that would take minutes a ridge regression (``solvers``). A label that all training photos
    have, or none, gets its share of them as its probability, whatever a photo shows.

    Args:
        train, validation: features [n, d] and labels 0 and 1 [n, labels]; those of ``train`` view after view.
        balanced: let the photos that have a label count as much as those that have not, however many there are.
        views: how often each photo is in ``train``; it counts once.
    """
    mean, spread = shrunken_scale(train[0], views)
    x, held = (((features - mean) / spread).astype(train[0].dtype) for features, _ in (train, validation))
    _warn_of_constants(train[1])
    slow = is_slow(x, 2 * train[1].shape[1])
    paths = [_path(slow, x, train[1][:, label], balanced, views, (held, validation[1][:, label])) for label in range(train[1].shape[1])]
    best, lowest = None, np.inf
    for solutions in zip(*paths):
        coef, intercept = (np.concatenate(parts) for parts in zip(*((each.coef, each.intercept) for each in solutions)))
        loss = _log_loss(held @ coef.T + intercept, validation[1])
        if best is None or loss < lowest:
            best, lowest = (max(each.strength for each in solutions), coef, intercept), loss
        elif loss > PAST * lowest:
            break
    assert best is not None
    strength, coef, intercept = best
    score = macro_average_precision(validation[1].astype(bool), held @ coef.T + intercept)
    return Probes(*_fold(coef, intercept, mean, spread), strength, score, _method(slow, x, train[1].shape[1]))


def _path(
    slow: bool, x: np.ndarray, has: np.ndarray, balanced: bool, views: int, held: tuple[np.ndarray, np.ndarray]
) -> Iterator[Solution]:
    if has.min() == has.max():
        return _constant(x, has)
    weights = (class_weights(has) if balanced else np.ones(len(x))) / views
    return ridge_path(x, has, weights, held) if slow else logistic_path(x, has, weights)


def _constant(x: np.ndarray, has: np.ndarray) -> Iterator[Solution]:
    """The log odds of the rule of succession, (hits + 1) / (n + 2), without end."""
    while True:
        yield Solution(0.0, np.zeros((1, x.shape[1])), np.log([(has.sum() + 1) / (len(has) - has.sum() + 1)]))


def _warn_of_constants(labels: np.ndarray) -> None:
    if always := int((labels.min(axis=0) == labels.max(axis=0)).sum()):
        warn(f"{counted(always, 'label')} cannot be learned, because all training photos have {'it' if always == 1 else 'them'}, or none.")


def _log_loss(odds: np.ndarray, has: np.ndarray) -> float:
    """Mean over photos and labels, in nats."""
    return float(np.logaddexp(0, np.where(has, -odds, odds)).mean())


def _fold(coef: np.ndarray, intercept: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standardization folded into the weights, as in ``training.probe``."""
    return (coef / spread).T.astype("float32"), (intercept - (coef / spread) @ mean).astype("float32")


def _method(slow: bool, x: np.ndarray, labels: int) -> str:
    if not slow:
        return "a logistic regression for each label"
    return f"a ridge regression for each label, as logistic regression on {len(x):,} photos and {labels:,} labels would take minutes"
