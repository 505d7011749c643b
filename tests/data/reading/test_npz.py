"""An .npz file of a user's: whatever it holds, either its arrays come out or one sentence says what is wrong."""

import os
import pickle
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest

from tltool.data.reading.npz import as_signals, as_words, load_arrays
from tltool.errors import DataError

X = np.arange(24, dtype=float).reshape(4, 6)


def save(file: Path, **arrays: Any) -> Path:
    np.savez(file, **arrays)
    return file


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_arrays_come_back_as_they_were_saved(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "d.npz", x=X, y=np.array(["a", "b", "a", "b"]), notes="mine")
    arrays = load_arrays(tmp_path / "d.npz", ("x", "y"), ("group",))
    assert list(arrays) == ["x", "y"] and (arrays["x"] == X).all()


class Bomb:
    """Unpickling it would leave a trace."""

    def __reduce__(self) -> Any:
        return os.system, ("touch trace",)


def damaged(file: Path) -> None:
    save(file, x=np.random.default_rng(0).normal(size=(40, 60)))
    content = bytearray(file.read_bytes())
    content[2000:2400] = bytes(400)
    file.write_bytes(content)


def with_text(file: Path) -> None:
    with ZipFile(file, "w") as archive:
        archive.writestr("x.npy", "no array")


def with_promise(file: Path) -> None:
    """A header that says more than there is."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 6)})


FILES = {
    "no zip": lambda file: file.write_bytes(b"x,y\n1,2\n"),
    "empty": lambda file: file.write_bytes(b""),
    "a lone array": lambda file: np.save(file.open("wb"), X),
    "a pickle": lambda file: file.write_bytes(pickle.dumps(Bomb())),
    "cut short": lambda file: file.write_bytes(save(file, x=X).read_bytes()[:-40]),
    "damaged": damaged,
    "a zip of something else": with_text,
    "more than there is": with_promise,
    "other names": lambda file: save(file, data=X),
    "nothing": lambda file: save(file),
    "objects": lambda file: save(file, x=np.array([[1.0, 2.0], [1.0]], dtype=object)),
    "a bomb": lambda file: save(file, x=np.array([Bomb()], dtype=object)),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_cannot_be_used_is_explained_in_one_sentence_and_left_alone(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "d.npz"
    FILES[kind](file)
    before = file.read_bytes()
    with pytest.raises(DataError, match=r"Received: .*d\.npz") as told:
        load_arrays(file, ("x",))
    assert "\n" not in str(told.value) and "pickle" not in str(told.value)
    assert file.read_bytes() == before and not Path("trace").exists()


def test_signals_of_unequal_lengths_are_named_as_what_they_are(tmp_path: Path) -> None:
    file = save(tmp_path / "d.npz", x=np.array([np.zeros(3), np.zeros(4)], dtype=object))
    with pytest.raises(DataError, match=r"x must hold signals of one length.*Cut or pad them"):
        load_arrays(file, ("x",))


@pytest.mark.parametrize(("place", "said"), [("nowhere.npz", "does not exist"), (".", "is a folder")])
def test_a_place_without_a_file_is_explained(tmp_path: Path, place: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        load_arrays(tmp_path / place, ("x",))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "d.npz")
    with pytest.raises(DataError, match="is no regular file"):
        load_arrays(tmp_path / "d.npz", ("x",))


@pytest.mark.parametrize(
    "x", [X, X[:, :, None], X.astype(int), X.astype("f2"), X.astype(">f8"), np.asfortranarray(X), X > 3], ids=lambda x: f"{x.dtype}{x.ndim}"
)
def test_numbers_of_any_kind_become_float32_with_a_channel(x: np.ndarray) -> None:
    signals = as_signals(Path("d.npz"), x)
    assert signals.shape == (4, 6, 1) and signals.dtype == np.float32 and signals.flags.c_contiguous
    assert (signals[..., 0] == x.reshape(4, 6)).all()


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (X[0], "signals × time"),
        (X[None, None], "signals × time"),
        (X[:0], "signals × time"),
        (X[:, :1], "two steps"),
        (X[:, :, None][..., :0], "×"),
        (np.array(X[0, 0]), "signals × time"),
        (X + 0j, "numbers"),
        (X.astype(str), "numbers"),
        (X.astype("M8[s]"), "numbers"),
        (np.where(X == 7, np.nan, X), "in 1 of 4 signals, such as number 1"),
        (np.where(X > 11, np.inf, X), "in 2 of 4 signals"),
        (X * 1e300, "more than float32 can hold"),
    ],
    ids=str,
)
def test_what_is_no_signal_is_explained(x: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=f"^x must .*{said}"):
        as_signals(Path("d.npz"), x)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.array([3, 1, 2]), ["3", "1", "2"]),
        (np.array([True, False, True]), ["True", "False", "True"]),
        (np.array(["a ", "b", "e\u0301"]), ["a", "b", "é"]),
        (np.array(["é".encode(), b"b", b"c"]), ["é", "b", "c"]),
    ],
    ids=str,
)
def test_labels_are_whole_numbers_or_text(given: np.ndarray, words: list[str]) -> None:
    assert as_words(Path("d.npz"), "y", given, 3) == words


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (np.zeros(3), "y.astype"),
        (np.zeros((3, 1), int), r"shape \(3,\)"),
        (np.zeros(2, int), r"\(2,\)"),
        (np.array(1), r"\(\)"),
        (np.array([b"\xff", b"a", b"b"]), "UTF-8"),
        (np.zeros(3, complex), "whole numbers or text"),
    ],
    ids=str,
)
def test_labels_of_another_kind_are_explained(given: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=f"^y must .*{said}"):
        as_words(Path("d.npz"), "y", given, 3)
