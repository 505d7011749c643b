"""The folders that something is kept in: whether they are there, may be written, and how much room they have."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tltool.environment.findings import Finding
from tltool.errors import SpecError
from tltool.keras_settings import settings_folder
from tltool.wording import megabytes, shown

TIGHT = 2e9  # bytes below which a first training may not find room: weights, decoded photos, checkpoints


def look_at_folders(cache: Callable[[], Path]) -> Iterator[Finding]:
    """The folder of the cache, as ``cache`` says where it is; that of Keras, of temporary files, and the one runs are made in."""
    yield _look_at("cache", cache, "set TLTOOL_CACHE to another")
    yield _look_at("Keras's folder", settings_folder, "set KERAS_HOME to another")
    yield _look_at("temporary files", lambda: Path(tempfile.gettempdir()), "set TMPDIR to another")
    yield _look_at("this folder", Path.cwd, "work in another")


def look_at_folder(part: str, folder: Path, remedy: str) -> Finding:
    """``folder`` and the disk it is or will be on; ``remedy`` says how another is chosen. It is tried, and left as it was."""
    there = _nearest(folder)
    exists, writable, free = os.path.isdir(folder), _takes_a_file(there), _free(there)
    facts = {"path": str(folder), "exists": exists, "writable": writable, "free": free}
    place = f"{shown(folder)}{'' if exists else ' (not made yet)'}"
    if not writable:
        advice = f"Make {shown(folder)} a folder that can be written, or {remedy}."
        return Finding(part, "warning", f"{place}: cannot be written", advice, facts)
    if free < TIGHT:
        advice = f"Make room on the disk of {shown(folder)}, or {remedy}."
        return Finding(part, "warning", f"{place}: only {megabytes(free)} free", advice, facts)
    return Finding(part, "ok", f"{place}: {megabytes(free)} free", facts=facts)


def _look_at(part: str, find: Callable[[], Path], remedy: str) -> Finding:
    try:
        return look_at_folder(part, find(), remedy)
    except SpecError as error:
        return Finding(part, "problem", str(error), f"Mend it as is said of {part} above, or {remedy}.")
    except OSError as error:  # no folder for temporary files at all, or this one was removed
        return Finding(part, "problem", f"none that can be used ({error.strerror})", f"Make one that can be written, or {remedy}.")


def _nearest(folder: Path) -> Path:
    """``folder``, or the nearest above it that is there; what is there may be a file."""
    place = folder.absolute()
    return next(there for there in (place, *place.parents) if os.path.lexists(there))


def _takes_a_file(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"tltool")
        return True
    except OSError:
        return False


def _free(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
