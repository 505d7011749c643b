"""Where a run may lie: a new folder, one that may be taken again, or that of an interrupted run to go on with."""

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from tltool.drafts import is_ours
from tltool.errors import RunError
from tltool.runs.files import RECORD, STATE
from tltool.runs.record import read_record


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
            hint = ", or --force to replace the run in it" if (out / RECORD).is_file() else ""
            raise RunError(f"--out must be a new or empty folder. Received: {out}. Choose another{hint}.")
        if not ((out / RECORD).is_file() and read_record(out)):
            raise RunError(f"--force replaces only what tltool wrote. Received: {out}, which holds no run. Choose another --out.")
    return out


def _interrupted(path: Path, recipe: str) -> Path:
    record = read_record(path)
    if record["recipe"] != recipe:
        raise RunError(f"--resume must be a run of {recipe}. Received: {path}, a run of {record['recipe']}.")
    if record.get("state") == "finished":
        (path / STATE).unlink(missing_ok=True)  # left where the run was killed in the moment it was finished
        raise RunError(f"--resume must be a run that was interrupted. Received: {path}, which is finished. See it with `tltool evaluate "
                       f"{shlex.quote(str(path))}`, or repeat it with --from.")
    if not os.access(path, os.W_OK | os.X_OK):
        raise RunError(f"The run's folder must be writable. Received: {path}.")
    return path


def require_new(out: Path | str) -> None:
    """Raises ``RunError`` unless ``out`` is a new or empty folder."""
    if os.path.exists(out) and (not os.path.isdir(out) or any(Path(out).iterdir())):
        raise RunError(f"--out must be a new or empty folder. Received: {out}. Choose another.")
