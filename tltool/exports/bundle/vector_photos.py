"""Which photos become test vectors: clear answers of every class, and of those the ones that an app's usual mistakes move most."""

from collections.abc import Callable
from itertools import zip_longest

import numpy as np

from tltool.evaluation.predictors import score_batches
from tltool.exports.bundle.vectors import Vector, leads
from tltool.exports.reference import Reference

FEWEST, MOST, TRIED = 8, 10, 40
CLEAR = 0.5  # the lead over the second class that a vector should have: no tie that rounding turns, no certainty that hides a fault

# What apps do wrong with the pixels uint8 [n, size, size, 3] of photos.
MISTAKES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "red and blue exchanged": lambda photos: photos[..., ::-1],
    "divided by 255": lambda photos: photos // 255,
    "mirrored": lambda photos: photos[:, :, ::-1],
}


def choose_vectors(reference: Reference) -> list[Vector]:
    """Eight to ten of the photos of ``reference``, which the model has not learned from, of as many classes as possible; all where
    there are fewer.

    Of every class those are looked at that get the right answer with a lead closest to one half, 40 in all; of them those come first that
    one of the ``MISTAKES`` moves as far as any.
    """
    classes = _spread(np.unique(reference.labels))
    clearest = np.argsort(_doubts(reference.expected, reference.labels), kind="stable")
    tried = _in_turns(clearest[np.isin(reference.labels[clearest], classes)], reference.labels)[:TRIED]
    telling = tried[np.argsort(-_tell_mistakes(reference, tried), kind="stable")]
    taken = _in_turns(telling, reference.labels)[: max(FEWEST, len(classes))]
    return [Vector(reference.pixels[reference.rows[[i]]][0], reference.predictor.classes[reference.labels[i]]) for i in sorted(taken)]


def _spread(classes: np.ndarray) -> np.ndarray:
    """At most ``MOST`` of the classes, evenly."""
    return classes[np.unique(np.linspace(0, len(classes) - 1, min(MOST, len(classes))).astype(int))]


def _doubts(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How unfit each photo is for a vector [n]: the distance of its lead from ``CLEAR``, and 1 more where the answer is wrong."""
    return np.abs(leads(probabilities) - CLEAR) + (probabilities.argmax(axis=1) != labels)


def _in_turns(order: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The photos ``order`` with the classes taking turns, each in the order it has."""
    parts = [order[labels[order] == label].tolist() for label in np.unique(labels[order])]
    return np.array([i for turn in zip_longest(*parts) for i in turn if i is not None], int)


def _tell_mistakes(reference: Reference, tried: np.ndarray) -> np.ndarray:
    """How far a mistake moves the answer to each photo ``tried``, as a share of the farthest that it moves any [len(tried)]; of several
    mistakes the one with the largest share counts. A wrong answer, or one that is nearly a tie, tells least."""

    def ask(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return np.concatenate(list(score_batches(reference.predictor, lambda rows: change(reference.pixels[rows]), reference.rows[tried])))

    gaps = np.stack([np.abs(ask(change) - reference.expected[tried]).max(axis=1) for change in MISTAKES.values()])  # [mistakes, tried]
    shares = gaps / np.maximum(gaps.max(axis=1, keepdims=True), 1e-6)
    right = reference.expected[tried].argmax(axis=1) == reference.labels[tried]
    return shares.max(axis=0) + (right & (leads(reference.expected[tried]) >= CLEAR / 2))
