"""The card beside exported models: everything an app needs to call them right, as ``labels.txt`` and ``model_card.json``."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tltool.catalog import EXPORT_FILES
from tltool.evaluation.litert import LABELS, describe_tensors, read_facts
from tltool.runs import versions

CARD = "model_card.json"
PACKAGES = ("tltool", "keras", "tensorflow", "ai-edge-litert")
FITS = {
    "crop": "scale the shorter side to the input size with antialiased bilinear filtering, then cut out the centre square",
    "pad": "scale the longer side to the input size with antialiased bilinear filtering, then add black borders on both sides",
    "stretch": "scale both sides to the input size with antialiased bilinear filtering",
}


def write_card(folder: Path, facts: dict[str, Any], artefacts: Iterable[Path] | None = None) -> dict[str, Any]:
    """Write ``labels.txt`` and ``model_card.json`` into ``folder`` and return the card.

    Args:
        facts: ``classes``, ``size``, ``fit``; the rest is copied under ``model``.
        artefacts: .tflite files and SavedModel folders; default: all that lie in ``folder``.
    """
    known = sorted(artefacts if artefacts is not None else artefacts_in(folder))
    card = {
        "classes": list(facts["classes"]),
        "input": {"colour_order": "RGB", "range": [0, 255], "scaling": "inside the model", "size": facts["size"],
                  "fit": facts["fit"], "resize": FITS[facts["fit"]], "orientation": "turn upright by EXIF first"},
        "artefacts": [_describe(path, facts) for path in known],
        "model": {name: value for name, value in facts.items() if name not in ("classes", "size", "fit")},
        "versions": versions(PACKAGES),
    }
    (folder / LABELS).write_text("".join(f"{name}\n" for name in facts["classes"]), encoding="utf-8")
    (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return card


def artefacts_in(folder: Path) -> list[Path]:
    """The exported models in ``folder`` that tltool wrote, by name; what else lies there is no concern of the card."""
    names = {Path(name).name for name in EXPORT_FILES}
    return sorted([*(file for file in folder.glob("*.tflite") if file.name in names),
                   *(file.parent for file in folder.glob("*/saved_model.pb") if file.parent.name in names)])


def _describe(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    return _describe_saved_model(path, facts) if path.is_dir() else _describe_tflite(path)


def _describe_tflite(path: Path) -> dict[str, Any]:
    return {"file": path.name, "format": "tflite", "precision": read_facts(path).get("precision"), "bytes": path.stat().st_size,
            "sha256": _hash([path], path.parent), "batch": 1, **describe_tensors(path)}


def _describe_saved_model(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Both signatures take any number of photos; ``request`` is what a TensorFlow Serving client posts to ``:predict``."""
    files, size, n = sorted(file for file in path.rglob("*") if file.is_file()), facts["size"], len(facts["classes"])
    outputs = {"probabilities": {"shape": [None, n], "dtype": "float32"}, "label": {"shape": [None], "dtype": "string"}}
    return {
        "file": path.name, "format": "saved_model", "precision": "float32", "bytes": sum(file.stat().st_size for file in files),
        "sha256": _hash(files, path), "batch": None,
        "signatures": {
            "serving_default": {"input": {"pixels": {"shape": [None, size, size, 3], "dtype": "uint8"}}, "output": outputs},
            "from_bytes": {"input": {"photos": {"shape": [None], "dtype": "string"}}, "output": outputs},
        },
        "request": {"signature_name": "from_bytes", "instances": [{"photos": {"b64": "the file's bytes in base64"}}]},
    }


def _hash(files: list[Path], root: Path) -> str:
    """SHA-256 of one file's bytes; of a folder: of each file's path and hash, in order of path."""
    hashes = [(file.relative_to(root).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()) for file in files]
    if len(hashes) == 1:
        return hashes[0][1]
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in hashes).encode()).hexdigest()
