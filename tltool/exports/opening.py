"""How each exported model is found in a folder, opened in its own runtime, and asked for its classes."""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tltool.reading import read_text
from tltool.runs.contents import EXPORT_FILES
from tltool.runtimes.litert import load_tflite, read_facts, side_by_side
from tltool.runtimes.onnx import load_onnx
from tltool.runtimes.tflite_metadata import LABELS
from tltool.threads import cores

MOST_INTERPRETERS = 8  # of one file at once; each has the whole model in memory


def artefacts_in(folder: Path, foreign: bool = False) -> list[Path]:
    """The exported models in ``folder`` that tltool wrote, by name; with ``foreign`` those of other names too, but for hidden ones."""
    found = [*folder.glob("*.tflite"), *folder.glob("*.onnx"), *(file.parent for file in folder.glob("*/saved_model.pb"))]
    return sorted(path for path in found if f"exports/{path.name}" in EXPORT_FILES or (foreign and not path.name.startswith(".")))


def open_artefact(path: Path, kernels: str = "BUILTIN") -> Callable[[np.ndarray], np.ndarray]:
    """uint8 photos [n, size, size, 3] → probabilities [n, classes], in the artefact's own runtime.

    Args:
        kernels: of a .tflite file, as for ``load_tflite``.
    """
    if path.is_dir():
        from tltool.runtimes.saved_model import load_saved_model  # loads much that whoever only looks for models does without

        return load_saved_model(path)
    return load_onnx(path) if path.suffix == ".onnx" else _side_by_side(path, kernels)


def classes_in(path: Path) -> list[str]:
    """The class names that the artefact itself carries, in the order of its scores."""
    if path.is_dir():
        return read_text(path / "assets" / LABELS).split("\n")[:-1]
    return list(read_facts(path)["classes"] if path.suffix == ".tflite" else load_onnx(path).facts["classes"])


def _side_by_side(path: Path, kernels: str) -> Callable[[np.ndarray], np.ndarray]:
    """A .tflite file takes one photo at a time, and not all of its kernels use several threads: so several interpreters share them out."""
    classifiers = [load_tflite(path, threads=1, kernels=kernels) for _ in range(min(cores(), MOST_INTERPRETERS))]
    return functools.partial(side_by_side, classifiers)
