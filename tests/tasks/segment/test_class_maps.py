"""Truths and the classes of their pixels."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from regions import CLASSES, truth_in

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.masks import Polygons, encode
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.segment.class_maps import map_of, paint, pixels_of, truth_of

MAPS = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.sampled_from([0, 1, 2, 255]))


@given(MAPS)
def test_a_class_map_survives_being_said_written_and_read(found: np.ndarray) -> None:
    assert np.array_equal(paint(parse(write(truth_of(found, CLASSES))), CLASSES), found)


def test_every_class_that_occurs_is_one_instance_in_the_box_around_its_pixels() -> None:
    found = np.array([[0, 0, 2, 0], [255, 0, 2, 0], [2, 0, 0, 0]], np.uint8)
    truth = truth_of(found, CLASSES)
    assert (truth.width, truth.height, truth.labels) == (4, 3, ("background", "dog"))
    assert [box.corners for box in truth.boxes] == [(0, 0, 4, 3), (0, 0, 3, 3)]


@pytest.mark.parametrize("orientation", [1, 3])
def test_the_mask_of_a_photo_is_read_upright_and_its_pixels_are_known_without(orientation: int, tmp_path: Path) -> None:
    found = np.array([[0, 1, 1, 255], [0, 2, 1, 255]], np.uint8)
    truth = truth_in(tmp_path / "a.png", found, orientation=orientation)
    assert np.array_equal(map_of(truth, CLASSES), found)
    (tmp_path / "a.png").unlink()
    assert pixels_of(truth, CLASSES).tolist() == [2, 3, 1]


def square(label: str, left: int, top: int, side: int, masked: bool = True) -> Instance:
    corners = (left, top, left + side, top, left + side, top + side, left, top + side)
    return Instance(Box(label, left, top, left + side, top + side), Polygons((tuple(map(float, corners)),)) if masked else None)


def test_objects_are_painted_on_a_background_the_small_on_top_of_the_large() -> None:
    truth = Truth(6, 6, (square("dog", 2, 2, 1), square("cat", 1, 1, 4)))
    expected = np.zeros((6, 6), int)
    expected[1:5, 1:5], expected[2, 2] = 1, 2
    assert map_of(truth, CLASSES).tolist() == expected.tolist()
    assert pixels_of(truth, CLASSES).tolist() == [20, 15, 1]


def test_without_a_class_background_pixels_of_no_object_count_for_nothing() -> None:
    found = map_of(Truth(3, 3, (square("cat", 0, 0, 1),)), ["cat", "dog"])
    assert found.tolist() == [[0, 255, 255], [255, 255, 255], [255, 255, 255]]


def test_where_an_object_has_no_mask_nothing_is_known_but_of_the_objects_in_front_of_it() -> None:
    unmasked = Instance(Box("dog", 0.5, 1, 2.5, 9), None)
    found = map_of(Truth(4, 3, (square("cat", 1, 1, 1), unmasked)), CLASSES)
    assert found.tolist() == [[0, 0, 0, 0], [255, 1, 255, 0], [255, 255, 255, 0]]


def test_what_a_mask_says_is_known_whatever_box_lies_on_it() -> None:
    found = map_of(Truth(4, 3, (square("cat", 0, 0, 3), square("dog", 1, 1, 1, masked=False))), CLASSES)
    assert (found[:, :3] == 1).all()


def test_objects_of_a_class_that_is_not_to_be_learned_count_for_nothing() -> None:
    assert map_of(Truth(2, 1, (square("cow", 0, 0, 1),)), CLASSES).tolist() == [[255, 0]]


def test_an_empty_photo_is_all_background() -> None:
    assert map_of(Truth(3, 2), CLASSES).tolist() == [[0] * 3] * 2


def test_runs_and_polygons_are_painted_alike() -> None:
    truth = Truth(6, 6, (square("cat", 1, 1, 4),))
    mask = truth.mask(0)
    assert mask is not None
    runs = Truth(6, 6, (Instance(truth.boxes[0], encode(mask)),))
    assert np.array_equal(map_of(truth, CLASSES), map_of(runs, CLASSES))
