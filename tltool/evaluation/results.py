"""What measuring and predicting return: values that can be told to people and written for machines."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.atomic import write_json
from tltool.errors import RunError
from tltool.progress import Table, table
from tltool.runs import Report, Run, require_new
from tltool.summary import tell
from tltool.task import Choice, task_named
from tltool.wording import counted

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Evaluation:
    """What a model answered, and the ``report`` of it: all of its numbers are derived from ``predictions``."""

    report: Report
    predictions: "pandas.DataFrame"

    def said(self) -> Iterable[Table | str]:
        yield from tell(self.report.content)

    def records(self) -> Iterable[dict[str, Any]]:
        yield self.report.content

    def write(self, folder: Path | str) -> None:
        """``report.json`` and ``predictions.csv`` into ``folder``, which must be new or empty.

        Raises:
            RunError: the folder holds something, or cannot be written.
        """
        from tltool.data.predictions import write_predictions  # here, because it needs numpy and this module serves --help

        require_new(folder)
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"--out must be a folder that can be written. Received: {folder} ({error.strerror}). Choose another.") from None
        write_predictions(self.predictions, Path(folder) / "predictions.csv")
        write_json(Path(folder) / "report.json", self.report.content, RunError)


@dataclass(frozen=True)
class Answer:
    """What is said of one photo; or the ``error`` that kept it from being read.

    Attributes:
        top: what is shown of it, the highest score first: classes with their probabilities.
        cell: all of it, as in ``predictions.csv``.
        places: of each of ``top`` where it is, in pixels of the photo, by the names that the task gives; () where nothing is located.
        fitting: the classes that cannot be ruled out, with their probabilities; None where nobody asks.
        reasons: why it is none of these; () where it is answered all the same, and None where nobody asks.
    """

    path: str
    top: list[tuple[str, float]]
    error: str | None = None
    cell: str = ""
    places: list[tuple[float, ...]] = field(default_factory=list)
    fitting: list[tuple[str, float]] | None = None
    reasons: list[str] | None = None

    @property
    def choices(self) -> list[Choice]:
        places = self.places or [()] * len(self.top)
        return [Choice(*shown, place) for shown, place in zip(self.top, places, strict=True)]

    def as_dict(self, task: str = "classify") -> dict[str, Any]:
        if self.error:
            return {"path": self.path, "error": self.error}
        told = {"path": self.path, **task_named(task).answers.record(self.cell, self.choices)}
        if self.fitting is not None:
            told["set"] = [{"label": label, "probability": round(p, 6)} for label, p in self.fitting]
        if self.reasons is not None:
            told["rejected"] = self.reasons
        return {**told, "label": None} if self.reasons else told

    @property
    def rest(self) -> str:
        """The classes that fit, for people."""
        return ", ".join(label for label, _ in self.fitting or []) or "–"

    @property
    def cautious(self) -> dict[str, str]:
        """What was asked beside the answer, as text: why it is none of these, and as JSON the classes that fit."""
        told = {} if self.reasons is None else {"rejected": ", ".join(self.reasons)}
        fitting = None if self.fitting is None else json.dumps([label for label, _ in self.fitting], ensure_ascii=False)
        return told if fitting is None else {**told, "set": fitting}


@dataclass(frozen=True)
class Answers:
    """One answer per photo, or per signal, in the order they were asked; ``kind`` is the word for what was asked about, and ``task``
    what was asked."""

    answers: list[Answer]
    kind: str = "photo"
    task: str = "classify"

    @property
    def exit_code(self) -> int:
        """1 when a photo could not be read."""
        return int(any(answer.error for answer in self.answers))

    def said(self) -> Iterable[Table | str]:
        read = [answer for answer in self.answers if not answer.error]
        if read:
            asked, sets = task_named(self.task), any(answer.fitting is not None for answer in read)
            rows = [
                (answer.path if rank == 0 else "", *shown, *[answer.rest if rank == 0 else ""] * sets)
                for answer in read
                for rank, shown in enumerate(self._shown(answer))
            ]
            yield table("", (self.kind, asked.labels.WORD, asked.answers.MEASURE, *asked.answers.PLACE, *["set"] * sets), rows)

    def _shown(self, answer: Answer) -> list[tuple[str, ...]]:
        """What a table says of one photo, without its path."""
        answers = task_named(self.task).answers
        rows = [(name, f"{score:.3f}", *map("{:.0f}".format, place)) for name, score, place in answer.choices]
        if answer.reasons:
            return [(f"none of these: {', '.join(answer.reasons)}", *rows[0][1:])]
        return rows or [(answers.NOTHING, *("" for _ in ("score", *answers.PLACE)))]

    def records(self) -> Iterable[dict[str, Any]]:
        return (answer.as_dict(self.task) for answer in self.answers)

    def csv(self) -> str:
        """path, rank, label, probability or what else the score is, where it is, error: one row for each thing that is shown. Where it was
        asked for, also why it is none of these, and the classes that fit."""
        text, answers = io.StringIO(), task_named(self.task).answers
        more = [*dict.fromkeys(name for answer in self.answers for name in answer.cautious)]
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(("path", "rank", "label", answers.MEASURE, *answers.PLACE, "error", *more))
        for answer in self.answers:
            cautious = [answer.cautious.get(name, "") for name in more]
            if answer.error or not answer.top:
                writer.writerow((answer.path, *("" for _ in (*answers.PLACE, "rank", "label", "score")), answer.error or "", *cautious))
            writer.writerows(
                (answer.path, rank, "" if answer.reasons else name, f"{score:.6f}", *(f"{value:.2f}" for value in place), "", *cautious)
                for rank, (name, score, place) in enumerate(answer.choices, start=1)
            )
        return text.getvalue()


@dataclass(frozen=True)
class Demo:
    """The runs of a demonstration by what each shows, the model for a phone, and what that says of a few photos."""

    folder: Path
    runs: dict[str, Run]
    mobile: Path
    answers: Answers

    def said(self) -> Iterable[Table | str]:
        yield table(
            "What was learned",
            ("model", "training photos", "test photos", "accuracy", "95 % interval", "seconds", "MB"),
            [self._row(name, run) for name, run in self.runs.items()],
        )
        yield table(
            "What the int8 TFLite says of a few test photos",
            ("photo", "class", "probability"),
            [(Path(answer.path).relative_to(self.folder), answer.top[0][0], f"{answer.top[0][1]:.2f}") for answer in self.answers.answers],
        )
        yield f"Everything lies in {self.folder}; the model for a phone is {self.mobile} ({self.mobile.stat().st_size / 1000:.0f} kB)."
        yield "Next, with your own photos in one folder per class: tltool finetune --data PHOTOS"

    def records(self) -> Iterable[dict[str, Any]]:
        for name, run in self.runs.items():
            yield {"model": name, **next(iter(run.records()))}

    def _row(self, name: str, run: Run) -> tuple[object, ...]:
        report = run.report()
        low, high = report["accuracy_interval"]
        return (
            name,
            run.record.training_photos,
            report.n,
            f"{report['accuracy']:.3f}",
            f"{low:.3f}–{high:.3f}",
            f"{run.record.seconds:.1f}",
            f"{(run.path / 'model.keras').stat().st_size / 1e6:.2f}",
        )


@dataclass(frozen=True)
class SceneDemo:
    """The run of a demonstration on drawn ``scenes``, a folder with their labels; its ``mobile`` file; and the folder of some scenes that
    are for the test, with the answers of that file ``drawn`` on them."""

    folder: Path
    scenes: Path
    run: Run
    mobile: Path
    drawn: Path

    def said(self) -> Iterable[Table | str]:
        yield from tell(self.run.report().content)
        yield f"Everything lies in {self.folder}; the scenes with their labels are {self.scenes}."
        scenes = counted(len(list(self.drawn.iterdir())), "test scene")
        yield f"For a phone there is {self.mobile}; what it finds in {scenes} is drawn in {self.drawn}."
        yield f"Next, with your own photos and their labels in one folder: tltool finetune --data PHOTOS --task {self.run.task}"

    def records(self) -> Iterable[dict[str, Any]]:
        yield from self.run.records()
