"""A folder of exports against its own card: the bytes of every file, and the answers to the test vectors."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import ExportError, SpecError
from tltool.exports.bundle.card import Card, FileEntry, ModelEntry, read_card
from tltool.exports.bundle.reading import Reading
from tltool.exports.bundle.vectors import FOLDER, read_pixels, read_vectors
from tltool.exports.bundle.yardsticks import yardstick_of
from tltool.exports.facts import CARD
from tltool.exports.opening import artefacts_in, classes_in, open_artefact
from tltool.exports.results import Check, Verification
from tltool.lookup import nearest
from tltool.progress import say
from tltool.reading import hash_of, read_bytes, read_text, size_of
from tltool.runtimes.saved_model import load_from_bytes, load_saved_model
from tltool.runtimes.tflite_metadata import LABELS

UNKNOWN = math.nan  # a tolerance that is not there
RUNTIMES = {"onnx": "onnxruntime", "saved_model": "tensorflow", "tflite": "ai_edge_litert"}


def verify(folder: Path, only: Sequence[str] = ()) -> Verification:
    """Compare every file in ``folder`` with the card there, and the answers to the test vectors with the ones that were written down.

    A .tflite file is run without loading TensorFlow.

    Args:
        folder: what ``tltool export`` left, or a copy of it, or a run that has it.
        only: files or folders of the card; default: everything, so that nothing may be missing.

    Raises:
        ExportError: no card, or no test vectors to replay.
        SpecError: ``only`` names something the card does not have.
    """
    folder = folder / "exports" if (folder / "exports" / CARD).is_file() else folder
    card = _card(folder)
    models, files = {model.file: model for model in card.artefacts}, card.files
    for name in only:
        if name.rstrip("/") not in {*models, *files}:
            raise SpecError(f"--only must be {nearest(name, [*models, *files])}. Received: {name!r}.")
    wanted = {name.rstrip("/") for name in only} or {*models, *files}
    checks = [_check_model(folder, card, model) for name, model in models.items() if name in wanted]
    checks += [Check(name, _fault(folder / name, known)) for name, known in files.items() if name in wanted]
    if not only:
        checks += [
            Check(path.name, "is not in the card: an export was cut short, or the file was put there; export again with --force")
            for path in artefacts_in(folder)
            if path.name not in models
        ]
    return Verification(folder, [*checks, *_check_labels(folder, card, wanted)])


def _card(folder: Path) -> Card:
    card = read_card(folder)
    if not card:
        there = ", ".join(path.name for path in artefacts_in(folder)) if folder.is_dir() else ""
        found = f"{there} without a whole card, as after an export that was cut short" if there else "no such card"
        raise ExportError(
            f"The folder must hold the {CARD} that tltool export writes. Received: {folder}, with {found}. "
            "Export again, or copy the whole folder."
        )
    return card


def _fault(path: Path, known: FileEntry) -> str:
    if not path.exists():
        return "is missing"
    if path.is_dir() != (isinstance(known, ModelEntry) and known.format == "saved_model"):
        return f"is {'a folder' if path.is_dir() else 'no folder'}"
    if (size := size_of(path)) != known.bytes:
        return f"has {size:,} bytes where the card says {known.bytes:,}"
    return "" if hash_of(path) == known.sha256 else "has other bytes (SHA-256) than the card says"


def _check_labels(folder: Path, card: Card, wanted: set[str]) -> list[Check]:
    if LABELS not in wanted or not (folder / LABELS).is_file():
        return []
    lines = read_text(folder / LABELS).split("\n")[:-1]
    return [] if lines == card.classes else [Check(f"{LABELS} and {CARD}", "name different classes")]


def _check_model(folder: Path, card: Card, model: ModelEntry) -> Check:
    """The bytes, and then the answers, also where the bytes differ: what is wrong with them says more than that they are wrong."""
    name, path = model.file, folder / model.file
    fault, runtime = _fault(path, model), RUNTIMES.get(model.format, "")
    if not path.exists():
        return Check(name, fault)
    if not find_spec(runtime or "-"):
        return Check(name, fault, skipped=f"was not run, because {runtime or 'its runtime'} is not installed here")
    say(f"running {name}")
    try:
        check = _replay(folder, card, model)
    except ExportError as error:
        return Check(name, fault or f"cannot be replayed: {error}".rstrip("."))
    both = "; it ".join(part for part in (fault, check.fault) if part)
    return replace(check, fault=both or _other_classes(path, card))


def _replay(folder: Path, card: Card, model: ModelEntry) -> Check:
    """Every vector through every way into the model; the largest gap counts.

    Raises:
        ExportError: no vectors for it, or the model cannot be run.
    """
    name, content, size, fit = model.file, read_vectors(folder), card.input.size, card.input.fit
    yardstick, tolerance = yardstick_of(Reading.of(card.content, size)), content["tolerances"].get(name, UNKNOWN)
    if tolerance is None:
        return Check(name, skipped="was not replayed, because LiteRT's own kernels answer none of the test vectors alike")
    answers = [vector.get(yardstick.KEY, {}).get(name) for vector in content["vectors"]]
    vectors = [content["vectors"][place] for place in yardstick.found(answers)]
    if tolerance is UNKNOWN or not vectors:
        raise ExportError(f"{FOLDER}/ has no answers of it.")
    photos = np.stack([read_pixels(folder, vector["file"], size, fit) for vector in vectors])
    kept, found = [vector[yardstick.KEY][name] for vector in vectors], [answer() for answer in _ways(folder, model, photos, vectors)]
    gaps = np.max([yardstick.gaps(kept, answer) for answer in found], axis=0)
    others = np.any([yardstick.turned(kept, answer, tolerance) for answer in found], axis=0)
    worst = int(gaps.argmax() if gaps.max() > tolerance else others.argmax() if others.any() else gaps.argmax())
    vector, gap = vectors[worst]["file"], float(gaps[worst])
    return Check(name, _told(vector, gap, tolerance, others.any(), yardstick.unit), len(vectors), gap, tolerance, vector)


def _told(vector: str, gap: float, tolerance: float, other: bool, unit: str) -> str:
    """What is wrong with the answer to ``vector``, if anything is."""
    if gap > tolerance:
        return f"answers {vector} {gap:.4f} {unit} away from the expected answer, where {tolerance:g} is allowed"
    return f"names {vector} otherwise, though the expected class leads by more than the {tolerance:g} that is allowed" if other else ""


def _ways(folder: Path, model: ModelEntry, photos: np.ndarray, vectors: list[dict[str, Any]]) -> list[Callable[[], np.ndarray]]:
    """The ways into a model, each as a function that answers all vectors: of a SavedModel every signature that the card knows."""
    path = folder / model.file
    if model.format != "saved_model":
        return [lambda: open_artefact(path)(photos)]
    pixels = [lambda name=name: load_saved_model(path, name)(photos) for name in model.signatures if name != "from_bytes"]
    return [*pixels, lambda: load_from_bytes(path)([read_bytes(folder / FOLDER / vector["file"]) for vector in vectors])]


def _other_classes(path: Path, card: Card) -> str:
    """Whether the model itself names other classes than the card."""
    return "" if classes_in(path) == card.classes else "names other classes than the card"
