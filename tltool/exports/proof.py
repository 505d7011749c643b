"""Every artefact against the model it came from, on the photos that chose that model; written down, and held to a limit."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import GateError
from tltool.evaluation.predictors import Predictor, predict_photos
from tltool.exports.artefacts import open_artefact
from tltool.exports.parity import compare
from tltool.exports.results import Exports


def prove(paths: list[Path], predictor: Predictor, pixels: Any, labels: np.ndarray, rows: np.ndarray, folder: Path) -> Exports:
    """Run every artefact on ``pixels[rows]``, compare it with ``predictor``, and write ``parity.json``.

    Args:
        pixels: answers ``pixels[rows]`` with uint8 [len(rows), size, size, 3].
        labels: class index of every photo [n].
    """
    reference = predict_photos(predictor, pixels, rows)
    parities = {}
    for path in paths:
        exported = Predictor(predictor.classes, predictor.size, predictor.fit, open_artefact(path))
        parities[path] = compare(reference, predict_photos(exported, pixels, rows), labels[rows])
    earlier = json.loads((folder / "parity.json").read_text(encoding="utf-8")) if (folder / "parity.json").is_file() else {}
    content = {**earlier, **{path.name: {"split": "validation", **parity.to_dict()} for path, parity in parities.items()}}
    (folder / "parity.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return Exports(folder, "validation", parities)


def check_drop(exports: Exports, max_drop: float) -> None:
    """Raises ``GateError``, which carries ``exports``, when an artefact lost more accuracy than ``max_drop``."""
    lost = [f"{path.name} loses {parity.drop:.3f}" for path, parity in exports.parities.items() if parity.drop > max_drop]
    if lost:
        raise GateError(f"An export must not lose more accuracy than --max-drop {max_drop:g}. Received: {', '.join(lost)}. "
                        "Precision float16 or dynamic loses less.", exports)
