"""The two classes of a process have the same values and not the same order: nothing else tells them apart."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from tltool.data.examples.processes import CLASSES, PROCESSES, write_processes
from tltool.intervals import wilson

N, LENGTH = 400, 48


@pytest.mark.parametrize("process", PROCESSES)
def test_a_signal_of_one_class_is_one_of_the_other_with_its_values_in_other_places(process: str) -> None:
    first, second = (PROCESSES[process](np.full(20, y), LENGTH, np.random.default_rng(0)) for y in (0, 1))
    assert (np.sort(first, axis=1) == np.sort(second, axis=1)).all() and (first != second).any(axis=1).all()


@pytest.mark.parametrize("process", PROCESSES)
def test_nothing_that_disregards_order_tells_the_classes_apart(process: str, tmp_path: Path) -> None:
    """A logistic regression on the sorted values, which are all there is without an order."""
    with np.load(write_processes(tmp_path / "d.npz", process, N, LENGTH)) as file:
        x, y = np.sort(file["x"], axis=1), file["y"]
    assert (x[y == y[0]][:, None] != x[y != y[0]][None]).any(axis=2).all(), "no signal has a twin in the other class"
    right = round(cross_val_score(LogisticRegression(max_iter=1000), x, y, cv=5).mean() * N)
    low, high = wilson(right, N)
    assert low < 0.5 < high


def test_not_even_the_spectrum_tells_the_direction_of_time(tmp_path: Path) -> None:
    first, second = (PROCESSES["direction"](np.full(20, y), LENGTH, np.random.default_rng(0)) for y in (0, 1))
    spectra = [np.abs(np.fft.rfft(signals, axis=1)) for signals in (first, second)]
    assert np.allclose(*spectra)
    rises = [np.diff(signals, axis=1).max(axis=1) for signals in (first, second)]
    assert (rises[0] > 1.5 * rises[1]).mean() > 0.9, "one step forwards does"


def test_both_classes_are_half_of_the_file_and_a_seed_repeats_it(tmp_path: Path) -> None:
    for process, names in CLASSES.items():
        with (
            np.load(write_processes(tmp_path / "a.npz", process, 20, LENGTH)) as a,
            np.load(write_processes(tmp_path / "b.npz", process, 20, LENGTH)) as b,
            np.load(write_processes(tmp_path / "c.npz", process, 20, LENGTH, seed=1)) as c,
            np.load(write_processes(tmp_path / "d.npz", process, 20, LENGTH, shuffled=True)) as d,
        ):
            assert sorted(a["y"]) == sorted(names * 10) and a["x"].shape == (20, LENGTH) and a["x"].dtype == np.float32
            assert (a["x"] == b["x"]).all() and (a["x"] != c["x"]).any()
            assert (np.sort(a["x"], axis=1) == np.sort(d["x"], axis=1)).all() and (a["x"] != d["x"]).any(axis=1).all()
