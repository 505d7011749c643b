"""Anything trained → one kind of value that turns photos into outputs, and the tables made with it."""

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool import models
from tltool.data.predictions import predictions_table
from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.data.tiled import cut_into_tiles, rows_of_tiles, untiled
from tltool.errors import RunError, SpecError
from tltool.progress import step
from tltool.runs import Kind, Run
from tltool.runtimes.asked import asked_of
from tltool.runtimes.foreign import read_labels
from tltool.task import task_named
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
        scores: uint8 RGB [n, size, size, 3], or of signals float32 [n, size, channels] → outputs [n, …], such as probabilities
            [n, len(classes)].
        model: the ``keras.Model`` behind it, if there is one.
        task, settled: what was asked, and what was settled for it, say what the outputs mean.
        kind: what it answers: photos or signals.
        tiles: how many a side a photo is cut into, each of which is seen as a photo is; their answers are put together.
        trust: what an exported file says of its validation photos, see ``runs.trust``; a run has it in ``validation.csv``.
    """

    classes: list[str]
    size: int
    fit: str
    scores: Callable[[np.ndarray], np.ndarray]
    model: Any = None
    task: str = "classify"
    settled: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "photo"
    tiles: int | None = None
    trust: Any = None

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
    record = run.usable
    if not task_named(record.task).head.fits(model, len(record.classes)):
        raise RunError(
            f"run.json must name the classes of its model, which answers {model.output_shape[1:]}. Received: {len(record.classes)} in "
            f"{run.path}."
        )
    return predictor_of(model, record.classes, record.fit or "", record.task, record.settled, record.kind, record.tiles)


def _predictor_from(model: Any) -> Predictor:
    facts = model.facts
    asked = asked_of(facts)
    known = {"settled": asked.settled, "tiles": asked.tiles, "trust": facts.get("trust")}
    return Predictor(facts["classes"], facts["size"], facts["fit"], model, task=asked.task, **known)


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
    tiles: int | None = None,
) -> Predictor:
    """A ``keras.Model`` as a predictor."""

    def scores(photos: np.ndarray) -> np.ndarray:
        return np.asarray(models.compiled_or_not(model, lambda: model.predict_on_batch(photos.astype("float32"))))

    return Predictor(classes, model.input_shape[1], fit, scores, model, task, settled, kind, tiles)


def quickened(predictor: Predictor, photos: int) -> Predictor:
    """``predictor`` for so many photos, which another runtime than Keras may answer sooner, equal but for rounding: so not for what an
    export is held against."""
    if predictor.model is None or predictor.kind != "photo":
        return predictor
    inference = models.Inference(predictor.model, photos)
    if "litert" not in inference.runtimes:
        return predictor

    def scores(photos: np.ndarray) -> np.ndarray:
        floats = photos.astype("float32")
        forward = inference.on_litert(floats)
        return forward(floats) if forward else predictor.scores(photos)

    return replace(predictor, scores=scores)


def predict_photos(predictor: Predictor, pixels: Rows, rows: np.ndarray) -> np.ndarray:
    """The outputs [len(rows), …] for ``pixels[rows]``, such as probabilities [len(rows), classes]."""
    return np.concatenate(
        [np.empty((0, len(predictor.classes)), "float32")] * (not len(rows)) + [*predicted_parts(predictor, pixels, rows)]
    )


def predicted_parts(predictor: Predictor, pixels: Rows, rows: np.ndarray) -> Iterator[np.ndarray]:
    """The same batch after batch, [b, …] each, told as they come."""
    unit, done = f"{predictor.kind}s", 0
    step("predicting", done, len(rows), unit)
    for part in score_batches(predictor, pixels.__getitem__, rows):
        done += len(part)
        step("predicting", done, len(rows), unit)  # before the last part, after which nobody may ask for more
        yield part


def answer_samples(predictor: Predictor, pixels: Rows, samples: Samples, rows: np.ndarray) -> "pandas.DataFrame":
    """What ``predictor`` says of the photos ``rows`` of ``samples``, as ``predictions_table`` has it. Batch after batch is read, because
    what is said takes less memory than the outputs.

    Args:
        pixels: rows as in ``samples``, which have the classes of ``predictor``; of one that sees tiles, those of all their tiles.
    """
    import pandas

    photos, squares = samples.at(rows), rows_of_tiles(rows, predictor.tiles)
    chosen, parts, done = cut_into_tiles(photos, predictor.tiles), [], 0
    frames = task_named(predictor.task).labels.frames(chosen.labels, predictor.size, predictor.fit)
    for outputs in predicted_parts(quickened(predictor, len(squares)), pixels, squares):
        now = np.arange(done, done + len(outputs))
        parts.append(predictions_table(chosen.at(now), outputs, predictor.settled, frames[done : done + len(outputs)]))
        done += len(outputs)
    return untiled(pandas.concat(parts, ignore_index=True), photos, predictor.tiles)


def score_batches(predictor: Predictor, fetch: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> Iterator[np.ndarray]:
    """The outputs [b, …] for ``fetch(rows)``, uint8 [n, size, size, 3], batch after batch; one that memory does not hold is halved,
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
