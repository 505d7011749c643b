"""Of all boxes those that are shown, because their score reaches a threshold: how often they are right, and what they are taken for."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.tasks.detect.boxes import Boxes, boxes_of, overlaps
from tltool.tasks.detect.matches import HALF, OVERLAPS, Matches

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


def confusion(truths: Collection[Truth], answers: Collection[Truth], classes: Sequence[str], threshold: float) -> np.ndarray:
    """Objects in rows against what is shown at their places in columns, int [classes + 1, classes + 1]; the last row is of boxes where
    there is no object, the last column of objects that are missed.

    A box shows the object that it overlaps most, by at least a half: first those of its class, then the others. Boxes on a crowd of their
    class do not count.
    """
    table = np.zeros((len(classes) + 1,) * 2, int)
    for truth, answer in zip(truths, answers, strict=True):
        objects, boxes = boxes_of(truth, classes), boxes_of(answer, classes)
        _count(table, objects, boxes.of(boxes.scores >= threshold))
    return table


def _count(table: np.ndarray, objects: Boxes, boxes: Boxes) -> None:
    single, crowds, boxes = objects.of(~objects.crowd), objects.of(objects.crowd), boxes.of(np.argsort(-boxes.scores, kind="stable"))
    shared, same = overlaps(boxes.corners, single.corners), boxes.kinds[:, None] == single.kinds
    object_of = np.full(len(boxes.kinds), -1)
    for allowed in (same, ~same):
        for place in np.flatnonzero(object_of < 0):
            free = np.where(allowed[place] & ~np.isin(np.arange(len(single.kinds)), object_of), shared[place], 0)
            if free.max(initial=0) >= OVERLAPS[HALF]:
                object_of[place] = free.argmax()
    found, lost = object_of >= 0, ~np.isin(np.arange(len(single.kinds)), object_of)
    np.add.at(table, (single.kinds[object_of[found]], boxes.kinds[found]), 1)
    np.add.at(table[:, -1], single.kinds[lost], 1)
    np.add.at(table[-1], boxes.kinds[~found & ~_on_crowds(boxes, crowds)], 1)


def _on_crowds(boxes: Boxes, crowds: Boxes) -> np.ndarray:
    """Whether half of a box lies on a crowd of its class, bool [k], as COCO's matching has it."""
    low = np.maximum(boxes.corners[:, None, :2], crowds.corners[None, :, :2])
    high = np.minimum(boxes.corners[:, None, 2:], crowds.corners[None, :, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=2)
    own = np.prod(boxes.corners[:, 2:] - boxes.corners[:, :2], axis=1)
    same = boxes.kinds[:, None] == crowds.kinds
    return ((common >= OVERLAPS[HALF] * own[:, None]) & same).any(axis=1)
