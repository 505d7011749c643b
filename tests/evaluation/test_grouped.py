"""Intervals of scores where photos belong together."""

from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given, settings, strategies as st

from tltool.data.predictions import predictions_table
from tltool.data.samples import COLUMNS, Samples
from tltool.evaluation.grouped import consider_groups, grouped_interval
from tltool.evaluation.predictors import Predictor
from tltool.evaluation.report import report_on
from tltool.evaluation.results import Evaluation
from tltool.intervals import wilson
from tltool.summary import tell

CLASSES = ["hat", "shoes"]


def drawn(chance: np.random.Generator, groups: int, photos: int, p: float, alike: float) -> tuple[np.ndarray, np.ndarray]:
    """Right answers to so many ``photos`` of each group, whose shares vary around ``p`` with an intraclass correlation ``alike``."""
    strength = (1 - alike) / alike
    shares = chance.beta(p * strength, (1 - p) * strength, groups)
    values = chance.random((groups, photos)) < shares[:, None]
    return values.ravel().astype(float), np.repeat(np.arange(groups), photos)


@pytest.mark.parametrize("groups", [10, 30, 100])
@pytest.mark.parametrize("p", [0.6, 0.8, 0.95])
@pytest.mark.parametrize("alike", [0.1, 0.5, 0.9])
def test_intervals_over_groups_hold_the_truth_as_often_as_they_say(groups: int, p: float, alike: float) -> None:
    chance, held, tries = np.random.default_rng(groups), 0, 400
    for _ in range(tries):
        low, high = grouped_interval(*drawn(chance, groups, 8, p, alike))
        held += low <= p <= high
    assert held / tries >= 0.92 - 2 * np.sqrt(0.92 * 0.08 / tries)


@pytest.mark.parametrize("p, alike, least", [(0.7, 0.3, 0.88), (0.9, 0.3, 0.88), (0.8, 0.1, 0.9)])
def test_one_large_group_among_small_ones_does_not_make_it_sure(p: float, alike: float, least: float) -> None:
    chance, held, tries, sizes = np.random.default_rng(3), 0, 400, np.array([200] + [5] * 9)
    strength = (1 - alike) / alike
    for _ in range(tries):
        shares = chance.beta(p * strength, (1 - p) * strength, len(sizes))
        right = (chance.random(sizes.sum()) < np.repeat(shares, sizes)).astype(float)
        low, high = grouped_interval(right, np.repeat(np.arange(len(sizes)), sizes))
        held += low <= p <= high
    assert held / tries >= least


def test_wilson_over_photos_would_not_hold_it() -> None:
    chance, held = np.random.default_rng(0), 0
    for _ in range(400):
        values, _ = drawn(chance, 30, 8, 0.8, 0.5)
        low, high = wilson(int(values.sum()), len(values))
        held += low <= 0.8 <= high
    assert held / 400 < 0.75


@settings(max_examples=60, deadline=None)
@given(values=st.lists(st.booleans(), min_size=4, max_size=60), groups=st.integers(2, 4))
def test_an_interval_over_groups_holds_the_share_and_is_no_narrower_than_over_photos(values: list[bool], groups: int) -> None:
    right = np.array(values, float)
    low, high = grouped_interval(right, np.arange(len(right)) % groups)
    plain = wilson(int(right.sum()), len(right))
    assert 0 <= low <= right.mean() <= high <= 1
    assert high - low >= plain[1] - plain[0] - 1e-9


def measured(said: np.ndarray, labels: np.ndarray, task: str = "classify") -> tuple[Evaluation, Predictor]:
    rows = [(f"/{i}.jpg", str(i), CLASSES[label], "", "test") for i, label in enumerate(labels)]
    samples = Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), CLASSES, task=task)
    table = predictions_table(samples, np.eye(2, dtype="float32")[said], {})
    return report_on(table, CLASSES, "test", task), Predictor(CLASSES, 32, "crop", lambda photos: photos, task=task)


def test_a_report_says_over_how_many_groups_its_interval_is() -> None:
    labels = np.arange(40) % 2
    said = np.where(np.arange(40) < 8, 1 - labels, labels)  # the first two patients are all wrong
    evaluation, predictor = measured(said, labels)
    whole = consider_groups(evaluation, predictor, np.repeat([f"patient {i}" for i in range(10)], 4)).report
    assert whole.groups == 10 and whole["accuracy"] == evaluation.report["accuracy"] == 0.8
    (low, high), (nearer, further) = whole["accuracy_interval"], evaluation.report["accuracy_interval"]
    assert low < nearer and further < high
    assert any("over 10 groups" in line for line in tell(whole.content) if isinstance(line, str))


def test_photos_that_stand_alone_leave_the_report_as_it_is() -> None:
    evaluation, predictor = measured(np.zeros(6, int), np.arange(6) % 2)
    assert consider_groups(evaluation, predictor, np.array([""] * 6)) is evaluation
    assert consider_groups(evaluation, predictor, np.array([f"{i}" for i in range(6)])) is evaluation


def test_of_one_group_nothing_can_be_said() -> None:
    evaluation, predictor = measured(np.zeros(6, int), np.arange(6) % 2)
    assert consider_groups(evaluation, predictor, np.array(["one"] * 6)).report["accuracy_interval"] == [0.0, 1.0]


def test_scores_that_are_no_share_of_photos_are_drawn_by_groups() -> None:
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 2, 60)
    said = np.where(np.repeat(chance.random(12) < 0.4, 5), 1 - labels, labels)
    evaluation, predictor = measured(said, labels, "multilabel")
    wide: Any = consider_groups(evaluation, predictor, np.repeat([f"{i}" for i in range(12)], 5)).report["macro_ap_interval"]
    narrow = evaluation.report["macro_ap_interval"]
    assert wide[1] - wide[0] > narrow[1] - narrow[0]
