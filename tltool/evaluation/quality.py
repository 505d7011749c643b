"""How good a run's located answers are, for the eye: a chart, and its photos from the best answer to the worst."""

from typing import NamedTuple

import numpy as np

from tltool.chart import Chart
from tltool.data.annotations.truths import Truth
from tltool.evaluation.rating import Answered, read_answers
from tltool.runs import Run
from tltool.summary import of_split
from tltool.task import task_named
from tltool.wording import counted


class Rated(NamedTuple):
    """A photo with what is true of it and what is shown of its answer; ``score`` is that of the task, of this photo alone."""

    path: str
    truth: Truth
    answer: Truth
    score: float


class Quality(NamedTuple):
    """How good answers are.

    Attributes:
        task: what was asked.
        classes: in the order of the model's outputs.
        what: was measured, for people, such as ``test photos``.
        chart: of all photos.
        photos: the best answer first; those of which nothing can be said right or wrong are left out.
    """

    task: str
    classes: list[str]
    what: str
    chart: Chart
    photos: list[Rated]


def rate_answers(run: Run) -> Quality:
    """``rate_located`` of what a run on located objects answered when it was measured; no model is loaded.

    Raises:
        RunError: the run has none, or its record is damaged.
        DataError: a cell of it is no truth.
    """
    return rate_located(read_answers(run))


def rate_located(answered: Answered) -> Quality:
    """How good answers about located objects are."""
    report, classes, settled, table, labels, answers = answered
    asked, one = task_named(report.task), f"{of_split(report.split)}photo"
    chart = asked.charts.chart(labels, answers, classes, settled, counted(len(labels), one))
    scores = asked.measures.each(labels, answers, classes, settled)
    best = [place for place in np.argsort(-scores, kind="stable").tolist() if np.isfinite(scores[place])]
    photos = [
        Rated(table["path"][place], labels[place], asked.answers.shown(answers[place], settled), float(scores[place])) for place in best
    ]
    return Quality(report.task, classes, f"{one}s", chart, photos)
