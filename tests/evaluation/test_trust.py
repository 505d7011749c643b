"""Sets and thresholds from validation photos: their laws, by hand, by brute force, and drawn often."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tltool.evaluation.trust import Judged, fewest, set_limit, threshold
from tltool.tasks.classify import calibration

CLASSES = ["ant", "bee", "cow", "dog"]


def answered(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from the probabilities [n, 4], which are returned with them."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(4, 0.4), n)
    return probabilities, np.array([random.choice(4, p=row) for row in probabilities])


def judged(n: int, seed: int = 0) -> Judged:
    probabilities, labels = answered(n, seed)
    right = probabilities.argmax(axis=1) == labels
    return Judged(calibration.certainty(probabilities), right, calibration.of_truth(probabilities, labels))


@pytest.mark.parametrize(("n", "coverage", "least"), [(9, 0.9, 0.1), (10, 0.9, 0.1), (19, 0.9, 0.2), (19, 0.95, 0.1), (4, 0.8, 0.1)])
def test_the_limit_is_the_corrected_quantile_by_hand(n: int, coverage: float, least: float) -> None:
    of_truth = np.random.default_rng(0).permutation(
        np.arange(1, n + 1) / 10
    )  # the smallest is the 10th of 10 places of 10 photos and one more
    assert set_limit(of_truth / 1.0, coverage).least == pytest.approx(min(least, 1))
    assert set_limit(np.full(n, 0.3), coverage).least == 0.3


@pytest.mark.parametrize(("coverage", "n"), [(0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_too_few_photos_give_no_limit(coverage: float, n: int) -> None:
    assert fewest(coverage) == n
    assert set_limit(np.full(n - 1, 0.5), coverage) is None and set_limit(np.full(n, 0.5), coverage)


@pytest.mark.parametrize(("n", "coverage"), [(19, 0.9), (60, 0.9), (200, 0.9), (60, 0.8), (100, 0.95)])
def test_sets_of_photos_drawn_alike_hold_the_right_class_as_often_as_promised(n: int, coverage: float) -> None:
    random = np.random.default_rng(0)
    held = []
    for _ in range(2000):
        scores = random.beta(2, 0.5, n + 1)
        held.append(scores[-1] >= set_limit(scores[:-1], coverage).least)
    assert coverage - 0.02 <= np.mean(held) <= coverage + 1 / (n + 1) + 0.02


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(20, 80), st.floats(0.1, 0.95), st.floats(0.1, 0.95))
def test_more_coverage_never_makes_a_set_smaller(seed: int, n: int, one: float, other: float) -> None:
    _, _, of_truth = judged(n, seed)
    fewer, more = (set_limit(of_truth, coverage).least for coverage in sorted((one, other)))
    for row in answered(10, seed + 1)[0]:
        small, large = (calibration.fitting(row, CLASSES, least) for least in (fewer, more))
        assert large[: len(small)] == small and [p for _, p in large] == sorted((p for _, p in large), reverse=True)


def lower_bound(right: np.ndarray) -> float:
    """Wilson's at one standard error, as the root of (p − rate)² = p · (1 − p) / n."""
    n, rate = len(right), float(right.mean())
    return float(min(np.roots([1 + 1 / n, -2 * rate - 1 / n, rate**2]).real))


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(1, 80), st.sampled_from([0.5, 0.8, 0.9, 0.95]), st.integers(1, 20))
def test_the_threshold_is_the_lowest_that_reaches_the_precision(seed: int, n: int, precision: float, levels: int) -> None:
    answers = judged(n, seed)
    answers = answers._replace(certainty=np.ceil(answers.certainty * levels) / levels)
    reaching = [
        (level, float(answers.right[kept].mean()), float(kept.mean()))
        for level in np.unique(answers.certainty)
        if lower_bound(answers.right[answers.certainty >= level]) >= precision - 1e-9 and (kept := answers.certainty >= level).any()
    ]
    found = threshold(answers, precision)
    assert (found is None) == (not reaching)
    if found:
        assert (found.threshold, found.precision, found.coverage) == pytest.approx(min(reaching))


@settings(deadline=None)
@given(st.integers(0, 99), st.floats(0.3, 0.97), st.floats(0.3, 0.97))
def test_more_precision_never_answers_more(seed: int, one: float, other: float) -> None:
    lower, higher = (threshold(judged(150, seed), precision) for precision in sorted((one, other)))
    assert higher is None or (lower is not None and lower.coverage >= higher.coverage)


def test_on_other_photos_the_precision_is_reached_more_often_than_not() -> None:
    reached = []
    for seed in range(40):
        found, others = threshold(judged(1000, seed), 0.8), judged(3000, seed + 100)
        reached.append(others.right[others.certainty >= found.threshold].mean())
    assert np.mean(np.array(reached) >= 0.8) > 0.7 and np.mean(np.array(reached) >= 0.77) > 0.95


@pytest.mark.parametrize(("precision", "n"), [(0.8, 4), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_a_precision_that_so_few_answers_cannot_show_is_not_reached(precision: float, n: int) -> None:
    def all_right(n: int) -> Judged:
        return Judged(np.full(n, 0.7), np.ones(n, bool), np.full(n, 0.7))

    assert fewest(precision) == n and threshold(all_right(n - 1), precision) is None
    assert threshold(all_right(n), precision).threshold == 0.7
    assert threshold(Judged(np.full(n, 0.7), np.zeros(n, bool), np.zeros(n)), precision) is None
