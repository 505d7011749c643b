"""How far probabilities can be trusted, with what chance alone makes of it."""

import numpy as np
import pytest

from tltool.evaluation.calibration import calibration_error
from tltool.tasks.classify.details import tables
from tltool.tasks.classify.reliability import calibration_interval, error_by_chance


def test_the_error_has_an_interval_around_it_and_is_not_nothing_by_chance() -> None:
    labels = np.random.default_rng(0).integers(0, 3, 200)
    scores = np.eye(3)[(labels + (np.arange(200) < 60)) % 3] * 0.85 + 0.05  # 70 % right, and said with 0.9
    error, (low, high) = calibration_error(scores, labels), calibration_interval(labels, scores)
    assert error == pytest.approx(0.2) and low < error < high and high - low == pytest.approx(2 * 1.96 * np.sqrt(0.7 * 0.3 / 200), rel=0.1)
    assert error_by_chance(labels, scores) == pytest.approx(np.sqrt(0.9 * 0.1 / 200) * np.sqrt(2 / np.pi), rel=0.1)  # of a normal |mean|
    (row,) = tables(labels, scores, ["a", "b", "c"], "test photos")[2].rows
    assert row[:2] == ("calibration error", "0.200")


def test_a_model_as_sure_as_right_is_off_by_what_chance_makes() -> None:
    random = np.random.default_rng(1)
    scores = random.dirichlet((0.5, 0.5, 0.5), 2000)
    labels = np.array([random.choice(3, p=row) for row in scores])
    _, high = calibration_interval(labels, scores)
    assert error_by_chance(labels, scores) == pytest.approx(calibration_error(scores, labels), abs=0.01) and high < 0.05


def test_one_photo_is_off_by_what_it_lacks() -> None:
    assert calibration_interval(np.array([0]), np.array([[0.75, 0.25]])) == pytest.approx([0.25, 0.25])
