"""Boxes as arrays."""

import numpy as np
import pytest

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.detect.boxes import boxes_of, overlaps, suppressed


def test_boxes_are_cut_to_the_photo_and_those_of_no_area_or_of_a_class_that_nobody_named_do_not_count() -> None:
    given = [Box("b", -5, 2, 10, 99), Box("a", 3, 3, 3, 9), Box("a", 9, 9, 2, 2), Box("?", 1, 1, 5, 5), Box("a", 50, 1, 60, 9, True)]
    found = boxes_of(Truth(20, 10, tuple(map(Instance, given))), ["a", "b"])
    assert found.corners.tolist() == [[0, 2, 10, 10]] and found.kinds.tolist() == [1] and found.crowd.tolist() == [False]


def test_no_boxes_are_arrays_too() -> None:
    found = boxes_of(Truth(20, 10), ["a"])
    assert found.corners.shape == (0, 4) and overlaps(found.corners, np.ones((3, 4))).shape == (0, 3)


def test_overlap_is_the_common_area_of_the_area_that_either_has() -> None:
    ones = np.array([[0, 0, 10, 10], [5, 5, 5, 9.0]])
    others = np.array([[5, 0, 15, 10], [0, 0, 10, 10], [20, 20, 30, 30], [5, 5, 5, 9.0]])
    assert overlaps(ones, others) == pytest.approx(np.array([[1 / 3, 1, 0, 0], [0, 0, 0, 0]]))


def test_of_boxes_that_overlap_the_highest_of_its_class_is_kept() -> None:
    low, high = Box("a", 0, 0, 10, 10, score=0.3), Box("a", 1, 0, 11, 10, score=0.9)
    other, far = Box("b", 0, 0, 10, 10, score=0.2), Box("a", 6, 0, 16, 10, score=0.1)
    assert suppressed([low, high, other, far], 0.6) == [high, other, far]
    assert suppressed([low, high, other, far], 1.0) == [high, low, other, far]
    assert suppressed([], 0.5) == []


def test_what_was_suppressed_suppresses_nothing() -> None:
    chain = [Box("a", shift, 0, shift + 10, 10, score=score) for shift, score in ((0, 0.9), (3, 0.8), (6, 0.7))]
    assert suppressed(chain, 0.5) == [chain[0], chain[2]]
