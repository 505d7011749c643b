"""The model card: what an app must know to call the exported models right, and what people should know before they trust them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, PositiveInt, ValidationError

from tltool.errors import ExportError
from tltool.exports.facts import CARD
from tltool.exports.tflite.compatibility import oldest_runtime
from tltool.exports.tflite.graph import count_float_operators
from tltool.intervals import wilson
from tltool.reading import hash_of, read_json, size_of
from tltool.runs import versions
from tltool.runs.contents import EXPORT_FILES
from tltool.runs.forms import Document, Form, Settled, Task, Tiles, newer
from tltool.runtimes.asked import outputs_of
from tltool.runtimes.litert import describe_tensors, read_facts
from tltool.runtimes.onnx import load_onnx
from tltool.specs.photos import Fit

OURS = frozenset(name.removeprefix("exports/") for name in EXPORT_FILES)  # every path below exports/ that is ours to write
PACKAGES = {"saved_model": ("tensorflow",), "tflite": ("tensorflow", "ai-edge-litert"), "onnx": ("tensorflow", "onnxruntime")}
GREY_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNoaGgAAAMEAYF1LgG8AAAAAElFTkSuQmCC"  # a PNG of one pixel, in base64


def describe_artefact(path: Path, facts: dict[str, Any], compared: dict[str, Any] | None = None) -> dict[str, Any]:
    """One exported model: its file, tensors, hash, and its accuracy where ``compared``, an entry of ``parity.json``, gives it.

    Raises:
        ExportError: the file cannot be read.
    """
    described = KINDS.get(path.suffix, _saved_model)(path, facts)
    return {
        "file": path.name,
        "format": path.suffix[1:] or "saved_model",
        **described,
        "bytes": size_of(path),
        "sha256": hash_of(path),
        **({"compared": _compared(compared)} if compared else {}),
    }


def describe_making(path: Path) -> dict[str, Any]:
    """How a .tflite file was made: the oldest runtime it needs, ``calibration_photos``, ``float_layers`` and, where it computes with
    whole numbers, how many operators of each kind are left in float; ``{}`` for other files."""
    if path.suffix != ".tflite":
        return {}
    known = read_facts(path)
    made: dict[str, Any] = {
        "min_runtime": oldest_runtime(path),
        **{name: known[name] for name in ("calibration_photos", "float_layers") if name in known},
    }
    return {**made, "float_operators": count_float_operators(path)} if known.get("precision") in ("int8", "int16x8") else made


class FileEntry(Form):
    """A file, or the files of a folder together: how large, and the hash of what is in it."""

    bytes: NonNegativeInt
    sha256: str


class ModelEntry(FileEntry):
    """An exported model; ``describe_artefact`` says what else is told of it.

    Attributes:
        file: its name in the folder.
        format: ``tflite``, ``onnx`` or ``saved_model``.
        precision: number format of its weights and of what it computes.
        batch: how many photos it takes at once; None for any number.
        signatures: of a SavedModel, by name.
        compared: with the model of the run, on the validation photos.
        tolerance: how far a probability may be from the one written down for a test vector.
    """

    file: str
    format: str
    precision: Any = None
    batch: Any = None
    signatures: dict[str, Any] = Field(default_factory=dict)
    compared: Any = None
    tolerance: Any = None


class InputEntry(Form):
    """How a photo is brought to what the models take; ``describe_model`` says the rest of it."""

    size: PositiveInt
    fit: Fit


class Card(Document):
    """``model_card.json``: all that holds for the exported models beside it.

    Attributes:
        name: of the run.
        task, settled: what was asked, and what was settled for it, say what the scores mean.
        tiles: how many a side a photo is cut into, each of which is seen as a photo is.
        classes: in the order of the scores.
        input: how a photo becomes what they take.
        scores: what the numbers they answer with mean, and their calibration.
        origin: the run's own account of its photos, its training and its accuracy.
        artefacts: the exported models.
        versions: of what they were written with.
        files: every other file in the folder, by its path there.
    """

    name: Any = None
    task: Task = "classify"
    settled: Settled = Field(default_factory=dict)
    tiles: Tiles | None = None
    classes: Annotated[list[str], Field(min_length=1)]
    input: InputEntry
    scores: Any = None
    origin: Any = None
    artefacts: list[ModelEntry]
    versions: Any = None
    files: dict[str, FileEntry]


def read_card(folder: Path) -> Card | None:
    """The card in ``folder``; None where there is none, or one that is not whole or names files that are not ours to write.

    Raises:
        ExportError: a newer tltool wrote it.
    """
    content = read_note(folder / CARD)
    if later := newer(content):
        raise ExportError(f"{folder / CARD} was written by a newer tltool ({later}). Update tltool.")
    try:
        card = Card.model_validate(content)
    except ValidationError:
        return None
    return card if {*card.files, *(model.file for model in card.artefacts)} <= OURS else None


def read_note(file: Path) -> dict[str, Any]:
    """What an earlier export noted; a damaged note counts as none."""
    try:
        noted = read_json(file)
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def used_versions(formats: Iterable[str]) -> dict[str, str]:
    """What exports in these formats were written with."""
    return versions(dict.fromkeys(("tltool", "keras", *(package for kind in formats for package in PACKAGES[kind]))))


def _tflite(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    given, found = describe_tensors(path)
    tensors = {"input": given, **_outputs(dict(zip(outputs_of(facts).NAMES, found, strict=True)))}
    return {"precision": read_facts(path).get("precision"), "batch": 1, **tensors, **describe_making(path)}


def _saved_model(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """``request`` is what a TensorFlow Serving client posts to ``:predict``, with one grey pixel for a photo. The signatures are those that
    the card within names: version 0.1.0 wrote none for numbers only."""
    within = read_note(path / "assets" / CARD).get("signatures")
    request = {"signature_name": "from_bytes", "instances": [{"photos": {"b64": GREY_DOT}}]}
    return {"precision": "float32", "batch": None, "signatures": within if isinstance(within, dict) else {}, "request": request}


def _onnx(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    size = facts["size"]
    found = {tensor.name: [None, *tensor.shape[1:]] for tensor in load_onnx(path).session.get_outputs()}
    return {
        "precision": "float32",
        "batch": None,
        "input": {"name": "pixels", "shape": [None, size, size, 3], "dtype": "uint8"},
        **_outputs({name: {"name": name, "shape": found[name], "dtype": "float32"} for name in outputs_of(facts).NAMES}),
    }


def _outputs(described: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """``output`` of a model that has one, ``outputs`` by name of one that has several."""
    return {"outputs": described} if len(described) > 1 else {"output": next(iter(described.values()))}


KINDS = {".tflite": _tflite, ".onnx": _onnx}


def _compared(parity: dict[str, Any]) -> dict[str, Any]:
    """What the card takes over from a comparison with the run's model."""
    n, accuracy = parity["n"], parity["exported_accuracy"]
    return {
        "split": parity["split"],
        "score": parity.get("score", "accuracy"),
        "n": n,
        "accuracy": accuracy,
        "accuracy_interval": parity.get("exported_interval") or wilson(round(accuracy * n), n),
        "model_accuracy": parity["reference_accuracy"],
        "agreement": parity["agreement"],
        "largest_gap": parity["largest_gap"],
        "mean_gap": parity["mean_gap"],
        "mcnemar_p": parity["mcnemar_p"],
    }


def listing(folder: Path, names: Iterable[str]) -> dict[str, FileEntry]:
    """Bytes and SHA-256 of files below ``folder``, by their path in it."""
    return {name: FileEntry(bytes=(folder / name).stat().st_size, sha256=hash_of(folder / name)) for name in sorted(names)}
