"""The files of an export: what they are called, how each is written, and how each answers in its own runtime."""

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.data.cache import cores, hold
from tltool.drafts import draft, is_ours
from tltool.errors import ExportError, SpecError
from tltool.evaluation.litert import load_tflite, read_facts
from tltool.evaluation.onnx import load_onnx
from tltool.evaluation.packed import LABELS
from tltool.exports.card import describe_making, read_json
from tltool.exports.handover import PARITY, find_edited, hand_over
from tltool.exports.metadata import with_metadata
from tltool.exports.onnx import converter, write_onnx
from tltool.exports.parity import Parity
from tltool.exports.photos import CALIBRATION_PHOTOS
from tltool.exports.results import Exports
from tltool.exports.saved_model import load_saved_model, tensorflow, write_saved_model
from tltool.exports.tflite import CALIBRATED, PRECISIONS, convert
from tltool.exports.vectors import Vector
from tltool.lookup import entry
from tltool.progress import say

if TYPE_CHECKING:
    import keras

MOST_INTERPRETERS = 8  # of one file at once; each has the whole model in memory
UNPROVED, LOCK = ".unproved-", "lock"
FORMATS = ("saved_model", "tflite", "onnx")
WHOLE = {"saved_model": "saved_model", "onnx": "model.onnx"}  # formats of one precision


@dataclass(frozen=True)
class Artefact:
    """One thing to export: a format and, for TFLite, the precision of its numbers."""

    format: str
    precision: str

    @property
    def name(self) -> str:
        return WHOLE.get(self.format, f"model-{self.precision}.tflite")


def plan_artefacts(formats: Sequence[str] | str, precisions: Sequence[str] | str, folder: Path, force: bool) -> list[Artefact]:
    """What is to be written into ``folder``, each once.

    Raises:
        SpecError: an unknown format or precision.
        ExportError: ``force`` is off, and one of them is there already, or what lies beside them was changed since the last export.
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
    if not force and (edited := find_edited(folder)):
        raise ExportError(f"An export must not replace what others wrote. Received: {', '.join(edited)} in {folder}, not as the last "
                          "export left it. Move it elsewhere, or add --force to replace it.")
    if not is_ours(folder / "saved_model"):
        raise ExportError(f"--force replaces only what tltool wrote. Received: {folder / 'saved_model'}. Move it elsewhere.")
    tensorflow()  # or the reason why nothing can be exported, before any photo is read
    if "onnx" in formats:
        converter()
    return wanted


def _known(names: Sequence[str] | str, table: Collection[str], kind: str) -> list[str]:
    names = [names] if isinstance(names, str) else names
    for name in names:
        entry(name, dict.fromkeys(table), kind)
    return list(dict.fromkeys(names))


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A place inside ``folder`` where artefacts are made and proved before they take their names; gone afterwards, at the latest when
    the next export finds one whose process was killed.

    Raises:
        ExportError: ``folder`` cannot be written, or the disk is full.
    """
    place = folder / f"{UNPROVED}{os.getpid()}"
    try:
        _sweep(folder)
        place.mkdir(parents=True)
        with (place / LOCK).open("wb") as lock:
            hold(lock, alone=True)
            yield place
    except OSError as error:
        raise ExportError(f"There must be room and leave to write into {folder}. Received: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sweep(folder: Path) -> None:
    for lock in folder.glob(f"{UNPROVED}*/{LOCK}"):
        with lock.open("rb") as file:
            if hold(file, alone=True):  # else its process is still at work
                shutil.rmtree(lock.parent, ignore_errors=True)


def write_artefact(artefact: Artefact, model: "keras.Model", facts: dict[str, Any], photos: np.ndarray, folder: Path) -> Path:
    """Write ``artefact`` into ``folder`` and return its path.

    Args:
        photos: uint8 [n, size, size, 3] from training, of which the first 128 calibrate int8 and int16x8.
    """
    path = folder / artefact.name
    say(f"writing {artefact.name}")
    if artefact.format == "saved_model":
        write_saved_model(model, facts, path)
    elif artefact.format == "onnx":
        write_onnx(model, facts, path)
    else:
        photos = photos[: CALIBRATION_PHOTOS if artefact.precision in CALIBRATED else 0]
        content = convert(model, artefact.precision, photos)  # type: ignore[arg-type]
        write_tflite(path, content, artefact.precision, facts, len(photos))
    return path


def write_tflite(path: Path, content: bytes, precision: str, facts: dict[str, Any], photos: int, float_layers: Sequence[str] = ()) -> None:
    """Write a converted model with what is known of it inside: ``facts``, its precision, with how many photos it was calibrated and which
    layers of a quantized one were left in float."""
    how = {"calibration_photos": photos, "float_layers": list(float_layers)}
    path.write_bytes(with_metadata(content, {**facts, "precision": precision, **{name: value for name, value in how.items() if value}}))


def publish(parities: dict[Path, Parity], split: str, facts: dict[str, Any], folder: Path, vectors: Sequence[Vector] = ()) -> Exports:
    """Give proved artefacts their names in ``folder``, and write ``parity.json`` and what an app needs beside them anew."""
    published = {}
    for path, parity in parities.items():
        target = folder / path.name
        if target.is_dir():
            target.rename(path.with_name(f"earlier-{path.name}"))
        published[path.replace(target)] = parity
    earlier = read_json(folder / PARITY)
    making = {path: describe_making(path) for path in published}
    content = {**earlier, **{path.name: {"split": split, **parity.to_dict(), **making[path]} for path, parity in published.items()}}
    with draft(folder / PARITY, ExportError) as beside:
        beside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", errors="surrogateescape")
    hand_over(folder, facts, vectors, {path.name for path in published}, open_artefact)
    return Exports(folder, split, published, making)


def open_artefact(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """uint8 photos [n, size, size, 3] → probabilities [n, classes], in the artefact's own runtime."""
    return load_saved_model(path) if path.is_dir() else load_onnx(path) if path.suffix == ".onnx" else _side_by_side(path)


def classes_in(path: Path) -> list[str]:
    """The class names that the artefact itself carries, in the order of its scores."""
    if path.is_dir():
        return (path / "assets" / LABELS).read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    return list(read_facts(path)["classes"] if path.suffix == ".tflite" else load_onnx(path).facts["classes"])


def _side_by_side(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """A .tflite file takes one photo at a time, and not all of its kernels use several threads: so several interpreters share them out."""
    classifiers = [load_tflite(path, threads=1) for _ in range(min(cores(), MOST_INTERPRETERS))]

    def classify(photos: np.ndarray) -> np.ndarray:
        with ThreadPoolExecutor(len(classifiers)) as pool:
            parts = pool.map(lambda classifier, part: classifier(part), classifiers, np.array_split(photos, len(classifiers)))
            return np.concatenate(list(parts))

    return classify
