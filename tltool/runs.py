"""A run: the folder that one recipe writes and every later command reads. Paths, JSON and nothing heavier."""

import json
import os
import shlex
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from tltool import catalog
from tltool.drafts import draft, is_ours
from tltool.errors import RunError
from tltool.lookup import locate
from tltool.progress import Table, table
from tltool.specs import Spec

FILES = ("run.json", "split.csv", "history.csv", "predictions.csv", "cross_validation.csv", "model.keras", "report.json", "labels.txt")
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
    def create(cls, out: Path | str | None, recipe: str, specs: dict[str, Spec], force: bool = False, **facts: Any) -> Self:
        """Make the folder ``out``, or the next free one, clear what an earlier run of tltool left in it, and write ``run.json`` first:
        the specs as they were typed and as they were resolved, the versions, and ``facts``.

        Raises:
            RunError: the folder cannot be written, or holds something and ``force`` is off.
        """
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

    def finish(self, report: dict[str, Any], **facts: Any) -> Self:
        """Write the report and declare the run finished."""
        self.write_json("report.json", report)
        self.note(state="finished", finished=_now(), **facts)
        return self

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
            again = f" --from {shlex.quote(str(self.path))}" if self.typed else ""
            raise RunError(f"The run must be finished. Received: {self.path}, which has no finished model. Run it again with "
                           f"`tltool {record['recipe']}{again}`.")
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
        yield f"Run: {self.path}  ({', '.join(name for name in FILES if (self.path / name).exists())})  in {record['seconds']:.0f} s"
        yield f"Next: tltool predict {self.path} PHOTO   or   tltool export {self.path} --format tflite --precision int8"

    def records(self) -> Iterable[dict[str, Any]]:
        yield {"run": str(self.path), "seconds": self.finished["seconds"], **self.report()}

    def _file(self, name: str) -> Path:
        if not (self.finished and (self.path / name).is_file()):
            raise RunError(f"A finished run must have its {name}. Received: {self.path}, where it is gone. Run it again.")
        return self.path / name

    def _clear(self) -> None:
        for name in (*FILES[1:], *catalog.EXPORT_FILES):
            file = self.path / name
            if file.is_dir() and not file.is_symlink():
                shutil.rmtree(file)
            else:
                file.unlink(missing_ok=True)


def reserve(out: Path | str | None, recipe: str, force: bool = False, reads: Iterable[object] = ()) -> Path:
    """The folder for a new run: ``out``, or the next free ``runs/RECIPE-N``. Nothing is written yet.

    Args:
        reads: what the recipe reads; the run must not lie in a folder among them.

    Raises:
        RunError: ``out`` cannot be written, or holds something, and ``force`` is off or it is not an earlier run.
    """
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


def accuracy_line(report: dict[str, Any]) -> str:
    """One sentence: accuracy, interval, photos, and what always naming the largest class would reach."""
    low, high = report["accuracy_interval"]
    return (f"Accuracy {report['accuracy']:.3f} (95 % interval {low:.3f}–{high:.3f}) on {report['n']} {_named(report['split'])}photos; "
            f"always naming the largest class would reach {report['majority_baseline']:.3f}.")


def cross_validation_line(report: dict[str, Any]) -> str:
    """One sentence: what was cross-validated, its accuracy and interval."""
    low, high = report["accuracy_interval"]
    return (f"Cross-validated in {report['folds']} folds over all {report['n']} photos, a linear head on the frozen backbone reaches "
            f"{report['accuracy']:.3f} ({low:.3f}–{high:.3f}).")


def _named(split: str) -> str:
    return "" if split == "all" else f"{split} "


def per_class(report: dict[str, Any]) -> Table:
    """Precision, recall and F1 of every class."""
    return table(f"{_named(report['split'])}photos".capitalize(), ("class", "photos", "precision", "recall", "F1"),
                 [(name, row["n"], f"{row['precision']:.2f}", f"{row['recall']:.2f}", f"{row['f1']:.2f}")
                  for name, row in report["per_class"].items()])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
