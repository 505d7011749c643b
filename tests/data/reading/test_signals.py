"""Signals become the same Samples as photos: hashed by content, divided by the same rules, known again by path and row."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tltool.data import inputs
from tltool.data.reading.signals import load_signals, read_signals, read_values
from tltool.data.samples import Fault, Samples
from tltool.data.splitting.splits import read_split, split_for_training, write_split
from tltool.errors import DataError

N = 40


def save(file: Path, **others: Any) -> Path:
    """40 signals of 6 steps and 2 channels, in two classes."""
    arrays = {"x": np.random.default_rng(0).normal(size=(N, 6, 2)), "y": np.arange(N) % 2}
    np.savez(file, **{**arrays, **others})
    return file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return save(tmp_path / "d.npz")


def test_signals_are_samples_with_the_row_in_the_path(file: Path) -> None:
    samples = read_signals(file)
    assert samples.paths[:2] == [f"{file}#0", f"{file}#1"] and samples.classes == ["0", "1"]
    assert samples.kind == "signal" and samples.table["label"].tolist()[:3] == ["0", "1", "0"]
    assert (load_signals(samples) == np.load(file)["x"].astype("float32")).all()


def test_what_was_read_is_told_as_signals(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tltool")
    read_signals(file)
    assert f"{file}  40 signals, 2 classes" in caplog.text and "each of 6 steps, 2 channels" in caplog.text


def test_the_content_of_a_signal_does_not_depend_on_how_it_is_stored(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(N, 6, 2)).astype("float32")
    files = [save(tmp_path / "a.npz", x=x), save(tmp_path / "b.npz", x=np.asfortranarray(x)), save(tmp_path / "c.npz", x=x.astype(">f8"))]
    a, b, c = (read_signals(file).table["sha256"].tolist() for file in files)
    assert a == b == c and len(set(a)) == N


def test_parts_come_out_exactly_and_other_orders_change_nothing(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).normal(size=(N, 6)), np.arange(N) % 2
    order = np.random.default_rng(1).permutation(N)
    there = split_for_training(read_signals(save(tmp_path / "a.npz", x=x, y=y)), 0.15, 0.15, seed=0).table
    again = split_for_training(read_signals(save(tmp_path / "b.npz", x=x[order], y=y[order])), 0.15, 0.15, seed=0).table
    assert there["split"].value_counts().to_dict() == {"train": 28, "validation": 6, "test": 6}
    assert dict(zip(there["sha256"], there["split"])) == dict(zip(again["sha256"], again["split"]))


def test_copies_and_groups_stay_in_one_part(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(N, 6))
    x[N // 2 :] = x[: N // 2]
    copies = split_for_training(read_signals(save(tmp_path / "a.npz", x=x)), 0.2, 0.2, seed=0).table
    assert (copies.groupby("sha256")["split"].nunique() == 1).all() and copies["split"].nunique() == 3
    groups = split_for_training(read_signals(save(tmp_path / "b.npz", group=np.arange(N) // 4)), 0.2, 0.2, seed=0).table
    assert (groups.groupby("group")["split"].nunique() == 1).all() and groups["split"].nunique() == 3


def test_parts_that_the_file_gives_are_kept(tmp_path: Path) -> None:
    given = np.array(["train", "Val", "test", ""] * (N // 4))
    table = split_for_training(read_signals(save(tmp_path / "d.npz", split=given)), 0.2, 0.2, seed=0).table
    assert (table["split"][given == "Val"] == "validation").all() and (table["split"][given == "test"] == "test").all()
    assert (table["split"] != "").all()


def test_equal_signals_under_two_labels_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    x = np.random.default_rng(0).normal(size=(N, 6))
    x[1] = x[0]
    read_signals(save(tmp_path / "d.npz", x=x))
    assert "1 signal lies under more than one label" in caplog.text and "d.npz#0" in caplog.text


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"y": np.zeros(N, int)}, "signals of at least two classes"),
        ({"y": np.r_[np.zeros(N - 2, int), 1, 1]}, "at least 3 signals.*2 of '1'"),
        ({"y": np.array(["a\nb", "c"] * (N // 2))}, "one line of readable text"),
        ({"y": np.array(["", "c"] * (N // 2))}, "one line of readable text"),
        ({"y": np.arange(N - 1)}, "y must have one entry for each of the 40"),
        ({"split": np.array(["train", "dev"] * (N // 2))}, "split must say train, validation, test or nothing. Received: 'dev'"),
        ({"split": np.zeros(3, int)}, "split must have one entry"),
        ({"group": np.zeros(N)}, "group must hold whole numbers or text"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_arrays_that_cannot_be_learned_from_are_explained(tmp_path: Path, arrays: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said) as told:
        read_signals(save(tmp_path / "d.npz", **arrays))
    assert "\n" not in str(told.value)


def test_to_measure_one_signal_of_one_class_is_enough(tmp_path: Path) -> None:
    file = save(tmp_path / "d.npz", x=np.ones((1, 6)), y=np.array(["a"]))
    samples = inputs.read_inputs(file, "signal", "classify")
    assert len(samples) == 1 and inputs.load_inputs(samples, (6, 1), "")[1].shape == (1, 6, 1)


def test_a_file_without_validation_signals_is_refused_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There must be validation signals to choose by\. Received: none\. Add signals"):
        split_for_training(read_signals(save(tmp_path / "d.npz", group=np.arange(N) % 2)), 0.15, 0.15, seed=0)


def test_a_run_s_own_signals_are_found_again_by_path_and_row(file: Path, tmp_path: Path) -> None:
    samples = split_for_training(read_signals(file), 0.15, 0.15, seed=0)
    write_split(samples, tmp_path / "split.csv")
    test = read_split(tmp_path / "split.csv", kind="signal").of("test")
    assert test.kind == "signal"
    assert (inputs.load_own(test, (6, 2), "") == load_signals(samples)[samples.rows("test")]).all()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda x: x + (np.arange(N) == 7)[:, None, None], "1 of 40 are gone or changed, such as number 7"),
        (lambda x: x[:-1], "1 of 40 are gone or changed, such as number 39"),
        (lambda x: x[:, :, :1], "6 steps, 2 channels. Received: .* with 6 steps, 1 channel"),
    ],
)
def test_signals_that_are_not_what_they_were_are_told(file: Path, changed: Any, said: str) -> None:
    samples = read_signals(file)
    save(file, x=changed(np.load(file)["x"]))
    with pytest.raises(DataError, match=said):
        load_signals(samples, (6, 2))


def test_a_signal_is_one_because_it_was_read_as_one_and_not_by_its_path(file: Path, tmp_path: Path) -> None:
    samples = split_for_training(read_signals(file), 0.15, 0.15, seed=0)
    assert samples.kind == samples.of("test").kind == samples.without([Fault(samples.paths[0], "is gone")]).kind == "signal"
    write_split(samples, tmp_path / "split.csv")
    assert read_split(tmp_path / "split.csv", kind="signal").kind == "signal"
    assert read_split(tmp_path / "split.csv").kind == Samples(samples.table, samples.classes).kind == "photo"


def test_to_predict_the_labels_are_not_needed(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.ones((3, 6)))
    assert read_values(tmp_path / "d.npz").shape == (3, 6, 1)
    assert inputs.list_inputs([tmp_path], "signal") == [tmp_path / "d.npz"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"an \.npz file of signals to look at"):
        inputs.list_inputs(tmp_path / "empty", "signal")
