"""Every artefact against the model it came from, on the photos that chose that model; and held to a limit."""

from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import GateError
from tltool.evaluation.predictors import Predictor, predict_photos
from tltool.exports.artefacts import open_artefact
from tltool.exports.parity import Parity, compare
from tltool.exports.results import Exports
from tltool.progress import warn

NOTEWORTHY = 0.02  # accuracy lost


def prove(paths: list[Path], predictor: Predictor, pixels: Any, labels: np.ndarray, rows: np.ndarray) -> dict[Path, Parity]:
    """Run every artefact on ``pixels[rows]`` in its own runtime and compare it with ``predictor``.

    Args:
        pixels: answers ``pixels[rows]`` with uint8 [len(rows), size, size, 3].
        labels: class index of every photo [n].
    """
    reference = predict_photos(predictor, pixels, rows)
    parities = {}
    for path in paths:
        exported = Predictor(predictor.classes, predictor.size, predictor.fit, open_artefact(path))
        parities[path] = compare(reference, predict_photos(exported, pixels, rows), labels[rows])
    return parities


def check_drop(exports: Exports, max_drop: float | None) -> None:
    """Raises ``GateError``, which carries ``exports``, when an artefact lost more accuracy than the user allowed; without a limit, warn
    of a loss beyond two points."""
    limit = NOTEWORTHY if max_drop is None else max_drop
    lost = [f"{path.name} loses {parity.drop:.3f}" for path, parity in exports.parities.items() if parity.drop > limit + 1e-9]
    if lost and max_drop is None:
        warn(f"{', '.join(lost)} of accuracy on {exports.split} photos; precision float16 or dynamic loses less.")
    elif lost:
        raise GateError(f"An export must not lose more accuracy than --max-drop {limit:g}. Received: {', '.join(lost)}. "
                        "Precision float16 or dynamic loses less.", exports)
