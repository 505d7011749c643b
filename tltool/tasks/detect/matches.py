"""Which answers are right: COCO's own matching (``pycocotools``) of answers to the objects of a photo, class by class, at ten overlaps."""

import contextlib
import io
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.tasks.detect.boxes import Boxes, areas, boxes_of
from tltool.tasks.detect.decoding import MOST

OVERLAPS = np.linspace(0.5, 0.95, 10)  # intersection over union from which on a box is right
HALF, THREE_QUARTERS = 0, 5  # their places


class Regions(NamedTuple):
    """What of an object and an answer is laid over one another.

    Attributes:
        kind: COCO's word, ``bbox`` or ``segm``.
        field: where an annotation of COCO has it.
        of: a truth or an answer → its boxes that count, and the region of each as ``pycocotools.mask.iou`` takes it.
    """

    kind: str
    field: str
    of: Callable[[Truth, Sequence[str]], tuple[Boxes, list[Any]]]


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


def upright(truth: Truth, classes: Sequence[str]) -> tuple[Boxes, list[Any]]:
    """Boxes, and each as left, top, width and height."""
    boxes = boxes_of(truth, classes)
    return boxes, [[left, top, right - left, bottom - top] for left, top, right, bottom in boxes.corners.tolist()]


BOXES = Regions("bbox", "bbox", upright)


def matched(truths: Collection[Truth], answers: Collection[Truth], classes: Sequence[str], regions: Regions = BOXES) -> list[Matches]:
    """For every class, the ``regions`` of ``answers`` against those of ``truths``, photo by photo: ``MOST`` of them, as COCO has it, or all
    where tiles gave more."""
    from pycocotools.cocoeval import COCOeval  # beside matplotlib, which is slow to load

    most = max([MOST, *(len(answer.instances) for answer in answers)])
    with contextlib.redirect_stdout(io.StringIO()):
        sides = [_coco(its, classes, regions) for its in (truths, answers)]
        run = COCOeval(*sides, regions.kind)
        run.params.iouThrs, run.params.maxDets = OVERLAPS, [most]
        run.params.areaRng, run.params.areaRngLbl = [[0, 1e12]], ["all"]
        run.evaluate()
    photos = len(truths)
    return [_of_class(run.evalImgs[start : start + photos]) for start in range(0, photos * len(classes), photos)]


def overlaps_of(ones: list[Any], others: list[Any], crowd: np.ndarray) -> np.ndarray:
    """Intersection over union of regions, float64 [k, m]; of those of the ``others`` that are a ``crowd``, intersection over area of the
    one, as COCO has it."""
    from pycocotools import mask

    return np.asarray(mask.iou(ones, others, crowd.astype(np.uint8)), float).reshape(len(ones), len(others))


def _coco(truths: Collection[Truth], classes: Sequence[str], regions: Regions) -> Any:
    """A data set of ``pycocotools``. Its ids begin with 1: 0 says "no match" there."""
    from pycocotools.coco import COCO

    known = COCO()
    known.dataset = {
        "images": [{"id": photo, "width": truth.width, "height": truth.height} for photo, truth in enumerate(truths)],
        "categories": [{"id": kind} for kind in range(len(classes))],
        "annotations": [{"id": number, **fields} for number, fields in enumerate(_annotations(truths, classes, regions), start=1)],
    }
    known.createIndex()
    return known


def _annotations(truths: Collection[Truth], classes: Sequence[str], regions: Regions) -> Iterator[dict[str, Any]]:
    for photo, truth in enumerate(truths):
        boxes, places = regions.of(truth, classes)
        for kind, crowd, score, area, place in zip(*boxes[1:], areas(boxes.corners), places, strict=True):
            known = {"area": float(area), "score": float(score), regions.field: place}
            yield {"image_id": photo, "category_id": int(kind), "iscrowd": int(crowd), **known}


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
