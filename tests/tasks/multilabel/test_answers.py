import numpy as np
import pytest

from tltool.task import Choice
from tltool.tasks.multilabel import answers

CLASSES = ["dress", "hat", "shoes"]
SETTLED = {"thresholds": {"dress": 0.5, "hat": 0.2, "shoes": 0.8}}
NOBODY = np.zeros((0, 1), int)  # thresholds learn nothing of the training photos
SCORES = np.array([[0.6, 0.3, 0.7], [0.4, 0.1, 0.1]])


def test_every_label_has_its_own_threshold() -> None:
    assert answers.said(SCORES, CLASSES, SETTLED) == ["dress|hat", ""]
    assert answers.said(SCORES, CLASSES, {}) == ["dress|shoes", ""]


def test_what_is_named_is_shown_or_as_much_as_is_asked_for() -> None:
    assert answers.choose("", SCORES[0], CLASSES, SETTLED, None) == [Choice("dress", 0.6), Choice("hat", 0.3)]
    assert answers.choose("", SCORES[1], CLASSES, SETTLED, None) == []
    assert answers.choose("", SCORES[1], CLASSES, SETTLED, 2) == [Choice("dress", 0.4), Choice("hat", 0.1)]


def test_thresholds_lie_where_f1_is_best() -> None:
    random = np.random.default_rng(0)
    has = random.random((2000, 1)) < 0.5
    scores = np.where(has, random.uniform(0.6, 0.9, has.shape), random.uniform(0.0, 0.5, has.shape))
    assert answers.settle(scores, has.astype(int), ["a"], NOBODY)["thresholds"]["a"] == pytest.approx(0.55, abs=0.01)


def test_the_threshold_of_a_rare_label_is_drawn_to_that_of_all() -> None:
    common = np.concatenate([np.full(100, 0.7), np.full(100, 0.1)])
    rare = np.concatenate([np.full(1, 0.95), np.full(199, 0.9)])
    has = np.stack([np.arange(200) < 100, np.arange(200) < 1], axis=1).astype(int)
    found = answers.settle(np.stack([common, rare], axis=1), has, ["common", "rare"], NOBODY)["thresholds"]
    alone = answers.settle(rare[:, None], has[:, 1:], ["rare"], NOBODY)["thresholds"]["rare"]
    assert alone == pytest.approx(0.925, abs=0.01)
    assert found["rare"] < 0.9


def test_a_label_that_no_photo_has_gets_the_threshold_of_all() -> None:
    scores = np.stack([np.linspace(0, 1, 50), np.zeros(50)], axis=1)
    has = np.stack([np.linspace(0, 1, 50) > 0.6, np.zeros(50)], axis=1).astype(int)
    found = answers.settle(scores, has, ["a", "never"], NOBODY)["thresholds"]
    assert found["never"] == pytest.approx(0.6, abs=0.03)


def test_equal_scores_are_not_parted() -> None:
    scores = np.array([[0.5]] * 6 + [[0.1]] * 4)
    has = np.array([[1], [1], [0], [0], [1], [1], [0], [0], [0], [0]])
    threshold = answers.settle(scores, has, ["a"], NOBODY)["thresholds"]["a"]
    assert 0.1 < threshold < 0.5
