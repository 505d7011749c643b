"""What holds for a model in whatever format it is exported: classes, input, scores, origin, signatures."""

from typing import Any

from tltool.errors import ExportError
from tltool.runtimes.tflite_metadata import LABELS
from tltool.task import task_named

CARD = "model_card.json"
FITS = {
    "crop": "scale the shorter side to the input size with antialiased bilinear filtering, then cut out the centre square",
    "pad": "scale the longer side to the input size with antialiased bilinear filtering, then add black borders on both sides",
    "stretch": "scale both sides to the input size with antialiased bilinear filtering",
}


def task_of(facts: dict[str, Any]) -> str:
    """What the model was asked; one of before knew one task."""
    task: str = facts.get("task", "classify")
    return task


def describe_model(facts: dict[str, Any]) -> dict[str, Any]:
    """The part of the card that holds for every artefact: ``task``, ``classes``, ``input``, ``scores`` and ``origin``.

    Args:
        facts: ``classes``, ``size``, ``fit``; ``task``, ``settled``, ``name``, ``origin``, ``trust``, ``score_threshold`` and
            ``score_calibration`` where known.
    """
    return {
        "name": facts.get("name"),
        "task": task_of(facts),
        "settled": facts.get("settled", {}),
        **({"tiles": facts["tiles"]} if facts.get("tiles") else {}),
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
            "meaning": task_named(task_of(facts)).exported.MEANING,
            "calibration": facts.get("score_calibration"),
            **{name: facts[name] for name in ("trust", "score_threshold") if facts.get(name)},
        },
        "origin": facts.get("origin"),
    }


def describe_signatures(outputs: dict[str, dict[str, Any]], size: int, labelled: bool) -> dict[str, Any]:
    """The signatures of a SavedModel; each takes any number of photos.

    Args:
        outputs: shape and dtype of its outputs, by name.
        labelled: whether it says its answer as a text too.
    """
    pixels = {"pixels": {"shape": [None, size, size, 3], "dtype": "uint8"}}
    all_outputs = {**outputs, "label": {"shape": [None], "dtype": "string"}} if labelled else outputs
    return {
        "serving_default": {"input": pixels, "output": all_outputs},
        "numbers_only": {"input": pixels, "output": outputs},
        "from_bytes": {
            "input": {"photos": {"shape": [None], "dtype": "string", "holds": "a whole JPEG, PNG, BMP or GIF file"}},
            "output": all_outputs,
        },
    }


def check_names(classes: list[str]) -> None:
    """Raises ``ExportError`` unless every class name is one line of Unicode text, as labels files have it."""
    for name in classes:
        if not name or name.splitlines() != [name] or name.encode(errors="replace").decode() != name:
            raise ExportError(f"A class name must be one line of text, to stand in {LABELS}. Received: {name!r}. Rename it.")
