"""Which photos become test vectors: clear answers of every class, and of those the ones that an app's usual mistakes move most."""

from collections.abc import Callable
from itertools import zip_longest

import numpy as np

from tltool.evaluation.predictors import score_batches
from tltool.exports.bundle.reading import Reading
from tltool.exports.bundle.vectors import Vector
from tltool.exports.reference import Reference

FEWEST, MOST, TRIED = 8, 10, 40
CLEAR = 0.5  # the lead over another answer that a vector should have: no tie that rounding turns, no certainty that hides a fault

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
    reading, strata = Reading.by(reference.predictor), reference.strata
    truths, right = _judged(reference, reading)
    leads = reading.leads(reference.expected)
    classes = _spread(np.unique(strata))
    clearest = np.argsort(np.abs(leads - CLEAR) + ~right, kind="stable")
    tried = _in_turns(clearest[np.isin(strata[clearest], classes)], strata)[:TRIED]
    shares = _tell_mistakes(reference, tried) + (right & (leads >= CLEAR / 2))[tried]  # a wrong answer, or nearly a tie, tells least
    taken = _in_turns(tried[np.argsort(-shares, kind="stable")], strata)[: max(FEWEST, len(classes))]
    return [Vector(reference.pixels[reference.rows[[i]]][0], truths[i]) for i in sorted(taken)]


def _judged(reference: Reference, reading: Reading) -> tuple[np.ndarray, np.ndarray]:
    """The true answer of every photo and whether it was given, text and bool [n]. Where answers are located there are no two of them alike:
    then none is written down, and whatever shows something is as good as another."""
    labels, said = reading.asked.labels, reading.said(reference.expected)
    if labels.ANNOTATED:
        return np.full(len(said), "", object), np.array([bool(labels.names(cell)) for cell in said])
    right = [labels.names(cell) == labels.names(true) for cell, true in zip(said, reference.cells, strict=True)]
    return np.array(reference.cells, object), np.array(right, bool)


def _spread(classes: np.ndarray) -> np.ndarray:
    """At most ``MOST`` of the classes, evenly."""
    return classes[np.unique(np.linspace(0, len(classes) - 1, min(MOST, len(classes))).astype(int))]


def _in_turns(order: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The photos ``order`` with the classes taking turns, each in the order it has."""
    parts = [order[labels[order] == label].tolist() for label in np.unique(labels[order])]
    return np.array([i for turn in zip_longest(*parts) for i in turn if i is not None], int)


def _tell_mistakes(reference: Reference, tried: np.ndarray) -> np.ndarray:
    """How far a mistake moves the answer to each photo ``tried``, as a share of the farthest that it moves any [len(tried)]; of several
    mistakes the one with the largest share counts."""

    def ask(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return np.concatenate(list(score_batches(reference.predictor, lambda rows: change(reference.pixels[rows]), reference.rows[tried])))

    apart = [np.abs(ask(change) - reference.expected[tried]) for change in MISTAKES.values()]
    gaps = np.stack([gap.reshape(len(tried), -1).max(axis=1) for gap in apart])  # [mistakes, tried]
    return (gaps / np.maximum(gaps.max(axis=1, keepdims=True), 1e-6)).max(axis=0)
