"""Calibrated scores: honest where there are photos to learn from, and unchanged where there are not."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tltool.errors import DataError
from tltool.evaluation.calibration import calibrate_scores, calibration_error, logit


def answers(n: int, doubt: float, classes: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from probabilities [n, classes], and those probabilities flattened (doubt > 1) or sharpened (< 1)."""
    generator = np.random.default_rng(seed)
    true = generator.dirichlet(np.full(classes, 0.3), n)
    labels = np.array([generator.choice(classes, p=row) for row in true])
    told = true ** (1 / doubt)
    return told / told.sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("doubt", [0.5, 2.0])
def test_scores_that_sound_too_sure_or_too_modest_are_mended_on_other_photos(doubt: float) -> None:
    curve = calibrate_scores(*answers(600, doubt, seed=1))
    probabilities, labels = answers(2000, doubt, seed=2)
    assert calibration_error(curve(probabilities), labels) < 0.6 * calibration_error(probabilities, labels)
    assert curve.log_loss_after < curve.log_loss_before
    assert (curve.slope > 1) == (doubt > 1)


def test_honest_scores_stay_nearly_what_they_are() -> None:
    curve = calibrate_scores(*answers(2000, 1.0))
    assert curve.slope == pytest.approx(1, abs=0.1) and curve.offset == pytest.approx(0, abs=0.1)


def test_few_photos_change_little_even_when_all_are_answered_right() -> None:
    one_hot = np.eye(3)[[0, 1]] * 0.4 + 0.2
    curve = calibrate_scores(one_hot, np.array([0, 1]))
    assert 1 < curve.slope < 2 and abs(curve.offset) < 1 and curve.n == 2
    certain = calibrate_scores(np.eye(3)[[0, 1, 2] * 50], np.array([0, 1, 2] * 50))
    assert np.isfinite([certain.slope, certain.offset]).all() and certain.slope > 0


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=8), st.integers(0, 3))
def test_the_order_of_the_classes_stays(scores: list[float], seed: int) -> None:
    curve = calibrate_scores(*answers(50, 2.0, seed=seed))
    calibrated = curve(np.array([scores]))
    assert (np.diff(calibrated[0][np.argsort(scores)]) >= 0).all()
    assert ((calibrated >= 0) & (calibrated <= 1)).all()


def test_log_odds_are_finite_everywhere() -> None:
    assert logit(np.array([0.5])) == 0
    odds = logit(np.array([0, 1e-20, 1e-10, 0.5, 1 - 1e-10, 1]))
    assert np.isfinite(odds).all() and (np.diff(odds) > 0).all()
    assert odds[0] == -odds[-1] == pytest.approx(2 * np.log(1e-16) - np.log(2e-16))


def test_the_calibration_error_is_the_gap_between_sure_and_right() -> None:
    sure = np.tile([0.95, 0.05], (10, 1))
    assert calibration_error(sure, np.zeros(10, int)) == pytest.approx(0.05)
    assert calibration_error(sure, np.ones(10, int)) == pytest.approx(0.95)


@pytest.mark.parametrize("scores", [np.empty((0, 3)), np.full((2, 3), np.nan)])
def test_no_photos_or_no_numbers_are_refused(scores: np.ndarray) -> None:
    with pytest.raises(DataError, match="photos and scores that are numbers"):
        calibrate_scores(scores, np.zeros(len(scores), int))
