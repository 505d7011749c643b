"""How good each answer is, and which are wrong, as tables: of a run from its ``predictions.csv``, and no model is loaded."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas

from tltool.errors import RunError
from tltool.runs import Report, Run
from tltool.task import Task, task_named


class Answered(NamedTuple):
    """What was asked and is answered, of a run or of other photos.

    Attributes:
        report: what was measured.
        classes: in the order of the model's outputs.
        settled: what the answers depend on beside the model.
        table: the columns of ``predictions.csv``.
        labels, answers: the same, as measures take them.
    """

    report: Report
    classes: list[str]
    settled: Mapping[str, Any]
    table: pandas.DataFrame
    labels: np.ndarray
    answers: Any

    @property
    def task(self) -> Task:
        return task_named(self.report.task)


def take_answers(report: Report, classes: list[str], settled: Mapping[str, Any], table: pandas.DataFrame) -> Answered:
    """``table`` in numbers.

    Raises:
        KeyError: it is of other ``classes``.
        DataError: a cell of it is no truth.
    """
    asked = task_named(report.task)
    labels = asked.labels.encode(table["label"].tolist(), classes)
    return Answered(report, classes, settled, table, labels, asked.answers.read(table, classes))


def read_answers(run: Run) -> Answered:
    """All that a finished run was measured by.

    Raises:
        RunError: there is no such file, it is of other classes, or the record of the run is damaged.
        DataError: a cell of it is no truth.
    """
    table = run.predictions()
    try:
        return take_answers(run.report(), run.classes, run.settled, table)
    except KeyError as error:
        raise _of_others(run, error) from None


def rate_photos(run: Run) -> pandas.DataFrame:
    """``rate`` of every photo, or signal, that a run was measured on, in the order of ``predictions.csv``.

    Raises:
        RunError, DataError: as ``read_answers``.
    """
    return rate(read_answers(run))


def rate(answered: Answered) -> pandas.DataFrame:
    """How good every answer is.

    Returns:
        The columns ``path``, ``label`` and ``predicted`` as they are in ``predictions.csv``; ``goodness``, of the answer by the task's own
        measure, 0…1 (NaN where nothing can be said right or wrong); and, where one thing or several are said of a whole photo, ``lead``:
        how far another answer was away, 0…1.
    """
    report, classes, settled, table, labels, answers = answered
    asked = task_named(report.task)
    rated = table[["path", "label", "predicted"]].assign(goodness=asked.measures.each(labels, answers, classes, settled))
    return rated if asked.labels.ANNOTATED else rated.assign(lead=asked.exported.leads(answers, classes, settled))


def list_errors(run: Run) -> pandas.DataFrame:
    """Of ``rate_photos`` those that were answered wrong, or less than perfectly where an answer can be better or worse, the worst first;
    of equals, those of which the model was surest."""
    rated = rate_photos(run)
    wrong = rated[rated["goodness"] < 1]
    keys = [name for name in ("goodness", "lead") if name in wrong]
    return wrong.sort_values(keys, ascending=[True, False][: len(keys)], kind="stable").reset_index(drop=True)


def count_confusions(run: Run) -> pandas.DataFrame:
    """How often photos of each class, in rows, were called what, in columns, both in the order of the model's classes.

    Raises:
        RunError: photos are not asked for one class each; or as ``rate_photos``.
    """
    if not task_named(run.task).labels.EXCLUSIVE:
        raise RunError(
            f"What is taken for what can be counted where every photo has one class. Received: {run.path}, of --task {run.task}. "
            "errors() lists its photos with how good each answer is."
        )
    from sklearn.metrics import confusion_matrix  # slow to load

    predictions, classes = run.predictions(), run.classes
    true, said = (_encode(run, predictions[column]) for column in ("label", "predicted"))
    counts = confusion_matrix(true, said, labels=range(len(classes)))
    return pandas.DataFrame(counts, pandas.Index(classes, name="is"), pandas.Index(classes, name="called"))


def _encode(run: Run, cells: Sequence[str]) -> np.ndarray:
    try:
        return task_named(run.task).labels.encode(list(cells), run.classes)
    except KeyError as error:
        raise _of_others(run, error) from None


def _of_others(run: Run, error: KeyError) -> RunError:
    return RunError(f"predictions.csv must be of the classes of its run. Received: {run.path / 'predictions.csv'} ({error}). Run it again.")
