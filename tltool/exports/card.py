"""The model card: what an app must know to call the exported models right, and what people should know before they trust them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt, ValidationError

from tltool.catalog import EXPORT_FILES
from tltool.evaluation.litert import describe_tensors, read_facts
from tltool.exports.compatibility import oldest_runtime
from tltool.exports.graph import count_float_operators
from tltool.exports.results import size_of
from tltool.intervals import wilson
from tltool.reading import open_regular, read_json
from tltool.runs import versions

CARD = "model_card.json"
OURS = frozenset(name.removeprefix("exports/") for name in EXPORT_FILES)  # every path below exports/ that is ours to write
PACKAGES = {"saved_model": ("tensorflow",), "tflite": ("tensorflow", "ai-edge-litert"), "onnx": ("tensorflow", "onnxruntime")}
FITS = {
    "crop": "scale the shorter side to the input size with antialiased bilinear filtering, then cut out the centre square",
    "pad": "scale the longer side to the input size with antialiased bilinear filtering, then add black borders on both sides",
    "stretch": "scale both sides to the input size with antialiased bilinear filtering",
}
GREY_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNoaGgAAAMEAYF1LgG8AAAAAElFTkSuQmCC"  # a PNG of one pixel, in base64


def describe_model(facts: dict[str, Any]) -> dict[str, Any]:
    """The part of the card that holds for every artefact: ``classes``, ``input``, ``scores`` and ``origin``.

    Args:
        facts: ``classes``, ``size``, ``fit``; ``name``, ``origin`` and ``score_calibration`` where known.
    """
    return {
        "name": facts.get("name"),
        "classes": list(facts["classes"]),
        "input": {
            "colour_order": "RGB",
            "range": [0, 255],
            "scaling": "inside the model",
            "size": facts["size"],
            "fit": facts["fit"],
            "resize": FITS[facts["fit"]],
            "orientation": "turn upright by EXIF first",
            "transparency": "over white",
        },
        "scores": {
            "meaning": "one probability per class, in the order of classes; the largest is the answer",
            "calibration": facts.get("score_calibration"),
        },
        "origin": facts.get("origin"),
    }


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


def describe_signatures(size: int, classes: int) -> dict[str, Any]:
    """The signatures of a SavedModel; each takes any number of photos."""
    pixels = {"pixels": {"shape": [None, size, size, 3], "dtype": "uint8"}}
    scores = {"probabilities": {"shape": [None, classes], "dtype": "float32"}}
    outputs = {**scores, "label": {"shape": [None], "dtype": "string"}}
    return {
        "serving_default": {"input": pixels, "output": outputs},
        "numbers_only": {"input": pixels, "output": scores},
        "from_bytes": {
            "input": {"photos": {"shape": [None], "dtype": "string", "holds": "a whole JPEG, PNG, BMP or GIF file"}},
            "output": outputs,
        },
    }


class _File(BaseModel, strict=True):
    bytes: NonNegativeInt
    sha256: str


class _Model(_File):
    file: str
    format: str
    signatures: dict[str, Any] = {}


class _Input(BaseModel, strict=True):
    size: PositiveInt
    fit: Literal["crop", "pad", "stretch"]


class _Card(BaseModel, strict=True):
    """What must be right of a card for others to read on."""

    classes: Annotated[list[str], Field(min_length=1)]
    input: _Input
    artefacts: list[_Model]
    files: dict[str, _File]


def read_card(folder: Path) -> dict[str, Any]:
    """The card in ``folder``, or ``{}`` where there is none, or one that is not whole or names files that are not ours to write."""
    card = read_note(folder / CARD)
    try:
        whole = _Card.model_validate(card)
    except ValidationError:
        return {}
    return card if {*whole.files, *(model.file for model in whole.artefacts)} <= OURS else {}


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


def hash_of(path: Path) -> str:
    """SHA-256 of a file's bytes; of a folder: of each file's path and hash, in order of path."""
    hashes = [(file.relative_to(path).as_posix(), _hash(file)) for file in files_of(path)]
    if not path.is_dir():
        return hashes[0][1]
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in hashes).encode()).hexdigest()


def _hash(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(path: Path) -> list[Path]:
    """The file itself, or all files of a folder, in order."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def _tflite(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    return {"precision": read_facts(path).get("precision"), "batch": 1, **describe_tensors(path), **describe_making(path)}


def _saved_model(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """``request`` is what a TensorFlow Serving client posts to ``:predict``, with one grey pixel for a photo."""
    request = {"signature_name": "from_bytes", "instances": [{"photos": {"b64": GREY_DOT}}]}
    return {
        "precision": "float32",
        "batch": None,
        "signatures": describe_signatures(facts["size"], len(facts["classes"])),
        "request": request,
    }


def _onnx(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    size, n = facts["size"], len(facts["classes"])
    return {
        "precision": "float32",
        "batch": None,
        "input": {"name": "pixels", "shape": [None, size, size, 3], "dtype": "uint8"},
        "output": {"name": "probabilities", "shape": [None, n], "dtype": "float32"},
    }


KINDS = {".tflite": _tflite, ".onnx": _onnx}


def _compared(parity: dict[str, Any]) -> dict[str, Any]:
    """What the card takes over from a comparison with the run's model."""
    n, accuracy = parity["n"], parity["exported_accuracy"]
    return {
        "split": parity["split"],
        "n": n,
        "accuracy": accuracy,
        "accuracy_interval": wilson(round(accuracy * n), n),
        "model_accuracy": parity["reference_accuracy"],
        "agreement": parity["agreement"],
        "largest_gap": parity["largest_gap"],
        "mean_gap": parity["mean_gap"],
        "mcnemar_p": parity["mcnemar_p"],
    }


def listing(folder: Path, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Bytes and SHA-256 of files below ``folder``, by their path in it."""
    return {name: {"bytes": (folder / name).stat().st_size, "sha256": hash_of(folder / name)} for name in sorted(names)}
