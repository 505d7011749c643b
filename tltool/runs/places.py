"""Where a run may lie: a new folder, one that may be taken again, or that of an interrupted run to go on with."""

import os
from collections.abc import Iterable
from pathlib import Path

from tltool.atomic import is_ours
from tltool.errors import RunError
from tltool.runs.contents import PARTS
from tltool.runs.files import FILES, RECORD, STATE
from tltool.runs.forms import FORMAT
from tltool.runs.record import read_record


def reserve(
    out: Path | str | None, recipe: str, force: bool = False, reads: Iterable[object] = (), resume: Path | str | None = None
) -> Path:
    """The folder for a new run: ``out``, or the next free ``runs/RECIPE-N``; or ``resume``, an interrupted run. Nothing is made yet.

    Args:
        reads: what the recipe reads; the run must not lie in a folder among them.

    Raises:
        RunError: ``out`` cannot be written, or holds something, and ``force`` is off or it is not an earlier run; ``resume`` is
            finished, a run of another recipe, or begun by a tltool that wrote another format.
    """
    if resume is not None:
        return _interrupted(Path(resume), recipe)
    folder = next_free(recipe) if out is None else Path(out)
    _require_writable(folder)
    _require_outside(folder, reads)
    _require_free(folder, force)
    for part in (folder / name for name in PARTS.get(recipe, ())):  # now, and not when the run around it is gone
        _require_writable(part)
        _require_free(part, force)
    return folder


def make_folder(out: Path | str | None, recipe: str, force: bool) -> Path:
    """``reserve`` once more, as another run may have come since, and make the folder.

    Raises:
        RunError: as ``reserve``, or the folder cannot be made.
    """
    folder = reserve(out, recipe, force)
    try:
        folder.mkdir(parents=True, exist_ok=out is not None)
    except OSError as error:
        if out is None and isinstance(error, FileExistsError):  # in this moment another run took the number
            return make_folder(out, recipe, force)
        raise RunError(f"The run's folder must be writable. Received: {folder} ({error.strerror}). Choose another --out.") from None
    return folder


def next_free(recipe: str) -> Path:
    """The next number of ``recipe`` under ``runs/``."""
    taken = {int(p.name.rpartition("-")[2]) for p in Path("runs").glob(f"{recipe}-*") if p.name.rpartition("-")[2].isdecimal()}
    return Path("runs") / f"{recipe}-{max(taken, default=0) + 1}"


def _require_writable(out: Path) -> None:
    if os.path.exists(out) and not os.path.isdir(out):
        raise RunError(f"--out must be a folder. Received: {out}, which is a file.")
    there = next(folder for folder in (out.absolute(), *out.absolute().parents) if os.path.exists(folder))
    if not there.is_dir() or not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        raise RunError(f"--out must be in a folder that can be written. Received: {out}, and {there} cannot. Choose another.")


def _require_outside(out: Path, reads: Iterable[object]) -> None:
    for source in reads:
        if isinstance(source, (str, Path)) and os.path.isdir(source) and out.resolve().is_relative_to(Path(source).resolve()):
            raise RunError(f"--out must be outside of what is read. Received: {out}, in {source}. Choose another.")


def _require_free(out: Path, force: bool) -> None:
    """Free is what is empty or not there; and, with ``force``, a run in which nothing lies where tltool would write."""
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not force:
        hint = ", or --force to replace the run in it" if (out / RECORD).is_file() else ""
        raise RunError(f"--out must be a new or empty folder. Received: {out}. Choose another{hint}.")
    if not is_ours(out / "exports" / "saved_model"):
        raise RunError(f"--force replaces only what tltool wrote. Received: {out / 'exports' / 'saved_model'}. Choose another --out.")
    if not ((out / RECORD).is_file() and read_record(out)) and not _is_cleared_part(out):
        raise RunError(f"--force replaces only what tltool wrote. Received: {out}, which holds no run. Choose another --out.")


def _is_cleared_part(out: Path) -> bool:
    """Whether ``out`` is the place of a part in the run around it, and what lies there has no name of ours."""
    around = out.parent / RECORD
    if out.is_symlink() or not around.is_file() or any(os.path.lexists(out / name) for name in (*FILES, STATE)):
        return False
    return out.name in PARTS.get(read_record(out.parent).recipe, ())


def _interrupted(folder: Path, recipe: str) -> Path:
    record = read_record(folder)
    if record.recipe != recipe:
        raise RunError(f"--resume must be a run of {recipe}. Received: {folder}, a run of {record.recipe}.")
    if record.state == "finished":
        (folder / STATE).unlink(missing_ok=True)  # left where the run was killed in the moment it was finished
        raise RunError(f"--resume must be a run that was interrupted. Received: {folder}, which is finished. Repeat it with --from.")
    if record.format < FORMAT:
        raise RunError(
            f"A run must go on with the tltool that began it. Received: {folder / RECORD}, from an earlier one (format {record.format}; "
            f"this one writes {FORMAT}). Go on with that one, or start anew with --from {folder}."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RunError(f"The run's folder must be writable. Received: {folder}.")
    return folder


def require_new(out: Path | str, flag: str = "--out") -> None:
    """Raises ``RunError`` unless ``out``, which ``flag`` names, is a new or empty folder."""
    if os.path.exists(out) and (not os.path.isdir(out) or any(Path(out).iterdir())):
        raise RunError(f"{flag} must be a new or empty folder. Received: {out}. Choose another.")
