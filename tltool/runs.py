"""A run: the folder that one recipe writes and every later command reads. Paths, JSON and nothing heavier."""

import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self, get_type_hints

from tltool import catalog
from tltool.drafts import draft, is_ours, sweep
from tltool.errors import RunError
from tltool.lookup import locate
from tltool.progress import Table
from tltool.specs import Spec
from tltool.summary import accuracy_line, cross_validation_line, per_class

FILES = ("run.json", "split.csv", "history.csv", "predictions.csv", "cross_validation.csv", "model.keras", "report.json", "labels.txt")
SIGNAL = "signal"  # the fit of a run whose rows are no photos
STATE = "state.npz"  # how far the training of an unfinished run has come
CURVES, OURS = "tensorboard", ".tltool"  # the folder for TensorBoard, and what the names of our files in it end with
PACKAGES = ("tltool", "keras", "tensorflow", "jax", "numpy", "pillow", "scikit-learn", "ai-edge-litert")


@dataclass(frozen=True)
class Run:
    """The folder of one run; everything else is read from it when asked for."""

    path: Path

    def __init__(self, path: Path | str) -> None:
        object.__setattr__(self, "path", Path(path))

    def __fspath__(self) -> str:
        return str(self.path)

    @classmethod
    def create(cls, out: Path | str | None, recipe: str, specs: dict[str, Spec], force: bool = False, resume: Path | None = None,
               **facts: Any) -> Self:
        """Make the folder ``out``, or the next free one, clear what an earlier run of tltool left in it, and write ``run.json`` first:
        the specs as they were typed and as they were resolved, the versions, and ``facts``. With ``resume`` that interrupted run goes on.

        Raises:
            RunError: the folder cannot be written, or holds something and ``force`` is off; or a run to resume began with other
                specs or facts, or with a tltool that knew fewer of them.
        """
        if resume:
            return cls(reserve(None, recipe, resume=resume))._go_on(specs, facts)
        run = cls(path := reserve(out, recipe, force))  # only now: another run may have come since the recipe began
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"The run's folder must be writable. Received: {path} ({error.strerror}). Choose another --out.") from None
        kept = {name: spec.kept_in(path) for name, spec in specs.items()}
        run.write_json("run.json", {
            "recipe": recipe, "state": "unfinished", "started": _now(), "typed": {name: spec.typed() for name, spec in kept.items()},
            "resolved": {name: spec.resolved() for name, spec in kept.items()}, "versions": versions(), **facts,
        })
        run._clear()  # only now, so that the folder is a run at every moment and --force can take it again
        return run

    def note(self, **facts: Any) -> None:
        """Add facts to ``run.json``."""
        self.write_json("run.json", {**self.record, **facts})

    def finish(self, report: dict[str, Any], seconds: float = 0.0, **facts: Any) -> Self:
        """Write the report, declare the run finished, and remove the state of its training.

        Args:
            seconds: what it took since it was begun, or last resumed.
        """
        self.write_json("report.json", report)
        self.note(state="finished", finished=_now(), seconds=round(self.record.get("seconds_before", 0) + seconds, 1), **facts)
        (self.path / STATE).unlink(missing_ok=True)
        return self

    def resume(self, **given: Any) -> Any:
        """Go on with an interrupted run, with the recipe that began it; ``given`` are values like ``min_accuracy``, which are no spec."""
        recipe = locate(catalog.RECIPES[self.record["recipe"]])
        return recipe(**reopen(self.path, recipe), **given)

    @property
    def resumption(self) -> str:
        """The command that goes on with the run."""
        return f"tltool {self.record['recipe']} --resume {shlex.quote(str(self.path))}"

    @contextmanager
    def resumable(self) -> Iterator[None]:
        """While it lasts, what interrupts or fills the disk says how the run goes on."""
        try:
            yield
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"Resume with: {self.resumption}") from None
        except RunError as error:
            reason = str(error).partition(" Resume with: ")[0]  # of a part; the whole is what goes on
            raise RunError(f"{reason} Resume with: {self.resumption}") from None

    def write_json(self, name: str, content: Any) -> None:
        self.write_text(name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a file of the run beside its place and rename it there, so that it is whole or absent.

        Raises:
            RunError: it cannot be written.
        """
        with draft(self.path / name, RunError) as beside:
            beside.write_text(text, encoding="utf-8", errors="surrogateescape")

    @property
    def record(self) -> dict[str, Any]:
        """``run.json``.

        Raises:
            RunError: no such folder, or no run in it.
        """
        file = self.path / "run.json"
        if not file.is_file():
            raise RunError(f"A run is a folder that holds run.json. Received: {self.path}. Give the folder that a tltool command wrote.")
        try:
            record = json.loads(file.read_text(encoding="utf-8", errors="surrogateescape"))
        except (OSError, ValueError) as error:
            raise RunError(f"run.json must be readable JSON. Received: {file} ({error}). Give another run.") from None
        if not isinstance(record, dict) or "recipe" not in record:
            raise RunError(f"run.json must be one that tltool wrote. Received: {file}. Give another run.")
        return record

    @property
    def finished(self) -> dict[str, Any]:
        """``run.json`` of a run that has a model.

        Raises:
            RunError: the run was interrupted before it had one.
        """
        record = self.record
        if record.get("state") != "finished" or not (self.path / "model.keras").is_file():
            again = f"Resume it with `{self.resumption}`." if self.typed else f"Run it again with `tltool {record['recipe']}`."
            if record.get("state") == "finished" and (parts := sorted(self.path.glob("*/model.keras"))):
                again = f"Give one of the runs in it: {', '.join(part.parent.name for part in parts)}."
            raise RunError(f"The run must be finished. Received: {self.path}, which has no finished model. {again}")
        if missing := [fact for fact in ("classes", "size", "fit") if fact not in record]:
            raise RunError(f"run.json of a finished run must say {', '.join(missing)}. Received: {self.path}. Give another run.")
        return record

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed for each spec, by parameter name.

        Raises:
            RunError: ``run.json`` says it in another form.
        """
        typed = self.record.get("typed", {})
        if not isinstance(typed, dict) or not all(isinstance(fields, dict) for fields in typed.values()):
            raise RunError(f"run.json must keep what was typed as fields by name. Received: {self.path / 'run.json'}. Give another run.")
        return typed

    def require_photos(self, what: str) -> None:
        """Raises ``RunError`` for a run on signals; ``what`` is the word for its place at the beginning of the message."""
        if self.record.get("fit") == SIGNAL:
            raise RunError(f"{what} must be a run on photos. Received: {self.path}, a run on signals, which `tltool evaluate` and "
                           "`tltool predict` take.")

    @property
    def classes(self) -> list[str]:
        return self.finished["classes"]

    def model(self) -> Any:
        """The trained ``keras.Model``: float32 RGB 0–255 ``[n, size, size, 3]`` → probabilities ``[n, classes]``."""
        file = self._file("model.keras")  # before Keras is loaded
        return locate(catalog.READERS["model"])(file)

    def predictions(self) -> Any:
        """``predictions.csv`` as a DataFrame: path, label, predicted, then one ``p_CLASS`` per class."""
        file = self._file("predictions.csv")
        return locate(catalog.READERS["predictions"])(file)

    def report(self) -> dict[str, Any]:
        """``report.json``."""
        return json.loads(self._file("report.json").read_text(encoding="utf-8", errors="surrogateescape"))

    def said(self) -> Iterable[Table | str]:
        """The result table, where the files are, and what to type next."""
        record, report = self.finished, self.report()
        yield per_class(report)
        yield accuracy_line(report)
        if "cross_validation" in report:
            yield cross_validation_line(report["cross_validation"])
        there = ", ".join(name for name in (*FILES, CURVES) if (self.path / name).exists())
        yield f"Run: {self.path}  ({there})  in {record['seconds']:.0f} s"
        if record["fit"] == SIGNAL:
            yield f"Next: tltool predict {self.path} OTHER.npz   or   tltool evaluate {self.path} --data OTHER.npz"
        else:
            yield f"Next: tltool predict {self.path} PHOTO   or   tltool export {self.path} --format tflite --precision int8"

    def records(self) -> Iterable[dict[str, Any]]:
        yield {"run": str(self.path), "seconds": self.finished["seconds"], **self.report()}

    def _file(self, name: str) -> Path:
        if not (self.finished and (self.path / name).is_file()):
            raise RunError(f"A finished run must have its {name}. Received: {self.path}, where it is gone. Run it again.")
        return self.path / name

    def _go_on(self, specs: dict[str, Spec], facts: dict[str, Any]) -> Self:
        record, at = self.record, self.path / "run.json"
        for name, spec in specs.items():
            before = record.get("resolved", {}).get(name)
            settled = ("data", "group_by", "split") if name == "photos" and before else ()  # now the run's own split.csv says it
            now = spec.resolved() | {field: before.get(field) for field in settled}
            if before and (unknown := now.keys() - before.keys()):
                raise RunError(f"A run must go on with the tltool that began it. Received: {at}, from an earlier one that did not know "
                               f"{', '.join(sorted(unknown))}. Go on with that one, or start anew with --from {self.path}.")
            if now != before:
                raise RunError(f"A run must go on as it began. Received: other {name} than {at} says. Put it back, or start a new run.")
        for name in ("size", "fit", "phases"):
            if json.loads(json.dumps(facts.get(name))) != record.get(name):
                raise RunError(f"A run must go on as it began. Received: other {name} than {at} says. Put it back, or start a new run.")
        sweep(self.path, (*FILES, STATE))
        self.note(resumed=[*record.get("resumed", []), _now()], seconds_before=self._seconds_before(record))
        return self

    def _seconds_before(self, record: dict[str, Any]) -> float:
        """What the run took before now: up to each time that its state was last written, as being killed leaves no other trace."""
        state, begun = self.path / STATE, [record["started"], *record.get("resumed", [])][-1]
        last = state.stat().st_mtime - datetime.fromisoformat(begun).timestamp() if state.exists() else 0.0
        return round(record.get("seconds_before", 0.0) + max(0.0, last), 1)

    def _clear(self) -> None:
        sweep(self.path, (*FILES, STATE))
        for name in (*FILES[1:], STATE, *catalog.EXPORT_FILES, *catalog.SHEET_FILES):
            file = self.path / name
            if file.is_dir() and not file.is_symlink():
                shutil.rmtree(file)
            else:
                file.unlink(missing_ok=True)
        for file in sorted(self.path.glob(f"{CURVES}/*/*/events.out.tfevents.*{OURS}")):
            file.unlink()
            with suppress(OSError):  # something else lies in one of its folders
                for folder in file.parents[:3]:
                    folder.rmdir()


def reserve(out: Path | str | None, recipe: str, force: bool = False, reads: Iterable[object] = (),
            resume: Path | str | None = None) -> Path:
    """The folder for a new run: ``out``, or the next free ``runs/RECIPE-N``; or ``resume``, an interrupted run. Nothing is written yet.

    Args:
        reads: what the recipe reads; the run must not lie in a folder among them.

    Raises:
        RunError: ``out`` cannot be written, or holds something, and ``force`` is off or it is not an earlier run; ``resume`` is
            finished, or a run of another recipe.
    """
    if resume is not None:
        return _interrupted(Path(resume), recipe)
    if out is None:
        taken = {int(p.name.rpartition("-")[2]) for p in Path("runs").glob(f"{recipe}-*") if p.name.rpartition("-")[2].isdecimal()}
        out = Path("runs") / f"{recipe}-{max(taken, default=0) + 1}"
    out = Path(out)
    if os.path.exists(out) and not os.path.isdir(out):
        raise RunError(f"--out must be a folder. Received: {out}, which is a file.")
    there = next(folder for folder in (out.absolute(), *out.absolute().parents) if os.path.exists(folder))
    if not there.is_dir() or not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        raise RunError(f"--out must be in a folder that can be written. Received: {out}, and {there} cannot. Choose another.")
    for source in reads:
        if isinstance(source, (str, Path)) and os.path.isdir(source) and out.resolve().is_relative_to(Path(source).resolve()):
            raise RunError(f"--out must be outside of what is read. Received: {out}, in {source}. Choose another.")
    if out.is_dir() and any(out.iterdir()):
        if not is_ours(out / "exports" / "saved_model"):
            raise RunError(f"--force replaces only what tltool wrote. Received: {out / 'exports' / 'saved_model'}. Choose another --out.")
        if not force:
            hint = ", or --force to replace the run in it" if (out / "run.json").is_file() else ""
            raise RunError(f"--out must be a new or empty folder. Received: {out}. Choose another{hint}.")
        if not ((out / "run.json").is_file() and Run(out).record):
            raise RunError(f"--force replaces only what tltool wrote. Received: {out}, which holds no run. Choose another --out.")
    return out


def _interrupted(path: Path, recipe: str) -> Path:
    record = Run(path).record
    if record["recipe"] != recipe:
        raise RunError(f"--resume must be a run of {recipe}. Received: {path}, a run of {record['recipe']}.")
    if record.get("state") == "finished":
        (path / STATE).unlink(missing_ok=True)  # left where the run was killed in the moment it was finished
        raise RunError(f"--resume must be a run that was interrupted. Received: {path}, which is finished. See it with `tltool evaluate "
                       f"{shlex.quote(str(path))}`, or repeat it with --from.")
    if not os.access(path, os.W_OK | os.X_OK):
        raise RunError(f"The run's folder must be writable. Received: {path}.")
    return path


def reopen(path: Path | str, recipe: Callable[..., Any]) -> dict[str, Any]:
    """The arguments with which ``recipe`` goes on with an interrupted run: its specs, with every automatic value as it was resolved, and
    the photos and parts of its own ``split.csv``.

    Raises:
        RunError: no run of ``recipe``, or one whose specs no longer hold.
    """
    run, kinds = Run(path), spec_kinds(recipe)
    record, typed, split = run.record, run.typed, run.path / "split.csv"
    resolved = record.get("resolved", {})
    if not isinstance(resolved, dict) or not all(isinstance(resolved.get(name, {}), dict) for name in typed):
        raise RunError(f"run.json must keep what was resolved as fields by name. Received: {path}. Give another run.")
    if record["recipe"] != recipe.__name__ or not set(typed) <= set(kinds):
        raise RunError(f"--resume must be a run of {recipe.__name__}. Received: {path}, a run of {record['recipe']}.")
    specs: dict[str, Any] = {name: _resolved(kinds[name], fields, resolved.get(name, {})) for name, fields in typed.items()}
    if "photos" in specs and split.is_file():
        specs["photos"] = specs["photos"].taken_from(split)
    return {**specs, "resume": run.path}


def spec_kinds(recipe: Callable[..., Any]) -> dict[str, type[Spec]]:
    """The parameters of ``recipe`` that are specs."""
    return {name: hint for name, hint in get_type_hints(recipe).items() if isinstance(hint, type) and issubclass(hint, Spec)}


def _resolved(kind: type[Spec], typed: dict[str, Any], resolved: dict[str, Any]) -> Spec:
    """What was typed, and the automatic values as they were resolved, both checked anew."""
    automatic = [name for name, value in kind(**typed) if value is None and resolved.get(name) is not None]
    return kind(**{**typed, **{name: resolved[name] for name in automatic}})


def carry_on(recipe: Callable[..., Run], out: Path, force: bool, resume: bool, **wishes: Any) -> Run:
    """The run of ``recipe`` in ``out``, where it is a part of a larger one: with ``resume`` as it is when it is finished, and gone on with
    when it was interrupted; else, and where there is none, a new one."""
    if not (resume and (out / "run.json").is_file()):
        return recipe(**wishes, out=out, force=force)
    run = Run(out)
    return run if run.record.get("state") == "finished" else run.resume()


def require_new(out: Path | str) -> None:
    """Raises ``RunError`` unless ``out`` is a new or empty folder."""
    if os.path.exists(out) and (not os.path.isdir(out) or any(Path(out).iterdir())):
        raise RunError(f"--out must be a new or empty folder. Received: {out}. Choose another.")


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """The installed versions of what a result depends on."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
