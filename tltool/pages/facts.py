"""All that a run's files say of it, read once: what it answered, how it learned, what it learned from, what became of it. No model is
loaded. A run that is not finished has less to say."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tltool.chart import Chart
from tltool.data.samples import Samples
from tltool.data.splitting.splits import read_split
from tltool.errors import RunError
from tltool.evaluation.measurement import Measurement
from tltool.evaluation.quality import rate_located
from tltool.evaluation.rating import Answered, read_answers
from tltool.pages.answered import Photo, located_photos, whole_photos
from tltool.parity import LEVEL
from tltool.progress import Table
from tltool.reading import read_json
from tltool.runs import Record, Report, Run
from tltool.runs.command import command_of
from tltool.runs.record import read_history
from tltool.summary import of_split
from tltool.task import Task, task_named
from tltool.wording import shown


@dataclass(frozen=True)
class Facts:
    """What is known of a run.

    Attributes:
        command: what began it, as it was typed.
        report: what was measured; None of a run that is not finished.
        asked: on whose photos, and what answered, where that is not the run itself on photos that it kept apart.
        photos: that were answered, in the order of ``predictions.csv``; none of signals.
        details: of how good answers are, where the task has more numbers than the report.
        chart: of the same, where it has one.
        samples: all photos, or signals, by part; None where the run is not yet that far.
        history: one row for each epoch, every cell as text.
        parity: by file, how an export answers beside the model.
        card: what the model card of the exports says.
    """

    run: Run
    record: Record
    command: str
    report: Report | None
    asked: str
    photos: list[Photo]
    details: list[Table]
    chart: Chart | None
    samples: Samples | None
    history: list[dict[str, str]]
    parity: dict[str, dict[str, Any]]
    card: dict[str, Any]

    @property
    def task(self) -> Task:
        return task_named(self.record.task)

    @property
    def interval(self) -> list[float]:
        """Of the score, where it was measured."""
        return self.report[f"{self.task.measures.SCORE.key}_interval"] if self.report else []

    @property
    def score(self) -> float:
        return float(self.report[self.task.measures.SCORE.key]) if self.report else 0.0

    @property
    def guessed(self) -> float | None:
        """What somebody would reach who has not seen the photos."""
        return self.task.measures.guessed(self.report.content) if self.report else None

    @property
    def what(self) -> str:
        """What was measured, or would be, for people."""
        return self.report.of if self.report else f"{self.record.kind}s"

    @property
    def checking(self) -> str:
        """The command that says what is wrong with the photos that were given; ``""`` where there is none."""
        given = next((fields["data"] for fields in self.record.typed.values() if "data" in fields), "")
        return f"tltool check {shlex.quote(str(given))}" if self.record.kind == "photo" and given not in ("", "DataFrame") else ""


def gather(run: Run, measured: Measurement | None = None) -> Facts:
    """What is known of ``run``.

    Args:
        measured: how it, or an export of it, answered about other photos, or about the same, in place of what the run itself wrote down.

    Raises:
        RunError: there is no run, or it is one of several parts, or a file of it is damaged.
        DataError: its ``split.csv`` is damaged.
    """
    record, split = run.record, run.path / "split.csv"
    samples = read_split(split, record.task, record.kind) if split.is_file() else None
    answered = measured.answered if measured else read_answers(run) if record.state == "finished" else None
    photos, details, chart = _answered(answered, measured.samples if measured else samples, record) if answered else ([], [], None)
    history = read_history(run.path) if (run.path / "history.csv").is_file() else []
    parity, card = (_read_note(run.path / "exports" / name) for name in ("parity.json", "model_card.json"))
    compared = {file: its for file, its in parity.items() if isinstance(its, dict)}
    report, asked = answered.report if answered else None, _asked(measured) if measured else ""
    return Facts(run, record, command_of(record), report, asked, photos, details, chart, samples, history, compared, card)


def _asked(measured: Measurement) -> str:
    who = f"the file {measured.trained.name}" if measured.trained.is_file() else "the run's model"
    whose = measured.source or f"{of_split(measured.evaluation.report.split)}{measured.evaluation.report.of} of the run"
    return f"Measured for this page: {who} on {whose}."


def _answered(answered: Answered, samples: Samples | None, record: Record) -> tuple[list[Photo], list[Table], Chart | None]:
    """Each photo, more numbers, and curves: as much of it as can be told of such answers."""
    labels = answered.task.labels
    if labels.ANNOTATED:
        quality = rate_located(answered)
        return located_photos(quality, samples), [], quality.chart
    details, chart = _detailed(answered, record.calibration.temperature if record.calibration else 1.0) if labels.EXCLUSIVE else ([], None)
    return (whole_photos(answered, samples) if record.kind == "photo" else []), details, chart


def _detailed(answered: Answered, temperature: float) -> tuple[list[Table], Chart | None]:
    """What can be worked out from answers that are probabilities; of others, the report says what it said."""
    report, classes, settled, _, labels, answers = answered
    if not len(labels) or not ((answers >= 0) & (answers <= 1 + LEVEL)).all():
        return [], None
    what = f"{of_split(report.split)}{report.of}"
    chart = answered.task.charts.chart(labels, answers, classes, settled, f"{len(labels):,} {what}", temperature=temperature)
    return answered.task.details.tables(labels, answers, classes, what, temperature=temperature), chart


def _read_note(file: Path) -> dict[str, Any]:
    """A note beside the exports; nothing where there is none.

    Raises:
        RunError: it is not what an export wrote.
    """
    if not file.is_file():
        return {}
    try:
        content = read_json(file)
    except (OSError, ValueError) as error:
        raise RunError(f"{file.name} must be readable JSON. Received: {shown(file)} ({error}). Export the run again.") from None
    if not isinstance(content, dict):
        raise RunError(f"{file.name} must be one that tltool wrote. Received: {shown(file)}. Export the run again.")
    return content
