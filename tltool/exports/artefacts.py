"""The files of an export: what they are called, how each is written, and how each answers in its own runtime."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.errors import ExportError
from tltool.evaluation.litert import load_tflite
from tltool.exports.metadata import with_metadata
from tltool.exports.saved_model import load_saved_model, write_saved_model
from tltool.exports.tflite import convert

if TYPE_CHECKING:
    import keras

CALIBRATION_PHOTOS = 128


@dataclass(frozen=True)
class Artefact:
    """One thing to export: a format and, for TFLite, the precision of its numbers."""

    format: str
    precision: str

    @property
    def name(self) -> str:
        return "saved_model" if self.format == "saved_model" else f"model-{self.precision}.tflite"


def plan_artefacts(formats: Sequence[str], precisions: Sequence[str], folder: Path, force: bool) -> list[Artefact]:
    """What is to be written into ``folder``, each once.

    Raises:
        ExportError: one of them is there already and ``force`` is off.
    """
    wanted = [Artefact(kind, precision) for kind in dict.fromkeys(formats)
              for precision in (dict.fromkeys(precisions) if kind == "tflite" else ("float32",))]
    taken = [artefact.name for artefact in wanted if (folder / artefact.name).exists()]
    if taken and not force:
        raise ExportError(f"An export must not replace an earlier one. Received: {', '.join(taken)}, already in {folder}. "
                          "Add --force to replace.")
    return wanted


def write_artefact(artefact: Artefact, model: "keras.Model", facts: dict[str, Any], calibration: np.ndarray, folder: Path) -> Path:
    """Write ``artefact`` into ``folder`` beside its place and rename it there; what was there goes only then.

    Args:
        calibration: uint8 photos [n, size, size, 3] from training, for int8.
    """
    target, beside = folder / artefact.name, folder / f".{artefact.name}.{os.getpid()}.part"
    try:
        if artefact.format == "saved_model":
            write_saved_model(model, facts, beside)
            shutil.rmtree(target, ignore_errors=True)
        else:
            beside.write_bytes(with_metadata(convert(model, artefact.precision, calibration),  # type: ignore[arg-type]
                                             {**facts, "precision": artefact.precision}))
        beside.replace(target)
    except OSError as error:
        raise ExportError(f"The folder of the exports must be writable. Received: {folder} ({error.strerror}).") from None
    finally:
        if beside.is_dir():
            shutil.rmtree(beside)
        beside.unlink(missing_ok=True)
    return target


def open_artefact(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """uint8 photos [n, size, size, 3] → probabilities [n, classes], in the artefact's own runtime."""
    return load_saved_model(path) if path.is_dir() else load_tflite(path)


def calibration_rows(labels: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """About 128 of ``rows``, as many of every class as there are, drawn from ``seed``.

    Args:
        labels: class index of every photo [n].
        rows: places of the training photos in ``labels``.
    """
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(rows)
    rank = np.empty(len(shuffled), int)  # each photo's turn within its class
    for label in np.unique(labels[shuffled]):
        places = np.flatnonzero(labels[shuffled] == label)
        rank[places] = np.arange(len(places))
    return np.sort(shuffled[np.argsort(rank, kind="stable")][:CALIBRATION_PHOTOS])
