"""Numbers worked out from answers against scikit-learn's and against their definitions, also where a class is absent or there is one
photo."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score

from tltool.intervals import wilson
from tltool.tasks.classify.details import (
    Numbers,
    areas_of,
    average_precisions,
    floor_of_chance,
    floor_of_largest,
    tables,
    tell_apart,
    work_out,
)

ABC = ["a", "b", "c"]


def numbers_of(labels: np.ndarray, scores: np.ndarray) -> Numbers:
    return work_out(labels, scores, tell_apart(labels, scores))


def drawn(seed: int, n: int, classes: int, levels: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities that know something; few ``levels`` make ties."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, n)
    scores = random.random((n, classes)) + np.eye(classes)[labels] * random.random()
    scores = np.floor(scores * levels) + 1e-3
    return labels, scores / scores.sum(axis=1, keepdims=True)


def area_by_pairs(labels: np.ndarray, scores: np.ndarray, place: int) -> float | None:
    """Of all pairs of a photo of the class and one of the rest, how many are in order; half of those that are equal."""
    own, others = scores[labels == place, place], scores[labels != place, place]
    gaps = own[:, None] - others[None, :]
    return float(np.mean((gaps > 0) + (gaps == 0) / 2)) if gaps.size else None


def precision_by_steps(labels: np.ndarray, scores: np.ndarray, place: int) -> float | None:
    """Precision at every score that is reached, each as often as recall grows there."""
    own, values = labels == place, scores[:, place]
    if not own.any():
        return None
    found, before = 0.0, 0.0
    for value in sorted(set(values.tolist()), reverse=True):
        named = values >= value
        recall = float((own & named).sum() / own.sum())
        found += (recall - before) * float((own & named).sum() / named.sum())
        before = recall
    return found


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), classes=st.integers(1, 8), levels=st.sampled_from([3, 1000]))
def test_every_number_is_what_its_definition_says(seed: int, n: int, classes: int, levels: int) -> None:
    labels, scores = drawn(seed, n, classes, levels)
    found, said = numbers_of(labels, scores), scores.argmax(axis=1)
    of_each = [np.mean(said[labels == place] == place) for place in np.unique(labels)]
    assert found.accuracy == pytest.approx(np.mean(said == labels)) and found.balanced == pytest.approx(np.mean(of_each))
    for expected, each, mean in (
        (area_by_pairs, areas_of(labels, scores), found.auc),
        (precision_by_steps, average_precisions(labels, scores), found.ap),
    ):
        by_hand = [expected(labels, scores, place) for place in range(classes)]
        assert each == [value if value is None else pytest.approx(value) for value in by_hand]
        there = [value for value in by_hand if value is not None]
        assert mean == (pytest.approx(np.mean(there)) if there else None)
    assert (found.top is None) == (classes <= 5)
    if found.top is not None and levels > 3:  # no ties
        ranks = [list(np.argsort(-row)).index(label) for row, label in zip(scores, labels, strict=True)]
        assert found.top == pytest.approx(np.mean(np.array(ranks) < 5))


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("seed", range(4))
def test_where_every_class_occurs_the_numbers_are_scikit_learns(seed: int, classes: int) -> None:
    labels, scores = drawn(seed, 60, classes)
    labels[:classes] = range(classes)
    found, said = numbers_of(labels, scores), scores.argmax(axis=1)
    assert found.balanced == pytest.approx(balanced_accuracy_score(labels, said))
    assert found.macro_f1 == pytest.approx(f1_score(labels, said, average="macro", zero_division=0))
    assert found.weighted_f1 == pytest.approx(f1_score(labels, said, average="weighted", zero_division=0))
    area = roc_auc_score(labels, scores[:, 1]) if classes == 2 else roc_auc_score(labels, scores, multi_class="ovr", average="macro")
    assert found.auc == pytest.approx(area)


def test_a_class_that_is_absent_counts_for_nothing_and_cannot_be_measured() -> None:
    labels, scores = np.array([0, 0, 1, 1]), np.eye(3)[[0, 2, 1, 1]] * 0.8 + 0.1
    found = numbers_of(labels, scores)
    assert (found.accuracy, found.balanced, found.macro_f1) == (0.75, 0.75, pytest.approx((2 / 3 + 1) / 2))
    assert areas_of(labels, scores)[2] is None and average_precisions(labels, scores)[2] is None
    row = tables(labels, scores, ABC, "test photos")[1].rows[2]
    assert row == ("c", "0", "0.00", "0.00", "0.00", "0.00–0.79", "–", "–", "–")


@pytest.mark.parametrize("said", [0, 1])
def test_one_photo_is_enough_for_what_can_be_measured_on_it(said: int) -> None:
    labels, scores = np.array([0]), np.eye(3)[[said]]
    found = numbers_of(labels, scores)
    assert (found.accuracy, found.balanced, found.macro_f1, found.auc, found.ap) == (1 - said, 1 - said, 1 - said, None, 1)
    beside, each, _ = tables(labels, scores, ABC, "test photos")
    assert "macro AUC" not in [name for name, *_ in beside.rows] and len(each.rows) == 3


def test_guessers_reach_what_drawing_their_answers_reaches() -> None:
    labels = np.repeat([0, 1, 2, 3, 4, 5], [30, 20, 10, 10, 5, 5])
    largest, chance, random = floor_of_largest(labels, 7), floor_of_chance(labels, 7), np.random.default_rng(0)
    assert (largest.accuracy, largest.balanced, largest.top, largest.auc) == (30 / 80, pytest.approx(1 / 6), pytest.approx(75 / 80), 0.5)
    assert largest.macro_f1 == pytest.approx(2 * 30 / 110 / 6)
    drawings = [numbers_of(labels, random.random((80, 7))) for _ in range(60)]
    for name in ("accuracy", "balanced", "top", "auc"):
        assert getattr(chance, name) == pytest.approx(np.mean([getattr(its, name) for its in drawings]), abs=0.02)
    assert chance.ap == pytest.approx(1 / 6) == largest.ap
    assert chance.ap == pytest.approx(np.mean([its.ap for its in drawings]), abs=0.06)  # a little more on few photos


def test_the_calibration_error_before_a_temperature_stands_beside_the_one_after_it() -> None:
    labels, probabilities = np.zeros(20, int), np.tile([0.6, 0.4], (20, 1))
    (plain,), (after, before) = (tables(labels, probabilities, ["a", "b"], "photos", temperature=t)[-1].rows for t in (1.0, 3.0))
    assert after == plain == ("calibration error", "0.400", "0.400–0.400", after[-1])
    assert before[:2] == ("before temperature 3.00", f"{1 - 0.6**3 / (0.6**3 + 0.4**3):.3f}")


def test_the_tables_say_each_class_with_wilsons_intervals_and_all_beside_guessing() -> None:
    labels, scores = np.repeat([0, 1, 2], 10), np.eye(3)[[*[0] * 8, 1, 1, *[1] * 10, *[2] * 10]] * 0.8 + 0.1
    beside, each, _ = tables(labels, scores, ABC, "test photos")
    low, high = wilson(8, 10)
    assert each.columns[1] == "photos" and each.rows[0][:5] == ("a", "10", "1.00", "0.80", "0.89")
    assert each.rows[0][5:7] == ("{:.2f}–{:.2f}".format(*wilson(8, 8)), f"{low:.2f}–{high:.2f}")
    assert beside.rows[1] == ("balanced accuracy", "0.933", "0.333", "0.333")
    assert "right in the first 5" not in [name for name, *_ in beside.rows]
