"""What a report on the one box of every photo holds and says."""

import numpy as np
import pytest

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.runs.forms import FORMAT
from tltool.tasks.detect.guessing import guesses
from tltool.tasks.localize import answers, measures

CLASSES = ["a", "b", "never"]


def encoded(*truths: Truth) -> np.ndarray:
    labels = np.empty(len(truths), object)
    labels[:] = truths
    return labels


def photo(label: str, left: float, wide: float = 20, score: float = 1.0) -> Truth:
    return Truth(100, 80, (Instance(Box(label, left, 10, left + wide, 30, score=score)),))


LABELS = encoded(*[photo("ab"[place % 2], 3 * place) for place in range(20)])


def test_a_perfect_answer_scores_1() -> None:
    report = measures.measure(LABELS, list(LABELS), CLASSES, "test", answers.settle([], LABELS, CLASSES, LABELS))
    assert [report[name] for name in ("iou", "above_half", "above_three_quarters", "right_class")] == [1, 1, 1, 1]
    assert report["iou_interval"] == [pytest.approx(1)] * 2 and report["per_class"]["never"] == dict.fromkeys(
        report["per_class"]["never"]
    ) | {"n": 0}
    assert measures.FORM.model_validate({"format": FORMAT, "task": "classify", **report}).content["n"] == 20


def test_a_shuffled_answer_is_near_what_a_guesser_reaches() -> None:
    settled = answers.settle([], LABELS, CLASSES, LABELS)
    report = measures.measure(LABELS, list(LABELS[np.random.default_rng(0).permutation(20)]), CLASSES, "test", settled)
    assert report["iou"] < 0.3 and 0 < report["guess_iou"] < 0.4
    assert report["guess_iou"] == pytest.approx(measures.score(LABELS, guesses(settled, LABELS), CLASSES))
    low, high = report["iou_interval"]
    assert low <= report["iou"] <= high


def test_half_a_shift_and_a_wrong_class_cost_what_they_are_worth() -> None:
    labels = encoded(photo("a", 0), photo("a", 0), photo("a", 0), Truth(100, 80), photo("b", 0))
    said = [photo("a", 10), photo("b", 0), Truth(100, 80), photo("a", 0), photo("b", 2, 20)]
    found = measures.located(labels, said, CLASSES)
    assert found.scores == pytest.approx([1 / 3, 0, 0, 0, 9 / 11])
    report = measures.measure(labels, said, CLASSES, "all")
    assert report["right_class"] == 0.4 and report["above_half"] == 0.2 and report["guess_iou"] is None
    assert report["per_class"]["b"]["above_three_quarters"] == 1


def test_what_was_measured_can_be_told() -> None:
    settled = answers.settle([], LABELS, CLASSES, LABELS)
    table, line = map(str, measures.told(measures.measure(LABELS, list(LABELS), CLASSES, "test", settled)))
    assert "n/a" in table and line.startswith("Mean IoU 1.000 (95 % interval 1.000–1.000) on 20 test photos")
    assert "the mean training box would reach 0." in line and "the class is right on 100.0%" in line
    assert "would reach a mean IoU of 0." in measures.floor(LABELS, CLASSES, "validation photos", LABELS)
