"""Anything trained → one kind of value that turns photos into probabilities, and the tables made with it."""

import csv
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from tltool import models
from tltool.atomic import draft
from tltool.data.rows import Rows
from tltool.errors import ExportError, RunError, SpecError
from tltool.progress import step
from tltool.reading import LONGEST_LIST, open_regular
from tltool.runs import Kind, Run
from tltool.runs.forms import Asked, fault_of
from tltool.runtimes.foreign import read_labels
from tltool.training.memory import halving

if TYPE_CHECKING:
    import pandas

BATCH = 32
FILES = (".tflite", ".onnx")  # models that need no run


@dataclass(frozen=True)
class Predictor:
    """What anything trained answers.

    Attributes:
        classes: in the order of the scores.
        size: side of a photo in pixels; length of a signal.
        fit: how a photo becomes that square; "" of signals, which are taken as they are.
        scores: uint8 RGB [n, size, size, 3], or of signals float32 [n, size, channels] → probabilities [n, len(classes)].
        model: the ``keras.Model`` behind it, if there is one.
        task, settled: what was asked, and what was settled for it, say what the probabilities mean.
        kind: what it answers: photos or signals.
    """

    classes: list[str]
    size: int
    fit: str
    scores: Callable[[np.ndarray], np.ndarray]
    model: Any = None
    task: str = "classify"
    settled: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "photo"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what it takes: (size, size, 3) of a photo, (length, channels) of a signal."""
        return tuple(self.model.input_shape[1:]) if self.kind == "signal" else (self.size, self.size, 3)


def open_predictor(trained: Path | str, labels: Path | None = None, scaling: str | None = None) -> Predictor:
    """A run's model through Keras; a ``.tflite`` file through LiteRT or an ``.onnx`` file through onnxruntime, without loading Keras or
    TensorFlow.

    Args:
        labels: text file with one class name a line, for a ``.tflite`` file only.
        scaling: how a ``.tflite`` file that tltool did not write wants its pixels (``tltool.runtimes.tensors.SCALINGS``).

    Raises:
        RunError: none of the three.
        ExportError: a file that cannot be used.
        SpecError: ``labels`` or ``scaling`` contradict the file, or stand with a model that needs none.
    """
    trained = Path(trained)
    if trained.suffix == ".tflite":
        from tltool.runtimes.litert import load_tflite

        return _predictor_from(load_tflite(trained, labels=read_labels(labels), scaling=scaling))
    if labels is not None or scaling is not None:
        raise SpecError(f"--labels and --scaling must go with a .tflite file; others know their own. Received: {trained}.")
    if trained.suffix == ".onnx":
        from tltool.runtimes.onnx import load_onnx

        return _predictor_from(load_onnx(trained))
    if (trained / "saved_model.pb").is_file():
        raise RunError(
            f"Give the folder of a run, or a .tflite or .onnx file. Received: {trained}, a SavedModel, which is for TensorFlow "
            "Serving and programs of your own. Give the run it was exported from, or what `tltool export RUN --format tflite` "
            "writes."
        )
    if trained.is_file():
        raise RunError(f"Give the folder of a run, or a .tflite or .onnx file. Received: {trained}.")
    return open_run(Run(trained))


def open_run(run: Run) -> Predictor:
    """A run's model through Keras.

    Raises:
        RunError: no run, one that has no model yet, or a model that does not fit it.
    """
    model = run.model()
    if len(run.classes) != model.output_shape[-1]:
        raise RunError(f"run.json must name the {model.output_shape[-1]} classes of its model. Received: {len(run.classes)} in {run.path}.")
    record = run.usable
    return predictor_of(model, record.classes, record.fit or "", record.task, record.settled, record.kind)


def _predictor_from(classifier: Any) -> Predictor:
    facts = classifier.facts
    try:
        asked = Asked.model_validate(facts)
    except ValidationError as error:
        raise ExportError(f"An export must say what was asked as tltool does. Received: {fault_of(error)}. Export it again.") from None
    return Predictor(facts["classes"], facts["size"], facts["fit"], classifier, task=asked.task, settled=asked.settled)


def run_of(trained: Path | str) -> Run:
    """The run itself, or the run in whose ``exports/`` a ``.tflite`` or ``.onnx`` file lies.

    Raises:
        RunError: the file lies elsewhere.
    """
    trained = Path(trained)
    if trained.suffix not in FILES:
        return Run(trained)
    folder = trained.absolute().parent
    run = Run(folder.parent)
    if folder.name != "exports" or not (run.path / "run.json").is_file():
        raise RunError(
            f"The photos to measure on must be given with --data for a {trained.suffix} file outside its run. Received: {trained}."
        )
    return run


def predictor_of(
    model: Any,
    classes: list[str],
    fit: str,
    task: str = "classify",
    settled: Mapping[str, Any] = MappingProxyType({}),
    kind: Kind = "photo",
) -> Predictor:
    """A ``keras.Model`` as a predictor."""

    def scores(photos: np.ndarray) -> np.ndarray:
        return np.asarray(models.compiled_or_not(model, lambda: model.predict_on_batch(photos.astype("float32"))))

    return Predictor(classes, model.input_shape[1], fit, scores, model, task, settled, kind)


def predict_photos(predictor: Predictor, pixels: Rows, rows: np.ndarray) -> np.ndarray:
    """Probabilities [len(rows), classes] of ``pixels[rows]``."""
    unit = f"{predictor.kind}s"
    parts, done = [np.empty((0, len(predictor.classes)), "float32")], 0
    step("predicting", done, len(rows), unit)
    for part in score_batches(predictor, pixels.__getitem__, rows):
        parts.append(part)
        done += len(part)
        step("predicting", done, len(rows), unit)
    return np.concatenate(parts)


def score_batches(predictor: Predictor, fetch: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> Iterator[np.ndarray]:
    """Probabilities [b, classes] of ``fetch(rows)``, uint8 [n, size, size, 3], batch after batch; one that memory does not hold is halved,
    and so are those after it.

    Raises:
        RunError: an answer that is no number.
    """

    def score(start: int, size: int) -> np.ndarray:
        return predictor.scores(fetch(rows[start : start + size]))

    done, size = 0, BATCH
    while done < len(rows):
        part, size = halving(functools.partial(score, done), size, "predicting")
        if not np.isfinite(part).all():
            raise RunError(
                "A model must answer with numbers. Received: NaN or infinity. Its weights are damaged, or its training went "
                "astray: train or export it again."
            )
        yield part
        done += len(part)


def predictions_table(
    paths: list[str], labels: list[str], said: list[str], classes: list[str], probabilities: np.ndarray
) -> "pandas.DataFrame":
    """One row per photo: path, label, predicted (what was ``said``), then ``p_CLASS`` for every class."""
    import pandas

    scores = pandas.DataFrame(probabilities, columns=[f"p_{name}" for name in classes])
    return pandas.concat([pandas.DataFrame({"path": paths, "label": labels, "predicted": said}), scores], axis=1)


def write_predictions(predictions: "pandas.DataFrame", path: Path) -> None:
    """A table of predictions as CSV. Every cell is quoted, so any name survives, also one that is no valid Unicode."""
    with draft(path, RunError) as beside:
        predictions.to_csv(beside, index=False, quoting=csv.QUOTE_ALL, lineterminator="\n", encoding="utf-8", errors="surrogateescape")


def read_predictions(path: Path) -> "pandas.DataFrame":
    """``predictions.csv`` as it was written; class names stay text.

    Raises:
        RunError: it cannot be read, or is no such table.
    """
    import pandas

    try:
        with open_regular(path, LONGEST_LIST) as file:
            table = pandas.read_csv(file, dtype=object, keep_default_na=False, encoding="utf-8", encoding_errors="surrogateescape")
    except (OSError, ValueError) as error:  # pandas's own errors are ValueErrors
        raise RunError(f"predictions.csv must be a readable table. Received: {path} ({error}). Run it again.") from None
    if missing := {"path", "label", "predicted"} - set(table):
        raise RunError(
            f"predictions.csv must have the columns path, label and predicted. Received: {path}, without "
            f"{', '.join(sorted(missing))}. Run it again."
        )
    try:
        return table.astype({name: float for name in table if name.startswith("p_")})  # by Python, exactly, as not every pandas reads them
    except ValueError:
        raise RunError(
            f"predictions.csv must hold numbers in the columns of the classes. Received: {path} with text. Run it again."
        ) from None
