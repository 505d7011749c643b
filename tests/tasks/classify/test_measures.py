"""Numbers of a report against scikit-learn, numbers worked out by hand, and published intervals."""

import json

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from tltool.intervals import wilson
from tltool.tasks.classify.measures import measure

ABC = ["a", "b", "c"]


def certain(said: list[int], classes: int = 3) -> np.ndarray:
    return np.eye(classes)[said]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # the first four: Newcombe (1998), table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (10, 10, 0.7225, 1.0),
        (1, 1, 0.2065, 1.0),
        (0, 1, 0.0, 0.7935),
    ],
)
def test_wilsons_interval_has_its_published_values(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx([low, high], abs=5.1e-5)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 500), share=st.floats(0, 1))
def test_wilsons_interval_holds_the_proportion_and_mirrors(n: int, share: float) -> None:
    hits = round(n * share)
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    assert wilson(n - hits, n) == pytest.approx([1 - high, 1 - low], abs=1e-9)


def test_a_small_table_by_hand() -> None:
    found = measure(np.array([0, 0, 0, 1, 1, 2]), certain([0, 0, 1, 1, 0, 2]), ABC, "test")
    assert found["confusion"] == [[2, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert (found["n"], found["split"], found["classes"]) == (6, "test", ABC)
    assert found["accuracy"] == pytest.approx(4 / 6) and found["majority_baseline"] == pytest.approx(3 / 6)
    assert found["per_class"]["a"] == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "n": 3})
    assert found["per_class"]["b"] == pytest.approx({"precision": 1 / 2, "recall": 1 / 2, "f1": 1 / 2, "n": 2})
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_a_class_without_photos_counts_for_nothing_but_is_shown() -> None:
    found = measure(np.array([0, 0, 1]), certain([0, 2, 1]), ABC, "test")
    assert found["per_class"]["c"] == {"precision": 0, "recall": 0, "f1": 0, "n": 0}
    assert found["confusion"] == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize(("said", "accuracy"), [(1, 1.0), (0, 0.0)])
def test_one_photo_is_enough(said: int, accuracy: float) -> None:
    found = measure(np.array([1]), certain([said]), ABC, "test")
    assert (found["n"], found["accuracy"], found["majority_baseline"], found["macro_f1"]) == (1, accuracy, 1.0, accuracy)


def test_the_largest_probability_is_the_answer_and_of_equals_the_first() -> None:
    assert measure(np.array([0, 1]), np.array([[0.5, 0.5], [0.49, 0.51]]), ["a", "b"], "test")["accuracy"] == 1


@settings(max_examples=30, deadline=None)
@given(pairs=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_every_number_is_scikit_learns_and_fits_the_confusion(pairs: list[tuple[int, int]]) -> None:
    true, said = map(np.array, zip(*pairs, strict=True))
    found = measure(true, certain(said.tolist()), ABC, "test")
    confusion, occurring = np.array(found["confusion"]), sorted(set(true.tolist()))
    assert found["accuracy"] == pytest.approx(accuracy_score(true, said)) == pytest.approx(confusion.trace() / confusion.sum())
    assert found["macro_f1"] == pytest.approx(f1_score(true, said, labels=occurring, average="macro", zero_division=0))
    for score, function in (("precision", precision_score), ("recall", recall_score)):
        expected = function(true, said, labels=[0, 1, 2], average=None, zero_division=0)
        assert [found["per_class"][name][score] for name in ABC] == pytest.approx(expected.tolist())
    assert [found["per_class"][name]["n"] for name in ABC] == confusion.sum(axis=1).tolist()
    assert found["majority_baseline"] == pytest.approx(confusion.sum(axis=1).max() / len(true))
    assert json.loads(json.dumps(found)) == found
