import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st
from named_points import NAMES, SHAPE, outputs_of, truths_of, without

from tltool.data.annotations.cells import parse
from tltool.runs.forms import Record
from tltool.tasks.landmarks import answers, labels
from tltool.tasks.landmarks.guess import from_settled, guess, mean_shape
from tltool.tasks.landmarks.points import coordinates, truth_of


@settings(deadline=None, max_examples=30)
@given(st.integers(20, 3000), st.integers(20, 3000), st.sampled_from(["pad", "stretch"]), st.integers(0, 99))
def test_what_a_model_finds_is_said_in_pixels_of_the_photo(width: int, height: int, fit: str, seed: int) -> None:
    truths = truths_of(3, (width, height), seed)
    said = answers.said(outputs_of(truths, 224, fit), NAMES, {}, labels.frames(truths, 224, fit))
    found = answers.read(pandas.DataFrame({"predicted": said}), NAMES)
    assert coordinates(found, NAMES) == pytest.approx(coordinates(truths, NAMES), abs=0.011)
    assert [(truth.width, truth.height) for truth in found] == [(width, height)] * 3


def test_no_point_is_said_to_lie_outside_of_its_photo() -> None:
    truths = truths_of(1, (640, 320))
    outputs = np.array([[[0, 0, 0.5], [1, 1, 0.5], [0.5, -0.2, 0.5], [1.4, 0.5, 0.5]]], "float32")
    (cell,) = answers.said(outputs, NAMES, {}, labels.frames(truths, 64, "pad"))
    assert coordinates([parse(cell)], NAMES)[0].tolist() == [[0, 0], [640, 320], [320, 0], [640, 160]]


def test_the_surest_points_are_chosen_first_with_their_places() -> None:
    truths = truths_of(1)
    outputs = outputs_of(truths, 224, "pad")
    outputs[0, :, 2] = [0.2, 0.9, 0.4, 0.6]
    (cell,) = answers.said(outputs, NAMES, {}, labels.frames(truths, 224, "pad"))
    chosen = answers.choose(cell, outputs[0], NAMES, {}, None)
    assert [choice.label for choice in chosen] == ["leftear", "tailbase", "rightear", "snout"]
    assert answers.choose(cell, outputs[0], NAMES, {}, 2) == chosen[:2]
    assert chosen[0].place == pytest.approx(coordinates(truths, NAMES)[0, 1], abs=0.02) and len(answers.PLACE) == 2
    record = answers.record(cell, chosen)
    assert record["size"] == [640, 480]
    assert record["points"][0] == {"label": "leftear", "x": chosen[0].place[0], "y": chosen[0].place[1], "confidence": 0.9}


def test_predictions_keep_how_sure_each_point_is() -> None:
    outputs = outputs_of(truths_of(2), 224, "pad", sure=0.25)
    columns = answers.columns(outputs, NAMES)
    assert list(columns) == ["c_snout", "c_leftear", "c_rightear", "c_tailbase"]
    assert columns["c_snout"].tolist() == [0.25, 0.25]


def test_the_mean_shape_is_settled_in_shares_of_the_photo_and_kept_by_a_record() -> None:
    truths = np.array([truth_of((100, 50), SHAPE * (100, 50), NAMES), truth_of((40, 80), (SHAPE + 0.1) * (40, 80), NAMES)], object)
    settled = answers.settle([], truths[:0], NAMES, truths)
    assert Record(recipe="finetune", settled=settled).settled == settled
    shape = from_settled(settled, NAMES)
    assert shape == pytest.approx(SHAPE + 0.05)
    assert coordinates(guess(truths, shape, NAMES), NAMES)[1] == pytest.approx((SHAPE + 0.05) * (40, 80))


def test_a_point_that_no_training_photo_has_is_guessed_in_the_middle_and_of_nothing_settled_nothing_is_known() -> None:
    truths = np.array([without(truth, "snout") for truth in truths_of(3)], object)
    assert mean_shape(truths, NAMES)[0].tolist() == [0.5, 0.5]
    assert from_settled({}, NAMES) is None
    assert mean_shape(truths[:0], NAMES).tolist() == [[0.5, 0.5]] * 4
