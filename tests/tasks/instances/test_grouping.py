"""Pixels join the centre of their object, also where objects touch."""

import numpy as np
import pytest
from discs import CELLS, CLASSES, SIDE, disc, known, labels_of, marked, row_of_discs
from hypothesis import given, settings, strategies as st

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.tasks.detect.boxes import overlaps
from tltool.tasks.instances.grouping import JOINED, grouped
from tltool.tasks.instances.layout import maps_of
from tltool.tasks.instances.measures import score


def found(truth: Truth, outputs: np.ndarray | None = None, fit: str = "pad") -> Truth:
    its = known(truth, fit=fit)[0] if outputs is None else outputs
    return Truth(truth.width, truth.height, tuple(grouped(its, CLASSES, Frame(truth.width, truth.height, SIDE, fit))))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), fit=st.sampled_from(["pad", "stretch"]))
def test_targets_lead_back_to_the_truth_also_where_discs_touch(seed: int, fit: str) -> None:
    truth = row_of_discs(seed)
    answer = found(truth, fit=fit)
    assert len(answer.instances) == len(truth.instances)
    assert score(labels_of(truth), [answer], CLASSES) > 0.8


def test_a_photo_is_answered_in_its_own_pixels() -> None:
    truth = row_of_discs(0)
    large = Truth(480, 360, tuple(marked(np.kron(truth.mask(place), np.ones((4, 4), np.uint8)) != 0) for place in range(4)))
    answer = found(large, known(truth)[0])
    assert score(labels_of(large), [answer], CLASSES) > 0.8


def test_the_box_of_an_object_lies_around_its_mask() -> None:
    answer = found(row_of_discs(1))
    around = [marked(answer.mask(place) != 0).box.corners for place in range(4)]
    assert [box.corners for box in answer.boxes] == around


def test_classes_do_not_take_pixels_from_one_another() -> None:
    size = (96, 96)
    truth = Truth(*size, (disc(30, 48, 14, size, "ant"), disc(60, 48, 14, size, "bee")))
    answer = found(truth)
    assert {box.label for box in answer.boxes} == {"ant", "bee"} and score(labels_of(truth), [answer], CLASSES) > 0.9


def test_nothing_is_found_where_nothing_is() -> None:
    assert found(Truth(50, 40)).instances == ()


def test_a_centre_that_nobody_is_sure_of_takes_nothing_from_others() -> None:
    truth = row_of_discs(2)
    outputs = known(truth)[0]
    before = found(truth, outputs)
    maps_of(outputs).peaks[:, 0] = np.maximum(maps_of(outputs).peaks[:, 0], JOINED / 2)
    assert found(truth, outputs) == before


def test_pixels_far_from_any_box_join_none() -> None:
    size = (96, 96)
    truth = Truth(*size, (disc(24, 24, 14, size),))
    outputs = known(truth)[0]
    areas = maps_of(outputs).areas.reshape(CELLS, CELLS, -1)
    areas[18:22, 18:22] = (1, 0, 0)
    (box,) = found(truth, outputs).boxes
    assert overlaps(np.array([box.corners]), np.array([truth.boxes[0].corners]))[0, 0] > 0.85


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_the_score_is_that_of_the_centre_times_what_its_pixels_say(share: float) -> None:
    size = (96, 96)
    truth = Truth(*size, (disc(48, 48, 20, size),))
    outputs = known(truth)[0]
    areas = maps_of(outputs).areas
    areas[:] = np.where(areas[:, :1] > 0.5, (share, 0, 1 - share), (0, 0, 1))
    (box,) = found(truth, outputs).boxes
    assert box.score == pytest.approx(share, abs=0.07)
