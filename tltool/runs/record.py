"""The record of a run, ``run.json``: what is known of the run from outside, read and checked."""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from tltool.errors import RunError
from tltool.reading import open_table, read_json
from tltool.runs.files import RECORD
from tltool.runs.forms import Document, Record, Report, fault_of, newer
from tltool.task import task_named

Whole = TypeVar("Whole", bound=Document)
LONGEST_REPORT = 1 << 29  # bytes; it counts every class against every other
PACKAGES = ("tltool", "keras", "tensorflow", "jax", "numpy", "pillow", "scikit-learn", "ai-edge-litert")


def read_record(folder: Path) -> Record:
    """``run.json`` of the run in ``folder``.

    Raises:
        RunError: no such folder, no run in it, or one that a newer tltool wrote.
    """
    file = folder / RECORD
    try:
        content = read_json(file)
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f"A run is a folder that holds run.json. Received: {folder}. Give the folder that a tltool command wrote.") from None
    except (OSError, ValueError) as error:
        raise RunError(f"run.json must be readable JSON. Received: {file} ({error}). Give another run.") from None
    return _checked(Record, content, file, "Give another run.")


def read_report(file: Path) -> Report:
    """``report.json``, which is ``file``.

    Raises:
        RunError: it cannot be read, says something else, or was written by a newer tltool.
    """
    try:
        content = read_json(file, LONGEST_REPORT)
    except (OSError, ValueError) as error:
        raise RunError(f"report.json must be readable JSON. Received: {file} ({error}). Run it again.") from None
    task = _checked(Report, content, file, "Run it again.").task
    form: type[Report] = task_named(task).measures.FORM
    return _checked(form, content, file, "Run it again.")


def _checked(form: type[Whole], content: Any, file: Path, advice: str) -> Whole:
    """``content`` of ``file`` in its ``form``; other content ends in ``advice``."""
    if later := newer(content):
        raise RunError(f"{file} was written by a newer tltool ({later}). Update tltool.")
    try:
        return form.model_validate(content)
    except ValidationError as error:
        raise RunError(f"{file.name} must be one that tltool wrote. Received: {file} ({fault_of(error)}). {advice}") from None


def versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """The installed versions of what a result depends on."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def now() -> str:
    """The time in UTC, to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_history(folder: Path) -> list[dict[str, str]]:
    """The rows of a run's ``history.csv``.

    Raises:
        RunError: it is gone, or no table.
    """
    try:
        with open_table(folder / "history.csv") as file:
            return list(csv.DictReader(file))
    except (OSError, csv.Error) as error:
        raise RunError(f"A finished run must have its history.csv. Received: {folder} ({error}). Run it again.") from None
