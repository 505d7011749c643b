"""Which answers are right: COCO's own matching (``pycocotools``) of boxes to the objects of a photo, class by class, at ten overlaps."""

import contextlib
import io
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.tasks.detect.boxes import Boxes, areas, boxes_of
from tltool.tasks.detect.decoding import MOST

OVERLAPS = np.linspace(0.5, 0.95, 10)  # intersection over union from which on a box is right
HALF, THREE_QUARTERS = 0, 5  # their places


class Matches(NamedTuple):
    """The d answers of one class in n photos, from the highest score down, and the objects that they were to find.

    Attributes:
        scores: float64 [d].
        photos: where each was said, int [d].
        right: whether each found an object that none before it had found, at every overlap, bool [10, d].
        counts: not so where it lies on a crowd, bool [10, d].
        objects: in every photo, int [n].
    """

    scores: np.ndarray
    photos: np.ndarray
    right: np.ndarray
    counts: np.ndarray
    objects: np.ndarray


def matched(truths: Collection[Truth], answers: Collection[Truth], classes: Sequence[str]) -> list[Matches]:
    """For every class, the boxes of ``answers`` against those of ``truths``, photo by photo."""
    from pycocotools.cocoeval import COCOeval  # beside matplotlib, which is slow to load

    with contextlib.redirect_stdout(io.StringIO()):
        sides = [_coco([boxes_of(truth, classes) for truth in its], len(classes)) for its in (truths, answers)]
        run = COCOeval(*sides, "bbox")
        run.params.iouThrs, run.params.maxDets = OVERLAPS, [MOST]
        run.params.areaRng, run.params.areaRngLbl = [[0, 1e12]], ["all"]
        run.evaluate()
    photos = len(truths)
    return [_of_class(run.evalImgs[start : start + photos]) for start in range(0, photos * len(classes), photos)]


def _coco(photos: Sequence[Boxes], classes: int) -> Any:
    """A data set of ``pycocotools``. Its ids begin with 1: 0 says "no match" there."""
    from pycocotools.coco import COCO

    known = COCO()
    known.dataset = {
        "images": [{"id": photo} for photo in range(len(photos))],
        "categories": [{"id": kind} for kind in range(classes)],
        "annotations": [{"id": number, **fields} for number, fields in enumerate(_annotations(photos), start=1)],
    }
    known.createIndex()
    return known


def _annotations(photos: Sequence[Boxes]) -> Iterator[dict[str, Any]]:
    for photo, boxes in enumerate(photos):
        for corners, kind, crowd, score, area in zip(*boxes, areas(boxes.corners), strict=True):
            left, top, right, bottom = corners.tolist()
            box = {"bbox": [left, top, right - left, bottom - top], "area": float(area), "score": float(score)}
            yield {"image_id": photo, "category_id": int(kind), "iscrowd": int(crowd), **box}


def _of_class(photos: Sequence[dict[str, Any] | None]) -> Matches:
    """What ``COCOeval`` says of one class, photo by photo; of a photo without it and its answers it says None."""
    known = [(place, its) for place, its in enumerate(photos) if its]
    scores = np.concatenate([np.empty(0), *(its["dtScores"] for _, its in known)])
    places = np.repeat([place for place, _ in known], [len(its["dtScores"]) for _, its in known]).astype(int)
    right, ignored = (
        np.concatenate([np.zeros((len(OVERLAPS), 0), bool), *(its[what].astype(bool) for _, its in known)], axis=1)
        for what in ("dtMatches", "dtIgnore")
    )
    order = np.argsort(-scores, kind="mergesort")
    objects = np.array([np.sum(~its["gtIgnore"].astype(bool)) if its else 0 for its in photos], int)
    return Matches(scores[order], places[order], (right & ~ignored)[:, order], ~ignored[:, order], objects)
