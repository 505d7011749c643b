"""The state on disk: whole or absent, read back only where it is what was written, and never in the way of the training."""

import io
import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from tltool.errors import RunError
from tltool.runs import Run
from tltool.training import checkpoint
from tltool.training.checkpoint import Keeper, alone, load_state, save_state
from tltool.training.state import Outcome, State, Stretch

ORIGIN = {"split": "a", "wishes": "b", "backend": "jax"}
ONE, TWO = np.arange(6, dtype="float32").reshape(2, 3), np.array(7, dtype="int64")
ROW = {"phase": "fine-tuning", "epoch": 1, "loss": 0.1}
STRETCH = Stretch(2, 16, [TWO, ONE], [np.array([1, 2], "uint32")], [ONE], (0.5, -0.25), 1, [ROW])
STATE = State([ONE, TWO], [np.array([3, 4], "uint32")], [Outcome("head", 0.5, [ONE + 1], [{"phase": "head", "epoch": 1}], "why")], STRETCH)


def flat(state: Any) -> Any:
    """A state as nested lists in which arrays compare."""
    if isinstance(state, np.ndarray):
        return state.dtype.str, state.shape, state.tobytes()
    if isinstance(state, (list, tuple)):
        return type(state).__name__, [flat(item) for item in state]
    return {name: flat(value) for name, value in vars(state).items()} if hasattr(state, "__dataclass_fields__") else state


@pytest.mark.parametrize(
    "state",
    [
        STATE,
        replace(STATE, stretch=None),
        State([], []),
        replace(STATE, outcomes=[]),
        replace(STATE, stretch=replace(STRETCH, score=(-np.inf, -np.inf), history=[])),
    ],
)
def test_a_state_comes_back_as_it_was(tmp_path: Path, state: State) -> None:
    save_state(tmp_path / "state.npz", state, ORIGIN)
    found = load_state(tmp_path / "state.npz", ORIGIN)
    assert flat(found) == flat(state)
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]


@settings(max_examples=30, deadline=None)
@given(
    array=arrays.arrays(
        dtype=st.sampled_from(["float32", "float64", "float16", "int32", "uint32", "bool"]),
        shape=arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
    )
)
def test_every_array_comes_back_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    place = tmp_path_factory.mktemp("state") / "state.npz"
    save_state(place, State([array, array.T], []), ORIGIN)
    found = load_state(place, ORIGIN)
    assert found and flat(found.weights) == flat([array, np.array(array.T)])


def test_arrays_that_are_equal_are_stored_once(tmp_path: Path) -> None:
    large = np.random.default_rng(0).random(100_000)
    save_state(tmp_path / "state.npz", State([large], [], [Outcome("head", 0.5, [large.copy()], [])]), ORIGIN)
    assert (tmp_path / "state.npz").stat().st_size < 1.1 * large.nbytes


def test_without_a_state_there_is_none(tmp_path: Path) -> None:
    assert load_state(tmp_path / "state.npz", ORIGIN) is None


@settings(max_examples=60, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_state_with_one_wrong_byte_is_read_as_it_was_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: float, flip: int
) -> None:
    path = tmp_path_factory.mktemp("state") / "state.npz"
    save_state(path, STATE, ORIGIN)
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= flip
    path.write_bytes(content)
    try:
        found = load_state(path, ORIGIN)
    except RunError as error:
        assert "must be whole" in str(error)
    else:  # dates and the like in the zip's own records
        assert flat(found) == flat(STATE)


@pytest.mark.parametrize("size", [0, 1, 100, 1000])
def test_a_state_cut_short_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "state.npz"
    save_state(path, STATE, ORIGIN)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RunError, match=r"must be whole\. Received: .*damaged.*Start again with --from"):
        load_state(path, ORIGIN)


def rewritten(path: Path, compression: int = 0, **changes: bytes) -> None:
    """The zip at ``path`` with other contents of some members."""
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, changes.get(name.removesuffix(".npy"), content))


