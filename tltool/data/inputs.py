"""What a model takes, whichever that is: photos, which are decoded, or signals, which are loaded: their kind says which."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tltool.data.photos import read_photos
from tltool.data.pixels import decode_once, decode_own
from tltool.data.reading.paths import Asked, list_photos, list_signals
from tltool.data.reading.signals import load_signals, read_signals
from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.runs.forms import Kind


def read_inputs(source: Any, kind: Kind, task: str = "classify") -> Samples:
    """The samples to measure on in ``source``: an ``.npz`` file of signals; or a folder, a CSV or a DataFrame of photos, labelled for
    ``task``.

    Raises:
        DataError: as ``read_signals`` and ``read_photos``.
    """
    return read_signals(source, complete=False) if kind == "signal" else read_photos(source, complete=False, task=task)


def load_inputs(samples: Samples, shape: Sequence[int], fit: str, tiles: int | None = None) -> tuple[Samples, Rows]:
    """``samples`` without those that cannot be used, and the rows of the others, each of ``shape``; photos, or so many ``tiles`` of them a
    side, become squares as ``fit`` says.

    Raises:
        DataError: signals of another shape than (length, channels), or a class without a readable photo.
    """
    return (samples, load_signals(samples, shape)) if samples.kind == "signal" else decode_once(samples, shape[0], fit, tiles)


def load_own(samples: Samples, shape: Sequence[int], fit: str, tiles: int | None = None) -> Rows:
    """``load_inputs`` for the samples of a run, which must all still be there.

    Raises:
        DataError: some are gone or changed.
    """
    return load_signals(samples, shape) if samples.kind == "signal" else decode_own(samples, shape[0], fit, tiles=tiles)


def list_inputs(asked: Asked, kind: Kind) -> list[Path]:
    """The files to have predicted: ``.npz`` files, or photos.

    Raises:
        DataError: nothing is left to look at.
    """
    return (list_signals if kind == "signal" else list_photos)(asked)
