"""Of all boxes those that are shown, because their score reaches a threshold: how often they are right, and what they are taken for."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.tasks.detect.boxes import Boxes
from tltool.tasks.detect.matches import BOXES, HALF, OVERLAPS, Matches, Regions, overlaps_of

THRESHOLDS = np.linspace(0.01, 0.99, 99)


class Counts(NamedTuple):
    """Of one class at one threshold or several: objects found, boxes shown, and objects that there are; boxes on a crowd do not count."""

    hits: np.ndarray
    said: np.ndarray
    objects: np.ndarray

    @property
    def precision(self) -> np.ndarray:
        return self.hits / np.maximum(1, self.said)

    @property
    def recall(self) -> np.ndarray:
        return self.hits / np.maximum(1, self.objects)

    @property
    def f1(self) -> np.ndarray:
        return 2 * self.hits / np.maximum(1, self.said + self.objects)


def counted(its: Matches, thresholds: np.ndarray) -> Counts:
    """How boxes of at least each of the ``thresholds`` do, at an overlap of a half, int [len(thresholds)] each. Matching goes from the
    highest score down, so that what is not shown has changed nothing before it."""
    shown = np.searchsorted(-its.scores, -thresholds, side="right")
    hits, said = (np.concatenate([[0], np.cumsum(column[HALF])])[shown] for column in (its.right, its.counts))
    return Counts(hits, said, np.full(len(thresholds), its.objects.sum()))


def best_threshold(matches: Sequence[Matches], otherwise: float) -> float:
    """The threshold with the best F1, the mean over the classes that have objects; in the middle of those that are as good, and
    ``otherwise`` where nothing can be found or nothing is."""
    f1 = np.array([counted(its, THRESHOLDS).f1 for its in matches if its.objects.any()])
    if not f1.any():
        return otherwise
    mean = f1.mean(axis=0)
    best = np.flatnonzero(mean >= mean.max() - 1e-12)
    return round(float(THRESHOLDS[best[len(best) // 2]]), 4)


def confusion(
    truths: Collection[Truth], answers: Collection[Truth], classes: Sequence[str], threshold: float, regions: Regions = BOXES
) -> np.ndarray:
    """Objects in rows against what is shown at their places in columns, int [classes + 1, classes + 1]; the last row is of boxes where
    there is no object, the last column of objects that are missed.

    A box shows the object that it overlaps most, by at least a half: first those of its class, then the others. Boxes on a crowd of their
    class do not count.
    """
    table = np.zeros((len(classes) + 1,) * 2, int)
    for truth, answer in zip(truths, answers, strict=True):
        (objects, places), (boxes, found) = regions.of(truth, classes), shown_of(answer, classes, threshold, regions)
        _count(table, objects, boxes, overlaps_of(found, places, objects.crowd))
    return table


def shown_of(answer: Truth, classes: Sequence[str], threshold: float, regions: Regions) -> tuple[Boxes, list[Any]]:
    """What is shown of an answer, from the highest score down: boxes, and the region of each."""
    boxes, found = regions.of(answer, classes)
    order = np.argsort(-boxes.scores, kind="stable")
    shown = order[boxes.scores[order] >= threshold]
    return boxes.of(shown), [found[place] for place in shown]


def _count(table: np.ndarray, objects: Boxes, boxes: Boxes, overlaps: np.ndarray) -> None:
    """``overlaps`` [boxes, objects]."""
    single, same = objects.of(~objects.crowd), boxes.kinds[:, None] == objects.kinds
    shared, alike = overlaps[:, ~objects.crowd], same[:, ~objects.crowd]
    object_of = np.full(len(boxes.kinds), -1)
    for allowed in (alike, ~alike):
        for place in np.flatnonzero(object_of < 0):
            free = np.where(allowed[place] & ~np.isin(np.arange(len(single.kinds)), object_of), shared[place], 0)
            if free.max(initial=0) >= OVERLAPS[HALF]:
                object_of[place] = free.argmax()
    found, lost = object_of >= 0, ~np.isin(np.arange(len(single.kinds)), object_of)
    on_crowd = ((overlaps >= OVERLAPS[HALF]) & same)[:, objects.crowd].any(axis=1)
    np.add.at(table, (single.kinds[object_of[found]], boxes.kinds[found]), 1)
    np.add.at(table[:, -1], single.kinds[lost], 1)
    np.add.at(table[-1], boxes.kinds[~found & ~on_crowd], 1)
