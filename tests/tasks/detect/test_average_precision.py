"""Matches and average precision against ``pycocotools``, which everybody measures with."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.detect.average_precision import average_precisions, curve, mean_precision
from tltool.tasks.detect.matches import HALF, THREE_QUARTERS, matched

CLASSES = ["a", "b", "never"]


def boxes(generator: np.random.Generator, n: int, crowds: bool) -> list[Box]:
    corners = np.cumsum(generator.uniform(2, 60, (n, 2, 2)), axis=1).reshape(n, 4)
    kinds, crowd = generator.integers(0, 2, n), (generator.random(n) < 0.2) & crowds
    return [Box.of(CLASSES[kind], its.tolist(), bool(many)) for kind, its, many in zip(kinds, corners, crowd, strict=True)]


def photos(seed: int, n: int = 12) -> tuple[list[Truth], list[Truth]]:
    """Truths with crowds among them, and answers: objects that are moved, and boxes where nothing is."""
    generator, truths, answers = np.random.default_rng(seed), [], []
    for _ in range(n):
        there = boxes(generator, int(generator.integers(0, 6)), True)
        moved = [
            Box.of(box.label, (np.array(box.corners) + generator.normal(0, 2, 4)).tolist()) for box in there if generator.random() < 0.8
        ]
        said = [box._replace(score=generator.random()) for box in moved + boxes(generator, int(generator.integers(0, 5)), False)]
        truths.append(Truth(128, 128, tuple(map(Instance, there))))
        answers.append(Truth(128, 128, tuple(map(Instance, said))))
    return truths, answers


def of_coco(truths: list[Truth], answers: list[Truth]) -> Any:
    """``COCOeval`` as its own documentation runs it."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def annotations(photos: list[Truth]) -> list[dict[str, Any]]:
        rows = []
        for photo, truth in enumerate(photos, start=1):
            for box in truth.boxes:
                left, top, right, bottom = np.clip(box.corners, 0, 128)
                if min(right - left, bottom - top) > 0:
                    place = {
                        "image_id": photo,
                        "category_id": 1 + CLASSES.index(box.label),
                        "bbox": [left, top, right - left, bottom - top],
                    }
                    rows.append({**place, "area": (right - left) * (bottom - top), "iscrowd": int(box.crowd), "score": box.score})
        return rows

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": photo} for photo in range(1, len(truths) + 1)],
            "categories": [{"id": kind} for kind in range(1, len(CLASSES) + 1)],
            "annotations": [{"id": number, **row} for number, row in enumerate(annotations(truths), start=1)],
        }
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(annotations(answers)), "bbox")
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run


@pytest.mark.parametrize("seed", range(5))
def test_it_is_that_of_coco_for_every_class_and_overlap(seed: int) -> None:
    truths, answers = photos(seed)
    precisions = average_precisions(matched(truths, answers, CLASSES), np.ones((1, len(truths))))
    run = of_coco(truths, answers)
    theirs = run.eval["precision"][..., 0, -1].mean(axis=1).T  # [classes, overlaps], -1 where there is nothing
    assert np.nan_to_num(precisions[:, 0], nan=-1) == pytest.approx(theirs, abs=1e-12)
    figures = (mean_precision(precisions[..., part])[0] for part in (slice(None), [HALF], [THREE_QUARTERS]))
    assert [*figures] == pytest.approx(run.stats[:3], abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_photos_that_count_several_times_are_as_so_many_copies(seed: int) -> None:
    truths, answers = photos(seed)
    times = np.random.default_rng(seed).integers(0, 4, (3, len(truths)))
    precisions = mean_precision(average_precisions(matched(truths, answers, CLASSES), times.astype(float)))
    for row, reached in zip(times, precisions, strict=True):
        copies = [(truth, answer) for truth, answer, n in zip(truths, answers, row, strict=True) for _ in range(n)]
        assert reached == pytest.approx(of_coco(*map(list, zip(*copies, strict=True))).stats[0], abs=1e-12)


def test_answers_on_a_crowd_count_neither_for_nor_against() -> None:
    objects = [Box("a", 0, 0, 20, 20), Box("a", 40, 40, 120, 120, crowd=True)]
    said = [Box("a", 0, 0, 20, 20, score=0.5), Box("a", 50, 50, 70, 70, score=0.9), Box("a", 80, 80, 100, 100, score=0.8)]
    (its,) = matched([Truth(128, 128, tuple(map(Instance, objects)))], [Truth(128, 128, tuple(map(Instance, said)))], ["a"])
    assert (
        its.objects.tolist() == [1]
        and its.counts[HALF].tolist() == [False, False, True]
        and its.right[HALF].tolist() == [False, False, True]
    )
    assert mean_precision(average_precisions([its], np.ones((1, 1))))[0] == pytest.approx(1)


def test_without_objects_or_answers_there_are_numbers_all_the_same() -> None:
    nothing, something = Truth(128, 128), Truth(128, 128, (Instance(Box("a", 1, 1, 9, 9)),))
    for truths, answers, reached in (([nothing], [nothing], np.nan), ([nothing], [something], np.nan), ([something], [nothing], 0)):
        precisions = average_precisions(matched(truths, answers, ["a"]), np.ones((2, 1)))
        assert precisions.shape == (1, 2, 10) and np.array_equal(np.unique(precisions), [reached], equal_nan=True)
        assert mean_precision(precisions).tolist() == [0, 0]


def test_matching_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    matched(*photos(0), CLASSES)
    assert capsys.readouterr() == ("", "")


def test_a_curve_falls_from_the_first_answers_precision_to_what_is_never_found() -> None:
    truths, answers = photos(1)
    a, _, never = matched(truths, answers, CLASSES)
    points = curve(a, HALF)
    assert len(points) == 21 and points == sorted(points, reverse=True) and points[-1] < 1
    assert points == pytest.approx(of_coco(truths, answers).eval["precision"][HALF, ::5, 0, 0, -1], abs=1e-4)
    assert curve(never, HALF) == []
