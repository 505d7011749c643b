"""The end of a training: measure once, write everything down, declare the run finished."""

import csv
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from tltool.data.samples import Samples
from tltool.drafts import draft
from tltool.errors import RunError
from tltool.evaluation.predictors import predictor_of, write_predictions
from tltool.evaluation.report import measure_samples
from tltool.evaluation.results import Report
from tltool.models.store import save_model
from tltool.progress import warn
from tltool.runs import Run
from tltool.training.fitting import Outcome, best_of

HISTORY = ("phase", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


def conclude(run: Run, model: keras.Model, pixels: Any, samples: Samples, outcomes: Sequence[Outcome], started: float,
             folds: Report | None = None) -> None:
    """Measure ``model`` on the test photos, touched here for the first time, and finish ``run``.

    Args:
        pixels: answers ``pixels[rows]`` with uint8 [len(rows), size, size, 3], rows as in ``samples``.
        started: ``time.monotonic()`` at the start of the recipe.
        folds: what ``cross_validate`` measured; its numbers go into the report as ``cross_validation``, its answers beside it.
    """
    split = "test" if len(samples.rows("test")) else "validation"
    if split == "validation":
        warn("There are no test photos: the report measures the validation photos, which chose the weights, and flatters the model.")
    save_model(model, run.path / "model.keras")
    report = measure_samples(predictor_of(model, samples.classes, run.record["fit"]), pixels, samples, split)
    write_predictions(report.predictions, run.path / "predictions.csv")
    run.write_text("labels.txt", "".join(f"{name}\n" for name in samples.classes))
    write_history(outcomes, run.path / "history.csv")
    best = best_of(outcomes)
    if folds is not None:
        write_predictions(folds.predictions, run.path / "cross_validation.csv")
        report.content["cross_validation"] = folds.content
    run.finish(report.content, kept=best.phase, training_photos=len(samples.rows("train")),
               validation_accuracy={outcome.phase: outcome.accuracy for outcome in outcomes}, seconds=round(time.monotonic() - started, 1))


def write_history(outcomes: Sequence[Outcome], path: Path) -> None:
    """One row per epoch; a head that was solved has one row with its validation accuracy alone."""
    with draft(path, RunError) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, HISTORY)
        writer.writeheader()
        writer.writerows(row for outcome in outcomes for row in outcome.history)
