"""Labels in doubt: photos that a classifier which has not learned from them takes for another class."""

from typing import NamedTuple

import numpy as np

SURE = 0.95  # nineteen to one against the label; where all else is plain, a wrong label may miss its class's threshold narrowly


class Doubt(NamedTuple):
    """Photo ``row`` is labelled ``given`` and looks like ``suggested``, both class indices; ``doubt`` is above 0.5 and up to 1, worst."""

    row: int
    given: int
    suggested: int
    doubt: float


def find_label_errors(probabilities: np.ndarray, labels: np.ndarray) -> list[Doubt]:
    """Photos whose label the probabilities contradict, worst first; confident learning says how many they are.

    A photo is confidently of a class when its probability reaches the class's threshold, the mean probability of that class among
    the photos that carry its label; so a class that is hard to tell needs less to be believed than a plain one. As many photos are
    in doubt as are confidently of another class, and all with a doubt of ``SURE`` or more. They are those of the largest
    ``doubt`` = p(suggested) / (p(suggested) + p(given)), where the suggested class is the most probable other one: a ranking that
    finds more of the wrong labels than margins do.

    A class whose threshold is below chance, 1/classes, was not learned, as with one photo or two: its labels are neither doubted nor
    suggested.

    Curtis G. Northcutt, Lu Jiang, Isaac L. Chuang: Confident Learning: Estimating Uncertainty in Dataset Labels. Journal of
    Artificial Intelligence Research 70 (2021), 1373–1411.

    Args:
        probabilities: float [n, classes], out-of-fold (``training.probe.out_of_fold``).
        labels: int [n]; not every class need occur.
    """
    (n, classes), rows = probabilities.shape, np.arange(len(labels))
    own = probabilities[rows, labels]
    thresholds = np.bincount(labels, weights=own, minlength=classes) / np.maximum(np.bincount(labels, minlength=classes), 1)
    is_learned = thresholds >= 1 / classes
    others = np.where(is_learned, probabilities, 0.0)
    confident = np.where(probabilities >= thresholds, others, 0.0)
    is_judged = is_learned[labels]
    is_confident = is_judged & (confident.max(axis=1, initial=0) > own * (own >= thresholds[labels]))

    others[rows, labels] = 0
    suggested = others.argmax(axis=1) if n else rows
    best = others[rows, suggested]
    doubt = np.where(is_judged, best / np.maximum(best + own, 1e-300), 0)
    worst = np.argsort(-doubt, kind="stable")[: max(is_confident.sum(), (doubt >= SURE).sum())]
    return [Doubt(int(row), int(labels[row]), int(suggested[row]), float(doubt[row])) for row in worst if doubt[row] > 0.5]
