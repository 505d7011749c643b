"""The road from a SavedModel to a .tflite file: all that a converter is asked for, and where it is done.

A converter leaks, and its native code gives up without a word: so it lives in the worker and never in this process. Another one is another
module with these four functions, and its address in ``CONVERTER``.
"""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import ExportError
from tltool.models.processes.worker import Lost, call

CONVERTER = "tltool.models.conversion.converter"


def convert(saved_model: Path, precision: str, photos: np.ndarray | None = None) -> bytes:
    """The .tflite file of the SavedModel's only signature, one float32 [1, h, w, 3] in and one tensor or more out, by builtin
    operators alone.

    Args:
        precision: float32, dynamic, int8 or int16x8.
        photos: uint8 [n, h, w, 3] to calibrate the latter two with.

    Raises:
        ExportError: an operator that the file cannot have (named), or the worker died of it.
    """
    return _ask("convert", saved_model, precision, photos)


def calibrate(saved_model: Path, photos: np.ndarray) -> bytes:
    """A float file that knows the range of every tensor on ``photos``, uint8 [n, h, w, 3]: what ``quantize`` starts from. Raises as
    ``convert`` does."""
    return _ask("calibrate", saved_model, photos)


def quantize(calibrated: bytes, float_layers: Collection[str]) -> bytes:
    """The int8 file of what ``calibrate`` gave, uint8 in and out, with the operators that write the tensors ``float_layers`` in float.
    Raises as ``convert`` does."""
    return _ask("quantize", calibrated, sorted(float_layers))


def find_losses(calibrated: bytes, photos: np.ndarray) -> dict[str, float]:
    """Name of each tensor that an int8 layer of ``calibrated`` writes, with a digit after one that comes again → the share 0…1 of its
    content that is lost there on ``photos``, uint8 [n, h, w, 3]. Raises as ``convert`` does."""
    return _ask("find_losses", calibrated, photos)


def _ask(task: str, *given: Any) -> Any:
    try:
        return call(f"{CONVERTER}:{task}", *given)
    except Lost as reason:
        raise ExportError(
            f"The model must convert without an accident to the process that does it. Received: {reason}. Where memory or "
            "disk is short, free some, or choose float32."
        ) from None


def reason_in(message: str) -> str:
    """The operators that a converter or LiteRT could not place, else the first line of what it said."""
    named = re.findall(r"(?:TF Select|Custom) ops: *([^\n]+)", message) or re.findall(r"'(tfl?\.\w+)' op is neither", message)
    return "the operator " + ", ".join(dict.fromkeys(named)) if named else message.strip().partition("\n")[0].rstrip(".")
