"""The state of a training on disk: one ``state.npz``, whole or absent, read back only where it is what was written.

The file is a plain zip of NumPy arrays without pickles. Every array is stored once, under the SHA-256 of its content; the member
``about`` is JSON that says which array stands where. Reading compares every checksum.
"""

import functools
import hashlib
import json
import os
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import keras
import numpy as np

from tltool.atomic import draft, hold
from tltool.data.samples import Samples
from tltool.errors import RunError
from tltool.models.saving.store import save_model
from tltool.progress import say, warn
from tltool.reading import open_regular, parse_json
from tltool.runs import STATE, Run
from tltool.task import task_named
from tltool.training.history import write_history
from tltool.training.state import Outcome, State, Stretch

FORMAT = 1
LARGEST = 16 << 30  # bytes; a model, the best of it and its optimizer
LARGEST_SHARE = 0.1  # of the time that writing may take where epochs are very short
OTHERWISE = {
    "split": "the photos and their parts in split.csv are others",
    "wishes": "what run.json says it was asked for is something else",
    "backend": "KERAS_BACKEND is another",
}


class Keeper:
    """Writes the state and the history of a training into its run, and hands the history to ``hearers``, who draw its curves or track it.
    Where writing fails, as on a full disk, it warns once, the files stay as they were, and the training goes on."""

    def __init__(self, run: Run, origin: dict[str, str], *hearers: Callable[[list[dict[str, Any]]], None]) -> None:
        self.run, self.origin, self.hearers = run, origin, hearers
        self.warned, self.free_from = False, 0.0

    def __call__(self, state: State) -> None:
        started = time.monotonic()
        for hear in self.hearers:
            hear(state.history)  # before the state, so that no epoch that counts as done is missing
        try:
            write_history(state.history, self.run.path / "history.csv", task_named(self.run.task).measures.SCORE)
            if state.stretch is None or started >= self.free_from:
                save_state(self.run.path / STATE, state, self.origin)
                self.free_from = time.monotonic() + (time.monotonic() - started) / LARGEST_SHARE
        except RunError as error:
            if not self.warned:
                warn(f"The training goes on, but could not be resumed from here: {error}")
            self.warned = True


def make_usable(run: Run, model: keras.Model, outcome: Outcome) -> None:
    """Leave ``model``, as ``outcome`` found it, in ``run`` while later phases go on. Where that fails, a warning says so."""
    try:
        run.make_usable(functools.partial(save_model, model), outcome.phase, outcome.score)
    except RunError as error:
        warn(f"The training goes on, but the run is of no use before it is finished: {error}")
    else:
        say(f"{run.path} can be used from here on, even if the training is interrupted: tltool predict {shlex.quote(str(run.path))} PHOTO")


def save_state(path: Path, state: State, origin: dict[str, str]) -> None:
    """Write ``state`` beside ``path``, see to it that it is on the disk, and rename it there.

    Args:
        origin: what the training depends on, as ``origin_of`` gives it.

    Raises:
        RunError: it cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}
    about = json.dumps({"format": FORMAT, "origin": origin, "keras": version("keras"), "state": _packed(state, arrays)})
    with draft(path, RunError) as beside, beside.open("wb") as file:
        np.savez(file, about=np.frombuffer(_sealed(about), np.uint8), **arrays)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())


def load_state(path: Path, origin: dict[str, str]) -> State | None:
    """The state in ``path``, or None where there is none.

    Raises:
        RunError: it is damaged, or belongs to a training that depends on something else than ``origin``.
    """
    if not path.is_file():
        return None
    try:
        about, arrays = _read(path)
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}, not {FORMAT}")
        state, others = _state(about["state"], arrays), [name for name, value in about["origin"].items() if origin[name] != value]
    except Exception as error:  # what a damaged file raises depends on where it is damaged
        raise RunError(
            f"The state of a run must be whole. Received: {path}, which is damaged ({error}). Start again with --from, or with --force."
        ) from None
    if others:
        raise RunError(
            f"A run must go on as it began. Received: {path.parent}, where {OTHERWISE[others[0]]}. Put it back, or start a new run."
        )
    if about["keras"] != version("keras"):
        warn(
            f"The run began with Keras {about['keras']} and goes on with {version('keras')}: its weights may differ from those of an "
            "uninterrupted one."
        )
    return state


def origin_of(run: Run, samples: Samples, backend: str) -> dict[str, str]:
    """What a training depends on, as digests: the photos and their parts, in order, and everything that was asked for."""
    record = run.record.content
    wishes = {name: record.get(name) for name in ("recipe", "resolved", "phases", "size", "fit", "classes")}
    split = samples.table[["path", "sha256", "label", "split"]].values.tolist()
    return {
        "split": _digest(json.dumps(split).encode()),
        "wishes": _digest(json.dumps(wishes, sort_keys=True).encode()),
        "backend": backend,
    }


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While it lasts, no other process may train in ``folder``; the lock ends with the process, however that ends.

    Raises:
        RunError: another process does already.
    """
    try:
        place = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise RunError(f"The run's folder must be readable. Received: {folder} ({error.strerror}). Change its rights.") from None
    try:
        if not hold(place, alone=True):
            raise RunError(
                f"Only one process may train in a run. Received: {folder}, where another one is at work. Wait for it, or stop it."
            )
        yield
    finally:
        os.close(place)


def _packed(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """``value`` as JSON can hold it, every array replaced by its name in ``arrays``."""
    if isinstance(value, np.ndarray):
        name = _name(value)
        arrays[name] = value
        return name
    if is_dataclass(value):
        return {field.name: _packed(getattr(value, field.name), arrays) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return [_packed(item, arrays) for item in value]
    return value


def _state(about: Any, arrays: dict[str, np.ndarray]) -> State:
    def of(names: list[str]) -> list[np.ndarray]:
        return [arrays[name] for name in names]

    outcomes = [Outcome(**{**outcome, "weights": of(outcome["weights"])}) for outcome in about["outcomes"]]
    stretch = about["stretch"]
    if stretch is not None:
        lists = {name: of(stretch[name]) for name in ("optimizer", "seeds", "best")}
        stretch = Stretch(**{**stretch, **lists, "score": tuple(stretch["score"])})
    return State(of(about["weights"]), of(about["seeds"]), outcomes, stretch)


def _read(path: Path) -> tuple[Any, dict[str, np.ndarray]]:
    """The JSON and the arrays, both compared with their checksums."""
    with open_regular(path, LARGEST) as opened, ZipFile(opened) as archive:
        if any(member.compress_type != ZIP_STORED for member in archive.infolist()):
            raise ValueError("it is compressed")
    with open_regular(path, LARGEST) as opened, np.load(opened, allow_pickle=False) as file:
        members = {name: file[name] for name in file.files}
    seal, _, about = members.pop("about").tobytes().partition(b"\n")
    if seal.decode() != _digest(about) or any(_name(array) != name for name, array in members.items()):
        raise ValueError("wrong checksum")
    return parse_json(about), members


def _sealed(text: str) -> bytes:
    return f"{_digest(text.encode())}\n{text}".encode()


def _name(array: np.ndarray) -> str:
    whole = np.ascontiguousarray(array)
    return _digest(f"{array.dtype}{array.shape}".encode() + b"\n", whole.reshape(-1).view(np.uint8))


def _digest(*parts: Any) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()
