"""The end of a training: measure once, write everything down, declare the run finished."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras

from tltool.data.predictions import write_predictions
from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.evaluation.novelty import write_familiar
from tltool.evaluation.predictors import Predictor, answer_samples, predictor_of
from tltool.evaluation.report import measure_samples, part_to_measure
from tltool.evaluation.results import Evaluation
from tltool.evaluation.strangeness import get_to_know
from tltool.evaluation.temperature import calibrate
from tltool.models.saving.store import save_model
from tltool.progress import warn
from tltool.runs import Run
from tltool.runs.files import VALIDATION
from tltool.specs import Training
from tltool.task import calibration_of, task_named
from tltool.training.heads import see_photos
from tltool.training.history import write_history
from tltool.training.state import Outcome, best_of


def finish(
    run: Run,
    model: keras.Model,
    pixels: Rows,
    samples: Samples,
    outcomes: Sequence[Outcome],
    started: float,
    crossed: Evaluation | None = None,
) -> None:
    """Measure ``model`` on the test photos, touched here for the first time, and finish ``run``.

    Args:
        pixels: rows as in ``samples``.
        started: ``time.monotonic()`` at the start of the recipe.
        crossed: what ``cross_validate`` measured; its numbers go into the report as ``cross_validation``, its answers beside it.
    """
    with run.resumable():
        _finish(run, model, pixels, samples, outcomes, started, crossed)


def _finish(
    run: Run, model: keras.Model, pixels: Rows, samples: Samples, outcomes: Sequence[Outcome], started: float, crossed: Evaluation | None
) -> None:
    split = part_to_measure(samples)
    if split == "validation":
        warn(
            f"There are no test {samples.kind}s: the report measures the validation {samples.kind}s, which chose the weights, and "
            "flatters the model."
        )
    facts = _judge(run, model, pixels, samples)
    save_model(model, run.path / "model.keras")
    predictor = predictor_of(model, samples.classes, run.record.fit or "", samples.task, kind=samples.kind, tiles=run.record.tiles)
    predictor = _settled(predictor, pixels, samples)
    measured = measure_samples(predictor, pixels, samples, split)
    write_predictions(measured.predictions, run.path / "predictions.csv")
    run.write_text("labels.txt", "".join(f"{name}\n" for name in samples.classes))
    write_history(
        (row for outcome in outcomes for row in outcome.history), run.path / "history.csv", task_named(samples.task).measures.SCORE
    )
    best, stopped = best_of(outcomes), next((outcome.stopped for outcome in outcomes if outcome.stopped), None)
    report = measured.report
    if crossed is not None:
        write_predictions(crossed.predictions, run.path / "cross_validation.csv")
        report = report.with_fields(cross_validation=crossed.report.content)
    run.finish(
        report,
        seconds=time.monotonic() - started,
        kept=best.phase,
        training_photos=len(samples.rows("train")),
        validation_accuracy={outcome.phase: outcome.score for outcome in outcomes},
        settled=dict(predictor.settled),
        stopped=stopped,
        **facts,
    )


def _judge(run: Run, model: keras.Model, pixels: Rows, samples: Samples) -> dict[str, Any]:
    """How far answers can be trusted, by the validation photos, where the task says it: ``model`` is calibrated, and what later answers are
    judged by is kept. Returns the facts for the record."""
    if calibration_of(samples.task) is None:
        return {}
    training = Training(**run.record.resolved.get("training", {}))
    held_out = see_photos(model, pixels, samples, samples.rows("validation"), training)
    facts = {}
    if calibrated := calibrate(model, held_out, samples):
        write_predictions(calibrated.validation, run.path / VALIDATION)
        facts["calibration"] = calibrated.facts.content
    if known := get_to_know(model, pixels, samples, held_out, training):
        novelty, rows = known
        write_familiar(rows, run.path)
        facts["novelty"] = novelty.content
    return facts


def _settled(predictor: Predictor, pixels: Rows, samples: Samples) -> Predictor:
    """``predictor`` with what its answers depend on beside the model, chosen on the validation photos."""
    answers, labels, rows = task_named(samples.task).answers, samples.labels, samples.rows("validation")
    if not answers.SETTLES:
        return predictor
    said = answers.read(answer_samples(predictor, pixels, samples, rows), samples.classes)
    settled = answers.settle(said, labels[rows], samples.classes, labels[samples.rows("train")])
    return replace(predictor, settled={**settled, **samples.given})
