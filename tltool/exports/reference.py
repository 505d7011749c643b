"""Every artefact against the model it came from, on the photos that chose that model; and held to a limit."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tltool.data.geometry import Frame
from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.errors import ExportError, GateError
from tltool.evaluation.predictors import Predictor, predict_photos
from tltool.exports.opening import classes_in, open_artefact
from tltool.exports.results import Exports
from tltool.parity import Parity
from tltool.runtimes.litert import read_facts
from tltool.task import task_named

SAME_SCORES = (
    0.02  # of the probability may move in what computes in float: float16 moves 0.001 on a MobileNetV2, a score scaled wrongly far more
)


@dataclass(frozen=True, eq=False)
class Reference:
    """What every export has to repeat: the outputs ``expected`` [n, …] of ``predictor`` for the photos of ``split``.

    ``pixels[rows]`` is uint8 [n, size, size, 3], ``labels`` the true ones as the task encodes them, ``cells`` the same as text,
    ``strata`` the class each photo is counted to, int [n], and ``photos`` what the photos are called.
    ``training`` are photos the model has learned from, uint8 [m, size, size, 3], to calibrate a quantized export with.
    """

    predictor: Predictor
    split: str
    pixels: Rows
    rows: np.ndarray
    labels: np.ndarray
    cells: list[str]
    strata: np.ndarray
    photos: list[str]
    expected: np.ndarray
    training: np.ndarray

    @property
    def frames(self) -> list[Frame]:
        """Where each photo lies in its square; none where answers do not depend on it."""
        predictor = self.predictor
        return task_named(predictor.task).labels.frames(self.labels, predictor.size, predictor.fit)


def take_reference(predictor: Predictor, pixels: Rows, samples: Samples, split: str = "validation") -> Reference:
    """Run ``predictor`` on the ``split`` photos of ``samples``, whose table and ``pixels`` have the same order; of its training photos all
    are for calibration."""
    rows = samples.rows(split)
    photos = [samples.paths[row] for row in rows]
    above = os.path.commonpath([os.path.dirname(path) for path in samples.paths])  # no home folder belongs beside an export
    names = [Path(os.path.relpath(photo, above)).as_posix() for photo in photos]
    return Reference(
        predictor,
        split,
        pixels,
        rows,
        samples.labels[rows],
        samples.table["label"].iloc[rows].tolist(),
        samples.strata[rows],
        names,
        predict_photos(predictor, pixels, rows),
        pixels[samples.rows("train")],
    )


def prove(paths: Iterable[Path], reference: Reference) -> dict[Path, Parity]:
    """Run every artefact on the photos of ``reference`` in its own runtime and compare its answers with those expected.

    Raises:
        ExportError: an artefact names its classes otherwise, or computes in float and answers otherwise all the same.
    """
    parities, predictor = {}, reference.predictor
    task = task_named(predictor.task)
    compare = task.exported.compare
    for path in paths:
        scores = open_artefact(path)
        _check_names(path, predictor.classes)
        exported = replace(predictor, scores=scores, model=None)
        answers = predict_photos(exported, reference.pixels, reference.rows)
        parities[path] = compare(
            reference.expected, answers, reference.labels, reference.photos, predictor.classes, predictor.settled, reference.frames
        )
        _check_float(path, parities[path], task.exported.SAME)
    return parities


def loses_too_much(parity: Parity, max_drop: float) -> bool:
    """Whether more than the share ``max_drop`` of accuracy is lost, or all that told photos apart. A single photo is no evidence, however
    much it weighs among few; but where nothing may be lost (0), it counts."""
    return parity.constant or parity.lost > max(max_drop * parity.n, 1 if max_drop else 0) + 1e-9


def describe_loss(parity: Parity) -> str:
    """The end of a sentence about the file."""
    return f"{'says the same of every photo and ' if parity.constant else ''}loses {parity.drop:.3f}"


def check_drop(exports: Exports, max_drop: float) -> None:
    """Raises ``GateError``, which carries ``exports``, when an artefact lost more accuracy than ``max_drop`` or tells no photos apart."""
    lost = [f"{path.name} {describe_loss(parity)}" for path, parity in exports.parities.items() if loses_too_much(parity, max_drop)]
    if lost:
        lost_of = next(iter(exports.parities.values())).score
        raise GateError(
            f"An export must not lose more {lost_of} than --max-drop {max_drop:g}. Received: {', '.join(lost)} on "
            f"{exports.split} photos, though it was written all the same. Precision float16 loses next to nothing.",
            exports,
        )


def _check_names(path: Path, classes: list[str]) -> None:
    if (named := classes_in(path)) == classes:
        return
    other = next((f"{theirs!r} where {ours!r} is" for ours, theirs in zip(classes, named, strict=False) if ours != theirs), "")
    raise ExportError(
        f"An export must name its classes as its run does. Received: {path.name} with {other or f'{len(named)} names'}. "
        "Nothing was written; export it again."
    )


def _check_float(path: Path, parity: Parity, same: float) -> None:
    """Rounding changes a label here and there where two answers are level; more than that is no rounding.

    Args:
        same: share of the photos whose answer must stay the same.
    """
    if path.suffix == ".tflite" and read_facts(path).get("precision") not in ("float32", "float16"):
        return
    if len(parity.flips) > max(1, (1 - same) * parity.n) or parity.moved > SAME_SCORES:
        raise ExportError(
            f"An export that computes in float must answer like its model. Received: {path.name}, which answers "
            f"{len(parity.flips)} of {parity.n} photos otherwise and moves its scores by {parity.moved:.1%}. Nothing was written; a layer "
            "of this model does not convert as it should."
        )
