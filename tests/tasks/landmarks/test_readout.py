from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
from named_points import SIDE, scores_at

from tltool.models.saving.store import load_model, save_model
from tltool.tasks.landmarks.points import truth_of
from tltool.tasks.landmarks.readout import read_points
from tltool.tasks.landmarks.targets import SIGMA, PointTargets


@cache
def reader(points: int = 2) -> keras.Model:
    scores = keras.Input((SIDE, SIDE, points))
    return keras.Model(scores, read_points(scores))


def read(scores: np.ndarray) -> np.ndarray:
    return np.asarray(reader(scores.shape[-1]).predict(scores, verbose=0))


def test_a_peak_is_read_where_it_is_finer_than_a_cell() -> None:
    points = np.random.default_rng(0).uniform(5, SIDE - 5, (20, 2, 2))
    found = read(scores_at(points))
    assert found.shape == (20, 2, 3)
    assert found[:, :, :2] * SIDE == pytest.approx(points, abs=0.02)


def test_the_centre_of_a_cell_is_at_a_half() -> None:
    scores = np.zeros((1, SIDE, SIDE, 2), "float32")
    scores[0, 3, 11] = 99
    assert read(scores)[0] * [SIDE, SIDE, 1] == pytest.approx(np.array([[11.5, 3.5, 1.0]] * 2), abs=1e-4)


def test_a_peak_is_sure_two_of_them_are_half_as_much_and_a_flat_map_is_not() -> None:
    point, other = np.array([[[4.0, 4.0]] * 2]), np.array([[[12.0, 12.0]] * 2])
    one = read(scores_at(point))[0, 0, 2]
    two = read(np.maximum(scores_at(point), scores_at(other)))[0, 0, 2]
    flat = read(np.zeros((1, SIDE, SIDE, 2), "float32"))[0, 0, 2]
    assert one > 0.95 and two == pytest.approx(0.5, abs=0.02) and flat == pytest.approx(7 / SIDE, abs=1e-4)
    assert read(scores_at(point, SIGMA / 3))[0, 0, 2] > one


def test_one_axis_that_is_unsure_makes_the_point_unsure() -> None:
    line = scores_at(np.array([[[8.0, 8.0]] * 2]))
    line[:] = line[:, 8:9]  # the same in every row
    assert read(line)[0, 0] == pytest.approx([0.5, 0.5, 7 / SIDE], abs=0.01)


def test_what_is_learned_is_read_where_the_truth_is_also_at_the_rim() -> None:
    """The rim cuts a Gaussian there, and the mean of what is left is not its middle."""
    for place in (0.6, 1.0, 2.0, 3.5, 8.0, 12.6, 14.0, 15.3):
        truth = truth_of((SIDE, SIDE), np.array([[place, 8.0], [7.0, place]]), ["a", "b"])
        targets = PointTargets(np.array([truth], object), ["a", "b"], SIDE, SIDE, "pad")(np.array([0]))
        assert read(scores_at(targets[:, :, :2]))[0, :, :2] * SIDE == pytest.approx(np.array([[place, 8.0], [7.0, place]]), abs=0.02)


def test_a_map_smaller_than_the_window_is_read_too() -> None:
    scores = keras.Input((4, 4, 3))
    found = keras.Model(scores, read_points(scores)).predict(np.zeros((2, 4, 4, 3), "float32"), verbose=0)
    assert found == pytest.approx(np.array([[[0.5, 0.5, 1.0]] * 3] * 2), abs=1e-5)


def test_it_is_saved_and_loaded_as_any_model(tmp_path: Path) -> None:
    scores = scores_at(np.array([[[5.0, 9.0], [7.0, 2.0]]]))
    save_model(reader(), tmp_path / "model.keras")
    for loaded in (load_model(tmp_path / "model.keras"), keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)):
        assert np.array_equal(loaded.predict(scores, verbose=0), read(scores))
