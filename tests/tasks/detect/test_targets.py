"""Boxes → targets → what a perfect model would say → boxes."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import Frame, Placement
from tltool.models.augmentation import draw, vary
from tltool.tasks.detect.decoding import found
from tltool.tasks.detect.targets import IGNORED, targets_of

SIZE, CELLS, CLASSES = 64, 16, ["a", "b"]
AMOUNTS = {"flip": 1.0, "shift": 15.0, "zoom": 30.0, "rotation": 15.0}


def encoded(*truths: Truth) -> np.ndarray:
    labels = np.empty(len(truths), object)
    labels[:] = truths
    return labels


def truth(*boxes: Box, width: int = SIZE, height: int = SIZE) -> Truth:
    return Truth(width, height, tuple(map(Instance, boxes)))


def target(truth: Truth, matrix: np.ndarray | None = None, fit: str = "pad") -> np.ndarray:
    rows = targets_of(encoded(truth), CLASSES, SIZE, CELLS, fit)(np.array([0]), None if matrix is None else matrix[None])
    assert rows.dtype == np.float32 and rows.shape == (1, CELLS * CELLS, len(CLASSES) + 5)
    return np.asarray(rows[0])


def perfect(row: np.ndarray) -> np.ndarray:
    """The outputs that say exactly what a target says."""
    heights, (left, top, right, bottom) = row[:, :-5], row[:, -5:-1].T
    return np.stack([(top + bottom) / 2, (left + right) / 2, bottom - top, right - left, *np.maximum(heights, 0).T], axis=1)


@st.composite
def photos(draw: st.DrawFn) -> Truth:
    width, height = draw(st.integers(30, 300)), draw(st.integers(30, 300))
    left, top = draw(st.floats(0, width - 8)), draw(st.floats(0, height - 8))
    right, bottom = draw(st.floats(left + 8, width)), draw(st.floats(top + 8, height))
    return truth(Box(draw(st.sampled_from(CLASSES)), left, top, right, bottom), width=width, height=height)


@given(photos(), st.sampled_from(["crop", "pad", "stretch"]))
def test_what_targets_say_is_the_truth_as_far_as_the_square_shows_it(photo: Truth, fit: str) -> None:
    frame, (box,) = Frame(photo.width, photo.height, SIZE, fit), photo.boxes
    shown = frame.placement.inverse().boxes(np.clip(frame.placement.boxes(np.array([box.corners])), 0, SIZE))[0]
    there = Box.of(box.label, shown.tolist())
    told = [its for its in found(perfect(target(photo, fit=fit)), CLASSES, frame) if its.score == 1]
    if there.area < 0.25 * box.area or min(shown[2:] - shown[:2]) < 1:
        return
    (said,) = told
    assert said.label == box.label and said.corners == pytest.approx(shown, abs=0.02)


@given(photos(), st.integers(0, 1000))
def test_boxes_move_with_a_photo_that_varies(photo: Truth, seed: int) -> None:
    matrix = draw(AMOUNTS, SIZE, ["content"], seed).matrices[0]
    move = Frame(photo.width, photo.height, SIZE, "pad").placement.then(Placement(matrix).inverse())
    whole = move.boxes(np.array([photo.boxes[0].corners]))
    shown = np.clip(whole, 0, SIZE)
    row = target(photo, matrix)
    left = np.prod(shown[0, 2:] - shown[0, :2]) / np.prod(whole[0, 2:] - whole[0, :2])
    if left < 0.25:
        assert not (row[:, :2] == 1).any() and not row[:, -1].any()
        return
    told = [its.corners for its in found(perfect(row), CLASSES, Frame(SIZE, SIZE, SIZE, "pad")) if its.score == 1]
    assert told == [pytest.approx(shown[0], abs=0.02)] or min(shown[0, 2:] - shown[0, :2]) < 1


@pytest.mark.parametrize("seed", range(6))
def test_a_box_lies_where_its_pixels_are_after_a_variation(seed: int) -> None:
    pixels = np.zeros((1, SIZE, SIZE, 3), np.uint8)
    pixels[0, 20:36, 12:48] = 255
    variation = draw({"flip": 1.0, "shift": 15.0, "zoom": 20.0}, SIZE, ["content"], seed)
    bright = vary(pixels, variation)[0, ..., 0]
    rows, columns = (np.flatnonzero((bright > 180).any(axis=axis)) for axis in (1, 0))
    (box,) = [
        its
        for its in found(perfect(target(truth(Box("a", 12, 20, 48, 36)), variation.matrices[0])), CLASSES, Frame(SIZE, SIZE, SIZE, "pad"))
        if its.score == 1
    ]
    assert box.corners == pytest.approx((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1), abs=1)


def test_two_objects_have_a_peak_each_and_weigh_by_their_area() -> None:
    row = target(truth(Box("a", 4, 4, 24, 24), Box("b", 32, 40, 60, 52)))
    assert (row[:, :2] == 1).sum(axis=0).tolist() == [1, 1]
    assert row[:, -1].sum() == pytest.approx(np.log1p(400) + np.log1p(28 * 12), rel=1e-5)
    told = found(perfect(row), CLASSES, Frame(SIZE, SIZE, SIZE, "pad"))
    assert sorted(box.corners for box in told if box.score == 1) == [(4, 4, 24, 24), (32, 40, 60, 52)]


def test_where_objects_lie_over_one_another_the_smaller_is_seen_in_front() -> None:
    row = target(truth(Box("a", 28, 28, 36, 36), Box("b", 0, 0, 64, 64)))
    (told,) = [its for its in found(perfect(row), CLASSES, Frame(SIZE, SIZE, SIZE, "pad")) if its.label == "a"]
    assert told.corners == (28, 28, 36, 36)


def test_a_crowd_and_what_hardly_shows_are_ignored_for_their_class_alone() -> None:
    row = target(truth(Box("a", 0, 0, 32, 16, crowd=True), Box("b", 48, 48, 64, 64))).reshape(CELLS, CELLS, -1)
    assert (row[:4, :8, 0] == IGNORED).all() and (row[..., 0] == IGNORED).sum() == 32
    assert (row[..., 1] >= 0).all() and row[..., 1].max() == 1
    cut = target(truth(Box("a", 2, 0, 62, 9), width=SIZE, height=SIZE), np.array([[1, 0, 0], [0, 1, 7.0]]))
    assert (cut[:, 0] == IGNORED).any() and not (cut[:, 0] > 0).any() and not cut[:, -1].any()


def test_a_peak_within_a_crowd_stays_one() -> None:
    row = target(truth(Box("a", 0, 0, 64, 64, crowd=True), Box("a", 20, 20, 44, 44)))
    assert (row[:, 0] == 1).sum() == 1 and ((row[:, 0] == 1) | (row[:, 0] == IGNORED)).all()


def test_a_photo_without_objects_asks_for_nothing() -> None:
    assert not target(truth()).any()
