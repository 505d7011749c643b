"""Signals in an ``.npz`` file → the same ``Samples`` as photos. A signal's path is its file's with its row: ``walk.npz#17``.

The file is what ``numpy.savez(file, x=…, y=…)`` writes: ``x`` numbers [n, length] or [n, length, channels], ``y`` labels [n], whole
numbers or text, and, if need be, ``split`` [n] (train, validation, test or nothing) and ``group`` [n].
"""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tltool.data.reading.folder import draw_layout
from tltool.data.reading.npz import as_signals, as_words, load_arrays
from tltool.data.reading.part_names import SPLIT_NAMES
from tltool.data.samples import COLUMNS, Samples
from tltool.errors import DataError
from tltool.progress import say, warn
from tltool.wording import counted, quoted, shown

FEWEST = 3  # signals of a class: one to learn from, one to choose by, one to measure on


def read_signals(data: Path | str, complete: bool = True) -> Samples:
    """List the signals of the file ``data`` with their labels, and hash their contents.

    Args:
        complete: ask for at least two classes with three signals each, as training needs; measuring does not.

    Raises:
        DataError: no such file, or arrays that do not hold what they must.
    """
    import pandas

    file = Path(os.path.abspath(data))
    arrays = load_arrays(file, ("x", "y"), ("group", "split"))
    signals = as_signals(file, arrays.pop("x"))
    words = {name: as_words(file, name, array, len(signals)) for name, array in arrays.items()}
    _check_labels(file, words["y"], complete)
    none = [""] * len(signals)
    columns = (
        [f"{file}#{row}" for row in range(len(signals))],
        [_hash(signal) for signal in signals],
        words["y"],
        words.get("group", none),
        [_part(file, name) for name in words.get("split", none)],
    )
    samples = Samples(pandas.DataFrame(dict(zip(COLUMNS, columns, strict=True)), dtype=object), sorted(set(words["y"])), kind="signal")
    samples = replace(samples, layout=f"{draw_layout(str(file), samples)}\neach of {measured(signals.shape[1:])}")
    say(*samples.layout.split("\n"))
    _warn_of_contradictions(samples)
    return samples


def load_signals(samples: Samples, shape: Sequence[int] | None = None) -> np.ndarray:
    """The signals of ``samples``, float32 [n, length, channels], row i for row i of the table.

    Args:
        shape: (length, channels) that they must have; None takes any.

    Raises:
        DataError: a file is gone, or its signals are not those of ``samples`` any more, or of another shape.
    """
    places: dict[Path, list[int]] = defaultdict(list)  # file → places in the table
    numbers = np.empty(len(samples), int)  # places in the file
    for i, path in enumerate(samples.paths):
        file, _, number = path.rpartition("#")
        numbers[i] = int(number)
        places[Path(file)].append(i)
    parts = [_of_file(file, numbers[rows], samples.table["sha256"].iloc[rows], shape) for file, rows in places.items()]
    if len({part.shape[1:] for part in parts}) != 1:
        raise DataError(f"Signals must all have one length and as many channels. Received: {len(parts)} files with different ones.")
    signals = np.empty((len(samples), *parts[0].shape[1:]), np.float32)
    for rows, part in zip(places.values(), parts, strict=True):
        signals[rows] = part
    return signals


def read_values(data: Path | str, shape: Sequence[int] | None = None) -> np.ndarray:
    """The array ``x`` of the file ``data`` alone, float32 [n, length, channels].

    Args:
        shape: (length, channels) that it must have; None takes any.

    Raises:
        DataError: no such file, or no such array.
    """
    file = Path(os.path.abspath(data))
    signals = as_signals(file, load_arrays(file, ("x",))["x"])
    if shape is not None and signals.shape[1:] != tuple(shape):
        raise DataError(
            f"Signals must have the form of those the model has learned from, {measured(shape)}. Received: {quoted(file)} with "
            f"{measured(signals.shape[1:])}. Cut, pad or resample them alike."
        )
    return signals


def measured(shape: Sequence[int]) -> str:
    """(length, channels) for people: "128 steps, 1 channel"."""
    return f"{shape[0]:,} steps, {counted(shape[1], 'channel')}"


def _of_file(file: Path, numbers: np.ndarray, hashes: Sequence[str], shape: Sequence[int] | None) -> np.ndarray:
    """The signals ``numbers`` of ``file``, which must have those hashes."""
    signals = read_values(file, shape)
    lost = [number for number, sha256 in zip(numbers, hashes, strict=True) if number >= len(signals) or _hash(signals[number]) != sha256]
    if lost:
        raise DataError(
            f"The signals must be those that the run knows. Received: {quoted(file)}, of which {len(lost)} of {len(numbers)} "
            f"are gone or changed, such as number {lost[0]}. Put the file back, or measure on another one with --data."
        )
    return signals[numbers]


def _part(file: Path, name: str) -> str:
    if name and name.lower() not in SPLIT_NAMES:
        raise DataError(f"split must say train, validation, test or nothing. Received: {name!r} in {quoted(file)}.")
    return SPLIT_NAMES.get(name.lower(), "")


def _check_labels(file: Path, labels: Sequence[str], complete: bool) -> None:
    counts = Counter(labels)
    for name in sorted(counts):
        if name.splitlines() != [name] or name.encode(errors="replace").decode() != name:
            raise DataError(f"A class name must be one line of readable text. Received: {quoted(name)} in y of {quoted(file)}. Rename it.")
    if complete and len(counts) < 2:
        raise DataError(f"There must be signals of at least two classes. Received: only {quoted(labels[0])} in y of {quoted(file)}.")
    if few := [f"{n} of {quoted(name)}" for name, n in sorted(counts.items()) if complete and n < FEWEST]:
        raise DataError(
            f"Every class must have at least {FEWEST} signals: to learn from, to choose by and to measure on. Received: "
            f"{', '.join(few[:10])}{', …' * (len(few) > 10)} in y of {quoted(file)}. Add some, or leave the class out."
        )


def _hash(signal: np.ndarray) -> str:
    """SHA-256 of the numbers as float32, low byte first: what a signal is, whatever type it is stored in."""
    return hashlib.sha256(np.ascontiguousarray(signal, "<f4").tobytes()).hexdigest()


def _warn_of_contradictions(samples: Samples) -> None:
    """Say so when equal signals have more than one label."""
    label = dict(zip(samples.paths, samples.table["label"], strict=True))
    if torn := [paths for paths in samples.sources.values() if len({label[path] for path in paths}) > 1]:
        warn(
            f"{len(torn)} signal{'s lie' if len(torn) > 1 else ' lies'} under more than one label, which no model can learn; the first: "
            f"{', '.join(map(shown, torn[0][:3]))}."
        )
