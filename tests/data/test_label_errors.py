"""Labels in doubt, from given probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tltool.data.label_errors import find_label_errors


def answers(labels: np.ndarray, truth: np.ndarray, classes: int, sure: float = 0.9, seed: int = 0) -> np.ndarray:
    """Probabilities of a classifier that is about ``sure`` of the truth."""
    random = np.random.default_rng(seed)
    p = random.dirichlet(np.full(classes, 0.5), len(labels)) * (1 - sure)
    p[np.arange(len(labels)), truth] += sure
    return p


def test_swapped_labels_are_named_with_the_class_that_they_are() -> None:
    truth = np.arange(300) % 3
    labels = truth.copy()
    labels[[5, 77, 200]] = [0, 1, 0]
    doubts = find_label_errors(answers(labels, truth, 3), labels)
    assert {(doubt.row, doubt.given, doubt.suggested) for doubt in doubts} == {(5, 0, 2), (77, 1, 2), (200, 0, 2)}
    assert all(0.5 < doubt.doubt <= 1 for doubt in doubts)


def test_the_worst_comes_first() -> None:
    labels = np.array([0] * 10 + [1] * 10)
    p = np.where(np.eye(2, dtype=bool)[labels], 0.9, 0.1)
    p[3], p[4] = (0.09, 0.91), (0.08, 0.92)
    assert [doubt.row for doubt in find_label_errors(p, labels)] == [4, 3]
    assert find_label_errors(p, labels)[0].doubt == pytest.approx(0.92)


def test_what_is_nineteen_to_one_is_in_doubt_though_it_misses_a_high_threshold() -> None:
    labels = np.array([0] * 10 + [1] * 10)
    p = np.where(np.eye(2, dtype=bool)[labels], 0.99, 0.01)
    p[3], p[4] = (0.04, 0.96), (0.06, 0.94)
    assert [doubt.row for doubt in find_label_errors(p, labels)] == [3]


def test_a_photo_that_is_only_unsure_is_in_no_doubt() -> None:
    labels = np.array([0] * 10 + [1] * 10)
    p = np.where(np.eye(2, dtype=bool)[labels], 0.95, 0.05)
    p[3] = 0.45, 0.55
    assert find_label_errors(p, labels) == []


def test_a_class_that_is_hard_to_tell_needs_less_to_be_believed() -> None:
    labels = np.array([0] * 10 + [1] * 10)
    p = np.array([[0.9, 0.1]] * 10 + [[0.4, 0.6]] * 10)
    p[3] = 0.35, 0.65
    assert [doubt.row for doubt in find_label_errors(p, labels)] == [3]
    p[10:] = 0.1, 0.9
    assert find_label_errors(p, labels) == []


def test_a_class_that_nobody_learned_is_neither_doubted_nor_suggested() -> None:
    labels = np.array([0] * 10 + [1] * 10 + [2])
    p = np.zeros((21, 3))
    p[np.arange(21), labels] = 0.8
    p[:, 2], p[20] = 0.2, (1.0, 0.0, 0.0)  # a single photo: the probe had none of its class
    assert find_label_errors(p, labels) == []


def test_a_class_that_does_not_occur_is_no_obstacle() -> None:
    labels = np.array([0] * 10 + [2] * 10)
    p = answers(labels, labels, 4)
    p[3] = 0.02, 0.03, 0.9, 0.05
    assert [(doubt.row, doubt.suggested) for doubt in find_label_errors(p, labels)] == [(3, 2)]


def test_none_of_none() -> None:
    assert find_label_errors(np.empty((0, 3)), np.empty(0, np.int64)) == []


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 6), n=st.integers(1, 60))
def test_a_doubt_always_prefers_another_class(seed: int, classes: int, n: int) -> None:
    random = np.random.default_rng(seed)
    p, labels = random.dirichlet(np.ones(classes), n), random.integers(0, classes, n)
    doubts = find_label_errors(p, labels)
    assert len({doubt.row for doubt in doubts}) == len(doubts)
    assert [doubt.doubt for doubt in doubts] == sorted((doubt.doubt for doubt in doubts), reverse=True)
    for doubt in doubts:
        assert doubt.given == labels[doubt.row] != doubt.suggested and p[doubt.row, doubt.suggested] > p[doubt.row, doubt.given]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_names_of_the_classes_do_not_matter(seed: int) -> None:
    random = np.random.default_rng(seed)
    p, labels, other = random.dirichlet(np.ones(4), 50), random.integers(0, 4, 50), random.permutation(4)
    moved = find_label_errors(p[:, np.argsort(other)], other[labels])
    assert {(d.row, d.given, d.suggested) for d in moved} == {
        (d.row, other[d.given], other[d.suggested]) for d in find_label_errors(p, labels)
    }
