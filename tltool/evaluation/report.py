"""Photos with known classes → a report: predictions as one table, and every number derived from it."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas

from tltool.data.rows import Rows
from tltool.data.samples import Samples
from tltool.errors import DataError, GateError, TltoolError
from tltool.evaluation.grouped import consider_groups
from tltool.evaluation.predictors import Predictor, answer_samples
from tltool.evaluation.results import Evaluation
from tltool.runs import Run
from tltool.runs.forms import FORMAT
from tltool.task import task_named


def select(samples: Samples, split: str) -> Samples:
    """The photos of ``split``, or with ``all`` every one.

    Raises:
        DataError: no photo in that split.
    """
    chosen = samples if split == "all" else samples.of(split)
    if not len(chosen):
        parts = ["all", *sorted(set(samples.table["split"]) - {""})]
        raise DataError(f"--split must name a part that has {samples.kind}s: {', '.join(parts)}. Received: {split}.")
    return chosen


def part_to_measure(samples: Samples) -> str:
    """The part of ``samples`` that a run on them is measured on: test, or validation where there are no test photos."""
    return "test" if len(samples.rows("test")) else "validation"


def measure_samples(predictor: Predictor, pixels: Rows, samples: Samples, split: str) -> Evaluation:
    """Predict the photos of ``split`` (or ``all`` of them) and measure the answers.

    Args:
        pixels: rows as in ``samples``.

    Raises:
        DataError: no photo in that split.
    """
    select(samples, split)
    rows = np.arange(len(samples)) if split == "all" else samples.rows(split)
    predictions = answer_samples(predictor, pixels, samples, rows)
    measured = report_on(predictions, predictor.classes, split, predictor.task, predictor.settled)
    measured = consider_groups(measured, predictor, samples.table["group"].to_numpy()[rows])
    return measured if samples.kind == "photo" else replace(measured, report=measured.report.with_fields(of=f"{samples.kind}s"))


def report_on(
    predictions: pandas.DataFrame, classes: list[str], split: str, task: str = "classify", settled: Mapping[str, Any] = MappingProxyType({})
) -> Evaluation:
    """Measure a table as ``predictions_table`` makes it."""
    asked = task_named(task)
    labels = asked.labels.encode(predictions["label"].tolist(), classes)
    content = asked.measures.measure(labels, asked.answers.read(predictions, classes), classes, split, settled)
    return Evaluation(asked.measures.FORM.model_validate({"format": FORMAT, "task": task, **content}), predictions)


def match_classes(samples: Samples, classes: list[str]) -> Samples:
    """``samples`` of another folder with the model's ``classes``, matched by name; classes without photos stay.

    Raises:
        DataError: a folder is named like no class of the model.
    """
    unknown = sorted(set(samples.classes) - set(classes))
    if unknown:
        labels = task_named(samples.task).labels
        what = f"{labels.WORD} in y" if samples.kind == "signal" else f"{labels.WORD} folder" if labels.EXCLUSIVE else labels.WORD
        raise DataError(
            f"Every {what} must be named like a {labels.WORD} of the model: "
            f"{', '.join(classes)}. "
            f"Received: {', '.join(unknown)}. Rename or move {'it' if len(unknown) == 1 else 'them'}."
        )
    return replace(samples, classes=list(classes))


def check_gate(result: Run | Evaluation, min_score: float | None) -> None:
    """Whether ``result`` is what the user asked for.

    Raises:
        TltoolError: a phase of the run had to stop early; the run is finished all the same, with the best model so far.
        GateError: the score is below ``min_score``; it carries ``result``.
    """
    if isinstance(result, Run) and (stopped := result.finished.stopped):
        raise TltoolError(f"{stopped} The best model so far is kept and measured in {result.path}.")
    report = result.report() if isinstance(result, Run) else result.report
    score = task_named(report.task).measures.SCORE
    if min_score is not None and report[score.key] < min_score:
        raise GateError(f"The {score.name} must reach --min-score {min_score:g}. Received: {report[score.key]:.3f}.", result)
