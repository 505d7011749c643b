"""The files of an export: what they are called, how each is written, and how each answers in its own runtime."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.drafts import draft, is_ours
from tltool.errors import ExportError, SpecError
from tltool.evaluation.litert import load_tflite
from tltool.exports.card import write_card
from tltool.exports.metadata import with_metadata
from tltool.exports.parity import Parity
from tltool.exports.results import Exports
from tltool.exports.saved_model import load_saved_model, tensorflow, write_saved_model
from tltool.exports.tflite import PRECISIONS, convert
from tltool.lookup import entry
from tltool.progress import say

if TYPE_CHECKING:
    import keras

CALIBRATION_PHOTOS = 128
FORMATS = ("saved_model", "tflite")


@dataclass(frozen=True)
class Artefact:
    """One thing to export: a format and, for TFLite, the precision of its numbers."""

    format: str
    precision: str

    @property
    def name(self) -> str:
        return "saved_model" if self.format == "saved_model" else f"model-{self.precision}.tflite"


def plan_artefacts(formats: Sequence[str] | str, precisions: Sequence[str] | str, folder: Path, force: bool) -> list[Artefact]:
    """What is to be written into ``folder``, each once.

    Raises:
        SpecError: an unknown format or precision.
        ExportError: one of them is there already and ``force`` is off.
    """
    formats, precisions = _known(formats, FORMATS, "--format"), _known(precisions, PRECISIONS, "--precision")
    if precisions and "tflite" not in formats:
        raise SpecError(f"--precision must go with --format tflite. Received: {', '.join(precisions)} with {', '.join(formats)}.")
    wanted = [Artefact(kind, precision) for kind in formats
              for precision in (precisions if kind == "tflite" and precisions else ["float32"])]
    taken = [artefact.name for artefact in wanted if (folder / artefact.name).exists()]
    if taken and not force:
        raise ExportError(f"An export must not replace an earlier one. Received: {', '.join(taken)}, already in {folder}. "
                          "Add --force to replace.")
    if not is_ours(folder / "saved_model"):
        raise ExportError(f"--force replaces only what tltool wrote. Received: {folder / 'saved_model'}. Move it elsewhere.")
    tensorflow()  # or the reason why nothing can be exported, before any photo is read
    return wanted


def _known(names: Sequence[str] | str, table: Collection[str], kind: str) -> list[str]:
    names = [names] if isinstance(names, str) else names
    for name in names:
        entry(name, dict.fromkeys(table), kind)
    return list(dict.fromkeys(names))


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A place inside ``folder`` where artefacts are made and proved before they take their names; gone afterwards.

    Raises:
        ExportError: ``folder`` cannot be written, or the disk is full.
    """
    place = folder / f".unproved-{os.getpid()}"
    try:
        place.mkdir(parents=True)
        yield place
    except OSError as error:
        raise ExportError(f"There must be room and leave to write into {folder}. Received: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write_artefact(artefact: Artefact, model: "keras.Model", facts: dict[str, Any], calibration: np.ndarray, folder: Path) -> Path:
    """Write ``artefact`` into ``folder`` and return its path.

    Args:
        calibration: uint8 photos [n, size, size, 3] from training, for int8.
    """
    path = folder / artefact.name
    say(f"writing {artefact.name}")
    if artefact.format == "saved_model":
        write_saved_model(model, facts, path)
    else:
        path.write_bytes(with_metadata(convert(model, artefact.precision, calibration),  # type: ignore[arg-type]
                                       {**facts, "precision": artefact.precision}))
    return path


def publish(parities: dict[Path, Parity], split: str, facts: dict[str, Any], folder: Path) -> Exports:
    """Give proved artefacts their names in ``folder``, and write the card and ``parity.json`` anew."""
    published = {}
    for path, parity in parities.items():
        target = folder / path.name
        if target.is_dir():
            shutil.rmtree(target)
        published[path.replace(target)] = parity
    write_card(folder, facts)
    earlier = _read(folder / "parity.json")
    content = {**earlier, **{path.name: {"split": split, **parity.to_dict()} for path, parity in published.items()}}
    with draft(folder / "parity.json", ExportError) as beside:
        beside.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return Exports(folder, split, published)


def _read(file: Path) -> dict[str, Any]:
    """What an earlier export noted; a damaged note counts as none."""
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


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
