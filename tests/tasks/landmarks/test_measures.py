import numpy as np
import pytest
from named_points import NAMES, SHAPE, truths_of, without

from tltool.data.annotations.truths import Truth
from tltool.runs.forms import FORMAT
from tltool.tasks.landmarks import answers, measures
from tltool.tasks.landmarks.closeness import distances
from tltool.tasks.landmarks.points import coordinates, truth_of


def moved(truths: np.ndarray, by: np.ndarray | tuple[float, float]) -> list[Truth]:
    """Answers that are off by so many pixels."""
    return [truth_of((truth.width, truth.height), coordinates([truth], NAMES)[0] + by, NAMES) for truth in truths]


def test_perfect_answers_score_1_and_those_of_other_photos_about_what_the_mean_shape_does() -> None:
    truths = truths_of(40)
    settled = answers.settle([], truths[:0], NAMES, truths)
    best = measures.measure(truths, [*truths], NAMES, "test", settled)
    assert (best["closeness"], best["nme"], best["pck_05"], best["pixels"], best["sides"]) == (1, 0, 1, 0, 1)
    assert best["closeness_interval"] == [1, 1]
    worst = measures.measure(truths, [*np.roll(truths, 7)], NAMES, "test", settled)
    assert worst["closeness"] < worst["guess"]["closeness"] < 0.8
    low, high = worst["nme_interval"]
    assert low < worst["nme"] < high
    assert measures.score(truths, [*np.roll(truths, 7)], NAMES) == worst["closeness"]


def test_an_error_is_a_share_of_the_diagonal_of_the_box_around_the_points() -> None:
    truths = np.array([truth_of((200, 100), np.array([[10, 10], [40, 10], [10, 50], [20, 20]]), NAMES)], object)  # 30 × 40
    report = measures.measure(truths, moved(truths, (3, 4)), NAMES, "all")
    assert report["nme"] == pytest.approx(0.1) and report["closeness"] == pytest.approx(0.9) and report["pixels"] == pytest.approx(5)
    assert report["of_photo"] == pytest.approx(5 / np.hypot(200, 100))
    assert (report["pck_05"], report["pck_10"]) == (0, 1)
    assert report["guess"] is None


def test_of_one_point_or_of_points_in_one_place_the_photo_is_the_measure() -> None:
    one = without(truth_of((30, 40), SHAPE * 20, NAMES), *NAMES[1:])
    same = truth_of((30, 40), np.full((4, 2), 7.0), NAMES)
    assert distances([one, same], [one, same], NAMES).scales.tolist() == [50, 50]


def test_points_that_are_not_marked_count_nothing_and_those_that_are_not_said_are_lost() -> None:
    truths = truths_of(6)
    seen = np.array([without(truth, "snout") for truth in truths], object)
    answered = measures.measure(seen, moved(truths, (5, 0)), NAMES, "test")
    assert answered["points"] == 18 and answered["pixels"] == pytest.approx(5)
    assert answered["per_point"]["snout"] == {"n": 0, "nme": None, "pixels": None, "pck_05": None, "pck_10": None}
    silent = measures.measure(truths, [*seen], NAMES, "test")
    assert silent["per_point"]["snout"]["nme"] == 1 and silent["closeness"] == 0.75


def test_what_is_far_off_is_lost_and_cannot_be_worse() -> None:
    truths = truths_of(2)
    report = measures.measure(truths, moved(truths, (1e6, 0)), NAMES, "test")
    assert report["closeness"] == 0 and report["nme"] > 100


def test_photos_without_any_point_are_measured_as_nothing() -> None:
    empty = np.array([Truth(30, 40), Truth(30, 40)], object)
    report = measures.measure(empty, moved(truths_of(2, (30, 40)), (0, 0)), NAMES, "test")
    assert (report["n"], report["points"], report["closeness"], report["closeness_interval"]) == (2, 0, 0, [0, 0])
    assert measures.FORM.model_validate({"format": FORMAT, **report})
    assert len([*map(str, measures.told(report))]) == 3


def test_answers_that_take_left_for_right_are_counted() -> None:
    truths = truths_of(4)
    swapped = [truth_of((640, 480), places[[0, 2, 1, 3]], NAMES) for places in coordinates(truths, NAMES)]
    assert measures.measure(truths, swapped, NAMES, "test")["sides"] == 0
    half = measures.measure(truths, [*truths[:2], *swapped[2:]], NAMES, "test")
    assert half["sides"] == 0.5 and half["per_point"]["snout"]["nme"] == 0 < half["per_point"]["leftear"]["nme"]


def test_the_curve_climbs_from_the_exact_answers_to_those_that_are_near_enough() -> None:
    truths = truths_of(10)
    noise = np.random.default_rng(0).normal(0, 8, (4, 2))
    report = measures.measure(truths, moved(truths, noise), NAMES, "test")
    errors, shares = report["curve"]["errors"], report["curve"]["shares"]
    assert shares == sorted(shares) and shares[0] == 0 and errors[:3] == [0, 0.01, 0.02]
    assert shares[errors.index(0.05)] == report["pck_05"] and shares[errors.index(0.1)] == report["pck_10"]


def test_the_report_keeps_to_its_form_and_is_told_with_interval_and_guess() -> None:
    truths = truths_of(20)
    settled = answers.settle([], truths[:0], NAMES, truths)
    report = measures.measure(truths, moved(truths, (6, 2)), NAMES, "test", settled)
    assert measures.FORM.model_validate({"format": FORMAT, "task": "classify", **report}).content["points"] == 80
    table, score, error, sides = map(str, measures.told(report))
    assert "tailbase" in table and "95 % interval" in score and "mean shape" in score and "pixels" in error and "side" in sides
    assert f"{report['guess']['closeness']:.3f}" in measures.floor(truths, NAMES, "test photos", truths)
    assert "20 test photos" in score


def test_two_points_may_be_the_measure_and_where_one_is_not_marked_the_box_is() -> None:
    truth = truth_of((200, 100), np.array([[10, 10], [40, 10], [10, 50], [20, 20]]), NAMES)  # snout and leftear: 30 apart; box 30 × 40
    truths = np.array([truth, without(truth, "leftear")], object)
    given = {"normaliser": {"snout": 1.0, "leftear": 1.0}}
    found = distances(truths, moved(truths, (3, 4)), NAMES, given)
    assert found.scales == pytest.approx([30, np.hypot(10, 40)])
    report = measures.measure(truths[:1], moved(truths[:1], (3, 4)), NAMES, "all", given)
    assert report["nme"] == pytest.approx(5 / 30) and report["normaliser"] == "the distance between 'snout' and 'leftear'"
    assert measures.score(truths[:1], moved(truths[:1], (3, 4)), NAMES, given) == pytest.approx(report["closeness"])
    told = " ".join(map(str, measures.told(measures.FORM.model_validate({"format": FORMAT, "task": "landmarks", **report}).content)))
    assert "of the distance between 'snout' and 'leftear'" in told
    assert "of the distance between" in measures.floor(truths, NAMES, "validation photos", truths, given)