def about(text: str) -> bytes:
    file = io.BytesIO()
    np.save(file, np.frombuffer(checkpoint._sealed(text), np.uint8))
    return file.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "null",
        '{"format": 9}',
        json.dumps({"format": 1, "origin": ORIGIN, "keras": "3", "state": {}}),
        json.dumps({"format": 1, "origin": {"else": 1}, "keras": "3", "state": {}}),
        "{",
    ],
)
def test_a_state_that_says_something_else_is_refused(tmp_path: Path, text: str) -> None:
    save_state(tmp_path / "state.npz", STATE, ORIGIN)
    rewritten(tmp_path / "state.npz", about=about(text))
    with pytest.raises(RunError, match="must be whole"):
        load_state(tmp_path / "state.npz", ORIGIN)


def test_a_state_that_would_expand_or_unpickle_is_refused(tmp_path: Path) -> None:
    save_state(tmp_path / "a.npz", STATE, ORIGIN)
    rewritten(tmp_path / "a.npz", ZIP_DEFLATED)
    np.savez(tmp_path / "b.npz", about=np.array([{"a": 1}], dtype=object))
    for path in (tmp_path / "a.npz", tmp_path / "b.npz"):
        with pytest.raises(RunError, match="must be whole"):
            load_state(path, ORIGIN)


@pytest.mark.parametrize(
    ("changed", "said"),
    [("split", "split.csv are others"), ("wishes", "run.json says it was asked for"), ("backend", "KERAS_BACKEND is another")],
)
def test_a_state_of_another_training_is_refused(tmp_path: Path, changed: str, said: str) -> None:
    save_state(tmp_path / "state.npz", STATE, ORIGIN)
    with pytest.raises(RunError, match=rf"must go on as it began\. Received: .*{said}.*start a new run"):
        load_state(tmp_path / "state.npz", ORIGIN | {changed: "other"})


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(file: Any, **_: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint.np, "savez", no_room)


def test_a_full_disk_loses_the_new_state_and_neither_the_old_one_nor_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = Run.create(tmp_path / "run", "finetune", {})
    keep = Keeper(run, ORIGIN)
    keep(STATE)
    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING, "tltool"):
        full_disk(patched)
        keep.free_from = 0
        keep(replace(STATE, stretch=None))
        keep(replace(STATE, stretch=None))
    assert [record.levelname for record in caplog.records] == ["WARNING"] and "No space left" in caplog.text
    assert flat(load_state(run.path / "state.npz", ORIGIN)) == flat(STATE)
    assert sorted(path.name for path in run.path.iterdir()) == ["history.csv", "run.json", "state.npz"]
    keep(replace(STATE, stretch=None))
    assert load_state(run.path / "state.npz", ORIGIN).stretch is None  # type: ignore[union-attr]


def test_history_is_written_at_every_epoch_and_the_state_unless_it_would_take_longer_than_the_epochs(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "finetune", {})
    keep = Keeper(run, ORIGIN)
    keep(STATE)
    assert keep.free_from > 0
    keep.free_from = np.inf
    later = replace(STATE, stretch=replace(STRETCH, epoch=3, history=[*STRETCH.history, {"phase": "fine-tuning", "epoch": 2}]))
    keep(later)
    assert load_state(run.path / "state.npz", ORIGIN).stretch.epoch == 2  # type: ignore[union-attr]
    assert len((run.path / "history.csv").read_text().splitlines()) == 4
    keep(replace(later, stretch=None))  # the end of a phase is always kept
    assert load_state(run.path / "state.npz", ORIGIN).stretch is None  # type: ignore[union-attr]


def test_only_one_process_trains_in_a_run(tmp_path: Path) -> None:
    code = f"from tltool.training.checkpoint import alone\nfrom pathlib import Path\nwith alone(Path({str(tmp_path)!r})): print('in')"

    def other() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=dict(os.environ))

    with alone(tmp_path):
        assert "Only one process may train in a run" in other().stderr
    assert other().stdout == "in\n"
