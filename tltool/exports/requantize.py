"""An export that loses too much is written again in gentler ways, as long as it takes; the best is kept."""

from pathlib import Path
from typing import Any

from tltool.errors import ExportError
from tltool.exports.artefacts import write_tflite
from tltool.exports.outputs import divided
from tltool.exports.reference import Reference, describe_loss, loses_too_much, prove
from tltool.exports.tflite.attempts import Attempt, search
from tltool.parity import Parity
from tltool.progress import say, warn
from tltool.runtimes.litert import read_facts

MENDABLE = ("dynamic", "int8", "int16x8")


def requantize_lossy(parities: dict[Path, Parity], reference: Reference, facts: dict[str, Any], max_drop: float) -> dict[Path, Parity]:
    """Write every artefact that loses more accuracy than ``max_drop`` again: with ranges from all training photos of ``reference``,
    then with the layers that hurt in float. What was done is said, and recorded in the file. The best is kept: the one with fewest
    layers in float of those that lose little enough, else the one that loses least.

    Args:
        facts: those that were given to ``write_artefact``.
    """
    return {
        path: _mended(path, parity, reference, facts, max_drop) if loses_too_much(parity, max_drop) and len(reference.training) else parity
        for path, parity in parities.items()
    }


def _mended(path: Path, parity: Parity, reference: Reference, facts: dict[str, Any], max_drop: float) -> Parity:
    precision = read_facts(path).get("precision") if path.suffix == ".tflite" else None
    if precision not in MENDABLE:
        return parity
    say(f"{path.name} {describe_loss(parity)}, where --max-drop is {max_drop:g}; trying to mend that")
    best, kept = parity, path.read_bytes()

    def is_enough(attempt: Attempt) -> bool:
        nonlocal best, kept
        write_tflite(path, attempt.content, precision, facts, attempt.photos, attempt.float_layers)
        found = prove([path], reference)[path]
        say(f"{_described(attempt)}: {found.exported_accuracy:.3f} of {found.reference_accuracy:.3f}")
        enough = not loses_too_much(found, max_drop)
        if enough or (found.constant, found.drop) < (best.constant, best.drop):  # what is enough comes with fewer layers each time
            best, kept = found, path.read_bytes()
        return enough

    try:
        search(divided(reference.predictor.model, reference.predictor.task), precision, reference.training, is_enough)
    except ExportError as error:  # what there was before is still an export
        warn(f"{path.name} could not be mended any further: {error}")
    path.write_bytes(kept)
    return best


def _described(attempt: Attempt) -> str:
    """Such as "512 photos, float layers: conv1, conv2"."""
    layers = ", ".join(attempt.float_layers)
    return ", ".join([f"{attempt.photos} photos"] * bool(attempt.photos) + [f"float layers: {layers}"] * bool(layers))
