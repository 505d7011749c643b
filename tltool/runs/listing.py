"""Runs below one another: what each has scored, took and weighs, from the files in its folder, as far as these can be read."""

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tltool.errors import RunError
from tltool.lookup import entry
from tltool.progress import Table, table
from tltool.runs.contents import GATHERED
from tltool.runs.files import RECORD
from tltool.runs.forms import Record, Report
from tltool.runs.record import read_record, read_report
from tltool.task import task_named
from tltool.wording import described, megabytes

if TYPE_CHECKING:
    import pandas

Order = Literal["score", "time", "size", "date", "name"]
MISSING = "–"  # in a cell of which nothing is known


class Listed(NamedTuple):
    """What is known of one run; None, or ``""``, where nothing is.

    Attributes:
        run: its folder.
        state: ``finished``; ``unfinished``, or ``usable`` where that has a model; ``damaged`` where a file of a finished one is gone or
            cannot be read; ``unreadable`` where ``run.json`` cannot.
        measure: what people call the score.
        score, low, high: 0…1, on the photos kept apart, and its 95 % interval.
        photos: how many these were, or signals where ``kind`` says so; ``training_photos`` those that it learned from.
        split: the part that these are: ``validation`` flatters, as those photos chose the weights.
        seconds: it took.
        bytes: of its ``model.keras``.
        date: when it was finished, else begun, as ``run.json`` says it: ISO 8601.
    """

    run: str
    recipe: str = ""
    task: str = ""
    backbone: str = ""
    state: str = "unreadable"
    measure: str = ""
    score: float | None = None
    low: float | None = None
    high: float | None = None
    photos: int | None = None
    split: str = ""
    kind: str = ""
    training_photos: int | None = None
    seconds: float | None = None
    bytes: int | None = None
    date: str = ""

    @property
    def moment(self) -> datetime | None:
        """``date``, in UTC also where it does not say so."""
        try:
            moment = datetime.fromisoformat(self.date)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):  # no date, or one at the end of time
            return None

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of it under ``COLUMNS``."""
        moment = self.moment
        return (
            self.run,
            self.recipe or MISSING,
            self.task or MISSING,
            self.backbone or MISSING,
            self.state if self.score is None else f"{self.score:.3f}",
            MISSING if self.low is None else f"{self.low:.3f}–{self.high:.3f}",
            MISSING if self.photos is None else f"{self.photos:,} {self.split}",
            MISSING if self.training_photos is None else f"{self.training_photos:,}",
            MISSING if self.seconds is None else f"{self.seconds:,.0f} s",
            MISSING if self.bytes is None else megabytes(self.bytes),
            MISSING if moment is None else f"{moment:%Y-%m-%d %H:%M}",
        )


COLUMNS = ("run", "recipe", "task", "backbone", "score", "95 % interval", "measured on", "learned from", "time", "model", "date (UTC)")


@dataclass(frozen=True)
class RunTable:
    """The ``runs`` below a folder, in some order."""

    below: str
    runs: list[Listed]

    def said(self) -> Iterable[Table | str]:
        if not self.runs:
            yield f"There is no run below {self.below}. Make one with `tltool finetune --data PHOTOS`, or name another folder."
            return
        yield table(f"Runs below {self.below}", COLUMNS, [its.cells for its in self.runs])
        yield "Next: tltool report RUN tells one of them on a page, tltool diff RUN RUN holds two side by side."

    def records(self) -> Iterable[dict[str, Any]]:
        return (its._asdict() for its in self.runs)

    def csv(self) -> str:
        """One row for each run, under the names of ``Listed``; what is not known is empty."""
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([Listed._fields, *self.runs])
        return text.getvalue()


def list_runs(dir: Path | str = "runs", sort: Order = "date") -> "pandas.DataFrame":
    """The runs below a folder, one row for each; one that is not finished, or cannot be read, has what is there.

    Args:
        dir: the folder.
        sort: what comes first: the highest ``score``, the shortest ``time``, the smallest model (``size``), the newest (``date``), or the
            ``name``. Rows that lack it come last.

    Returns:
        The columns of ``tltool.runs.listing.Listed``: ``score``, ``low`` and ``high`` from 0 to 1, ``seconds``, ``bytes``, ``date`` as
        time in UTC. What is not known is missing.

    Raises:
        RunError: there is no such folder.
        SpecError: nothing can be sorted by that.
    """
    import pandas

    runs = take_list(dir, sort).runs
    frame = pandas.DataFrame(runs, columns=list(Listed._fields))
    frame = frame.astype({"score": float, "low": float, "high": float, "seconds": float})
    frame = frame.astype({"photos": "Int64", "training_photos": "Int64", "bytes": "Int64"})
    return frame.assign(date=pandas.to_datetime(pandas.Series([its.moment for its in runs], dtype=object), utc=True, errors="coerce"))


def take_list(dir: Path | str, sort: Order = "date") -> RunTable:
    """See ``list_runs``.

    Raises:
        RunError: there is no such folder.
        SpecError: nothing can be sorted by that.
    """
    if not isinstance(dir, (str, os.PathLike)):
        raise RunError(f"The runs to list must lie below a folder, named by its path. Received: {described(dir)}.")
    rank = entry(str(sort), ORDERS, "sort")
    if not os.path.isdir(dir):
        raise RunError(f"The runs to list must lie below a folder. Received: {dir}, which is none. Name another, or one run of yours.")
    named = sorted(map(look_at, _find_runs(Path(dir))), key=_by_name)
    ranks = {its: rank(its) for its in named}
    return RunTable(str(dir), sorted(named, key=lambda its: (ranks[its] is None, ranks[its])))


def look_at(folder: Path) -> Listed:
    """What is known of the run in ``folder``."""
    try:
        record = read_record(folder)
    except RunError:
        return Listed(str(folder))
    report, model = _report_of(folder, record), folder / "model.keras"
    is_whole = record.state != "finished" or record.recipe in GATHERED or (report is not None and model.is_file())
    its = Listed(
        str(folder),
        record.recipe,
        record.task,
        str(record.resolved.get("backbone", {}).get("name", "")),
        record.state if is_whole else "damaged",
        kind=record.kind,
        training_photos=record.training_photos or None,
        seconds=record.seconds or record.seconds_before or None,
        bytes=model.stat().st_size if model.is_file() else None,
        date=record.finished or record.started,
    )
    return its._replace(**_score_of(report)) if report else its


def _score_of(report: Report) -> dict[str, Any]:
    score = task_named(report.task).measures.SCORE
    low, high = report[f"{score.key}_interval"]
    return {"measure": score.name, "score": report[score.key], "low": low, "high": high, "photos": report.n, "split": report.split}


def _report_of(folder: Path, record: Record) -> Report | None:
    """What was measured; None where nothing was, or where that cannot be read."""
    if record.state != "finished":  # what lies there is an earlier run's
        return None
    try:
        return read_report(folder / "report.json")
    except RunError:
        return None


def _find_runs(above: Path) -> Iterator[Path]:
    """Every folder with a record in it, ``above`` itself included; links are not followed. Within a run are only the runs that it is
    made of."""
    for place, folders, files in os.walk(above):
        if RECORD in files:
            folders[:] = _runs_in(Path(place), folders)
            yield Path(place)


def _runs_in(folder: Path, folders: list[str]) -> list[str]:
    try:
        gathered = GATHERED.get(read_record(folder).recipe, ())
    except RunError:  # it may be another's, and runs below it
        return folders
    return [name for name in folders if name in gathered]


def _by_name(its: Listed) -> list[str | int]:
    """``finetune-2`` comes before ``finetune-10``."""
    return [int(piece) if place % 2 else piece for place, piece in enumerate(re.split(r"(\d+)", its.run))]


ORDERS: dict[str, Callable[[Listed], float | None]] = {  # the smallest comes first
    "score": lambda its: None if its.score is None else -its.score,
    "time": lambda its: its.seconds,
    "size": lambda its: its.bytes,
    "date": lambda its: None if its.moment is None else -its.moment.timestamp(),
    "name": lambda its: 0,
}
