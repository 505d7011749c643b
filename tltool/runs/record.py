"""The record of a run, ``run.json``: what is known of the run from outside, read and checked."""

from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from tltool.errors import RunError
from tltool.reading import read_json
from tltool.runs.files import RECORD
from tltool.runs.forms import Record, Report, misfit

LONGEST_REPORT = 1 << 29  # bytes; it counts every class against every other
PACKAGES = ("tltool", "keras", "tensorflow", "jax", "numpy", "pillow", "scikit-learn", "ai-edge-litert")


def read_record(folder: Path) -> dict[str, Any]:
    """``run.json`` of the run in ``folder``.

    Raises:
        RunError: no such folder, or no run in it.
    """
    file = folder / RECORD
    try:
        record = read_json(file)
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(f"A run is a folder that holds run.json. Received: {folder}. Give the folder that a tltool command wrote.") from None
    except (OSError, ValueError) as error:
        raise RunError(f"run.json must be readable JSON. Received: {file} ({error}). Give another run.") from None
    if wrong := misfit(Record, record):
        raise RunError(f"run.json must be one that tltool wrote. Received: {file} ({wrong}). Give another run.")
    return record


def read_report(file: Path) -> dict[str, Any]:
    """``report.json``, which is ``file``.

    Raises:
        RunError: it cannot be read, or says something else.
    """
    try:
        report = read_json(file, LONGEST_REPORT)
    except (OSError, ValueError) as error:
        raise RunError(f"report.json must be readable JSON. Received: {file} ({error}). Run it again.") from None
    if wrong := misfit(Report, report):
        raise RunError(f"report.json must be one that tltool wrote. Received: {file} ({wrong}). Run it again.")
    return report


def read_wishes(folder: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The fields of every spec by parameter name, as they were ``kind``: typed or resolved.

    Raises:
        RunError: no run in ``folder``, or ``run.json`` says it in another form.
    """
    wishes = read_record(folder).get(kind, {})
    if not isinstance(wishes, dict) or not all(isinstance(fields, dict) for fields in wishes.values()):
        raise RunError(f"run.json must keep what was {kind} as fields by name. Received: {folder / RECORD}. Give another run.")
    return wishes


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
