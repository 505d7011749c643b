"""The files of an export: what they are called, which of them are to be written, and how each is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tltool.atomic import is_ours
from tltool.errors import ExportError, SpecError
from tltool.exports.bundle.contents import find_edited
from tltool.exports.onnx import converter, write_onnx
from tltool.exports.outputs import divided
from tltool.exports.reference import Reference
from tltool.exports.saved_model import write_saved_model
from tltool.exports.tflite.conversion import CALIBRATED, CALIBRATION_PHOTOS, PRECISIONS, convert
from tltool.exports.tflite.metadata import with_metadata
from tltool.lookup import entry
from tltool.models.conversion.backend import tensorflow
from tltool.progress import say
from tltool.runtimes.native import require_utf8

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
    wanted = [
        Artefact(kind, precision) for kind in formats for precision in (precisions if kind == "tflite" and precisions else ["float32"])
    ]
    taken = [artefact.name for artefact in wanted if (folder / artefact.name).exists()]
    if taken and not force:
        raise ExportError(
            f"An export must not replace an earlier one. Received: {', '.join(taken)}, already in {folder}. Add --force to replace."
        )
    if not force and (edited := find_edited(folder)):
        raise ExportError(
            f"An export must not replace what others wrote. Received: {', '.join(edited)} in {folder}, not as the last "
            "export left it. Move it elsewhere, or add --force to replace it."
        )
    if not is_ours(folder / "saved_model"):
        raise ExportError(f"--force replaces only what tltool wrote. Received: {folder / 'saved_model'}. Move it elsewhere.")
    require_utf8(folder)
    tensorflow()  # or the reason why nothing can be exported, before any photo is read
    if "onnx" in formats:
        converter()
    return wanted


def _known(names: Sequence[str] | str, table: Collection[str], kind: str) -> list[str]:
    names = [names] if isinstance(names, str) else names
    for name in names:
        entry(name, dict.fromkeys(table), kind)
    return list(dict.fromkeys(names))


def write_artefact(artefact: Artefact, reference: Reference, facts: dict[str, Any], folder: Path) -> Path:
    """Write the model of ``reference`` as ``artefact`` into ``folder`` and return the path.

    The first 128 of the training photos calibrate int8 and int16x8. ``facts``, as ``facts_of`` makes them, go into the file.
    """
    model, path = reference.predictor.model, folder / artefact.name
    say(f"writing {artefact.name}")
    if artefact.format == "saved_model":
        write_saved_model(model, facts, path)
    elif artefact.format == "onnx":
        write_onnx(model, facts, path)
    else:
        photos = reference.training[: CALIBRATION_PHOTOS if artefact.precision in CALIBRATED else 0]
        content = convert(divided(model, reference.predictor.task), artefact.precision, photos)  # type: ignore[arg-type]
        write_tflite(path, content, artefact.precision, facts, len(photos))
    return path


def write_tflite(path: Path, content: bytes, precision: str, facts: dict[str, Any], photos: int, float_layers: Sequence[str] = ()) -> None:
    """Write a converted model with what is known of it inside: ``facts``, its precision, with how many photos it was calibrated and which
    layers of a quantized one were left in float."""
    how = {"calibration_photos": photos, "float_layers": list(float_layers)}
    path.write_bytes(with_metadata(content, {**facts, "precision": precision, **{name: value for name, value in how.items() if value}}))
