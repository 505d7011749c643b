"""A run: its folder, written by one recipe and read by every later command."""

import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from tltool import catalog
from tltool.atomic import draft, write_json
from tltool.errors import RunError
from tltool.lookup import entry, locate
from tltool.progress import Table, warn
from tltool.runs.faces import as_html, in_a_line, number_epochs, tell_trained
from tltool.runs.files import RECORD, STATE, clear, sweep_drafts
from tltool.runs.forms import FORMAT, Record, Report
from tltool.runs.places import make_folder, reserve
from tltool.runs.record import now, read_record, read_report, versions
from tltool.runs.resuming import reopen, require_same, saying_how_to_resume, seconds_before
from tltool.specs import Spec
from tltool.wording import described

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

ABOVE = {  # what reads a run's files lies above it: with catalog.RECIPES the only addresses that lead up the staircase
    "model": "tltool.models.saving.store:load_model",
    "predictions": "tltool.data.predictions:read_predictions",
    "errors": "tltool.evaluation.rating:list_errors",
    "confusion": "tltool.evaluation.rating:count_confusions",
}
FIGURES = {"confusion": "tltool.figures.confusion:draw_confusion"}


@dataclass(frozen=True)
class Run:
    """The folder of one run; everything else is read from it when asked for."""

    path: Path

    def __init__(self, path: Path | str) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise RunError(f"A run is named by its folder, a path. Received: {described(path)}.")
        object.__setattr__(self, "path", Path(path))

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return in_a_line(self.path)

    def _repr_html_(self) -> str:
        return as_html(self.path)

    @classmethod
    def create(
        cls,
        out: Path | str | None,
        recipe: str,
        specs: dict[str, Spec],
        force: bool = False,
        resume: Path | None = None,
        asked: Mapping[str, Any] = MappingProxyType({}),
        **facts: Any,
    ) -> Self:
        """Make the folder ``out``, or the next free one, clear what an earlier run of tltool left in it, and write ``run.json`` first:
        the specs as they were typed and as they were resolved, the versions, and ``facts``. With ``resume`` that interrupted run goes on.

        Args:
            asked: what else was typed for the recipe and says how it goes on, by parameter.

        Raises:
            RunError: the folder cannot be written, or holds something and ``force`` is off; or a run to resume began with other
                specs or facts, or with a tltool that knew fewer of them.
        """
        if resume:
            return cls(reserve(None, recipe, resume=resume))._go_on(specs, asked, facts)
        run = cls(make_folder(out, recipe, force))
        before = run.record.recipe if (run.path / RECORD).is_file() else ""
        kept = {name: spec.kept_in(run.path) for name, spec in specs.items()}
        run.write_json(
            RECORD,
            {
                "format": FORMAT,
                "recipe": recipe,
                "state": "unfinished",
                "started": now(),
                "typed": {name: spec.typed() for name, spec in kept.items()},
                "resolved": {name: spec.resolved() for name, spec in kept.items()},
                "asked": dict(asked),
                "versions": versions(),
                **facts,
            },
        )
        clear(run.path, before)  # only now, so that the folder is a run at every moment and --force can take it again
        return run

    def note(self, **facts: Any) -> None:
        """Add facts to ``run.json``."""
        self.write_json(RECORD, {**self.record.content, **facts})

    def finish(self, report: Report, seconds: float = 0.0, **facts: Any) -> Self:
        """Write the report, declare the run finished, and remove the state of its training.

        Args:
            seconds: what it took since it was begun, or last resumed.
        """
        self.write_json("report.json", report.content)
        self.note(state="finished", finished=now(), seconds=round(self.record.seconds_before + seconds, 1), **facts)
        (self.path / STATE).unlink(missing_ok=True)
        return self

    def resume(self, **given: Any) -> Any:
        """Go on with an interrupted run, with the recipe that began it; ``given`` are values like ``min_score``, which are no spec.

        Raises:
            RunError: the run is finished, or of a recipe that does not go on.
        """
        if (name := self.record.recipe) not in catalog.RECIPES:
            raise RunError(f"A run must be of a recipe that is there to go on with it. Received: {self.path}, a run of {name}.")
        recipe = locate(catalog.RECIPES[name])
        return recipe(**{**reopen(self.path, recipe), **given})

    @property
    def resumption(self) -> str:
        """The command that goes on with the run."""
        return f"tltool {self.record.recipe} --resume {shlex.quote(str(self.path))}"

    def resumable(self) -> AbstractContextManager[None]:
        """While it lasts, what interrupts or fills the disk says how the run goes on."""
        return saying_how_to_resume(self.resumption)

    def write_json(self, name: str, content: Any) -> None:
        write_json(self.path / name, content, RunError)

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run beside its place and rename it there, so that it is whole or absent.

        Raises:
            RunError: it cannot be written.
        """
        with draft(self.path / name, RunError) as beside:
            beside.write_text(text, encoding="utf-8", errors="surrogateescape")

    @property
    def record(self) -> Record:
        """``run.json``.

        Raises:
            RunError: no such folder, no run in it, or one that a newer tltool wrote.
        """
        return read_record(self.path)

    @property
    def finished(self) -> Record:
        """``run.json`` of a run that is finished.

        Raises:
            RunError: the run was interrupted.
        """
        return self._having_model("finished")

    @property
    def usable(self) -> Record:
        """``run.json`` of a run that has a model: it is finished, or a first phase of its training is.

        Raises:
            RunError: the run was interrupted before it had one.
        """
        return self._having_model("finished", "usable")

    def make_usable(self, write_model: Callable[[Path], None], phase: str, accuracy: float) -> None:
        """Keep what ``phase`` has reached where a finished run has its model, so that the run is of use if it is interrupted from now on.

        Raises:
            RunError: it cannot be written.
        """
        write_model(self.path / "model.keras")
        self.note(state="usable", kept=phase, validation_accuracy={phase: accuracy})

    @property
    def typed(self) -> dict[str, dict[str, Any]]:
        """What was typed for each spec, by parameter name."""
        return self.record.typed

    @property
    def resolved(self) -> dict[str, dict[str, Any]]:
        """Every field of each spec as it was resolved, by parameter name."""
        return self.record.resolved

    def require_photos(self, what: str) -> None:
        """Raises ``RunError`` for a run on signals; ``what`` is the word for its place at the beginning of the message."""
        if self.record.kind != "photo":
            raise RunError(
                f"{what} must be a run on photos. Received: {self.path}, a run on signals, which `tltool evaluate` and "
                "`tltool predict` take."
            )

    @property
    def classes(self) -> list[str]:
        return self.usable.classes

    @property
    def task(self) -> str:
        """What was asked of the photos, see ``tltool.task``."""
        return self.record.task

    @property
    def settled(self) -> dict[str, Any]:
        """What answers depend on beside the model, such as thresholds."""
        return self.usable.settled

    def model(self) -> Any:
        """The trained ``keras.Model``: float32 RGB 0–255 ``[n, size, size, 3]`` → probabilities ``[n, classes]``. Of a run that was
        interrupted it is what its last whole phase reached, and a warning says so."""
        record = self.usable  # before Keras is loaded
        if record.state != "finished":
            warn(
                f"The training of {self.path} was interrupted: this is its model after the phase {record.kept}, not "
                f"yet measured on test photos. Go on with: {self.resumption}"
            )
        return locate(ABOVE["model"])(self.path / "model.keras")

    def predictions(self) -> "pandas.DataFrame":
        """``predictions.csv`` as a DataFrame: path, label, predicted, then one ``p_CLASS`` per class."""
        file = self._file("predictions.csv")
        return locate(ABOVE["predictions"])(file)

    def errors(self) -> "pandas.DataFrame":
        """The photos that were answered wrong, or not as well as they could be, the worst first: see
        ``tltool.evaluation.rating.rate_photos`` for the columns."""
        return locate(ABOVE["errors"])(self)

    def confusion(self) -> "pandas.DataFrame":
        """How often photos of each class, in rows, were called what, in columns.

        Raises:
            RunError: photos do not have one class each; or it is not finished, or damaged.
        """
        return locate(ABOVE["confusion"])(self)

    def figure(self, name: str = "confusion") -> "Figure":
        """The figure ``confusion`` of matplotlib, which a notebook shows and ``savefig`` writes; no window opens.

        Raises:
            SpecError: there is no such figure.
            RunError: as ``confusion``.
        """
        return locate(entry(str(name), FIGURES, "The figure"))(self)

    def history(self) -> "pandas.DataFrame":
        """``history.csv``: one row per epoch, its ``phase`` and numbers; NaN where nothing was measured.

        Raises:
            RunError: it is gone, or no table.
        """
        return number_epochs(self.path)

    def report(self) -> Report:
        """``report.json``.

        Raises:
            RunError: it is gone, or not what ``finish`` wrote.
        """
        return read_report(self._file("report.json"))

    def said(self) -> Iterable[Table | str]:
        return tell_trained(self.path, self.finished, self.report())

    def records(self) -> Iterable[dict[str, Any]]:
        yield {"run": str(self.path), "seconds": self.finished.seconds, **self.report().content}

    def _having_model(self, *states: str) -> Record:
        record = self.record
        if record.state not in states or not (self.path / "model.keras").is_file():
            again = f"Resume it with `{self.resumption}`." if self.typed else f"Run it again with `tltool {record.recipe}`."
            if record.state == "finished" and (parts := sorted(self.path.glob("*/model.keras"))):
                again = f"Give one of the runs in it: {', '.join(part.parent.name for part in parts)}."
            raise RunError(f"The run must be finished. Received: {self.path}, which has no finished model. {again}")
        if missing := record.lacking:
            raise RunError(f"run.json of a finished run must say {', '.join(missing)}. Received: {self.path}. Give another run.")
        return record

    def _file(self, name: str) -> Path:
        if not (self.finished and (self.path / name).is_file()):
            raise RunError(f"A finished run must have its {name}. Received: {self.path}, where it is gone. Run it again.")
        return self.path / name

    def _go_on(self, specs: dict[str, Spec], asked: Mapping[str, Any], facts: dict[str, Any]) -> Self:
        require_same(self.path, specs, facts)
        sweep_drafts(self.path)
        before = self.record
        asked = {**before.asked, **{name: value for name, value in asked.items() if value is not None}}
        self.note(asked=asked, resumed=[*before.resumed, now()], seconds_before=seconds_before(self.path))
        return self
