"""What a run consists of: the names of its files, and how those of an earlier one are cleared away and no others."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from tltool.atomic import is_ours, sweep
from tltool.reading import bears
from tltool.runs.contents import COMPARISON_FILES, EXPORT_FILES, PAGE_FILES, PAGE_MARK, PARTS, SHEET_FILES

RECORD = "run.json"
VALIDATION = "validation.csv"  # answers to the validation photos: what thresholds and sets of classes are worked out from
FAMILIAR = "familiar.npy"  # what the network saw in training photos, to know others from
FILES = (
    RECORD,
    "split.csv",
    "history.csv",
    "predictions.csv",
    VALIDATION,
    FAMILIAR,
    "cross_validation.csv",
    "model.keras",
    "report.json",
    "labels.txt",
)
STATE = "state.npz"  # how far the training of an unfinished run has come
CURVES, OURS = "tensorboard", ".tltool"  # the folder for TensorBoard, and what the names of our files in it end with


def sweep_drafts(folder: Path) -> None:
    """Remove what a killed process had begun to write there."""
    sweep(folder, (*FILES, STATE, *COMPARISON_FILES, *PAGE_FILES))


def clear(folder: Path, recipe: str) -> None:
    """Remove what an earlier run of ``recipe`` wrote into ``folder``, but for its record, which says that the folder is a run."""
    sweep_drafts(folder)
    pages = [name for name in PAGE_FILES if bears(folder / name, PAGE_MARK)]
    for name in (*FILES[1:], STATE, *EXPORT_FILES, *SHEET_FILES, *pages):
        _remove(folder / name, folder)
    for file in sorted(folder.glob(f"{CURVES}/*/*/events.out.tfevents.*{OURS}")):
        _remove(file, folder)
    if recipe in PARTS:
        for name in COMPARISON_FILES:
            _remove(folder / name, folder)
        for name in PARTS[recipe]:
            _clear_part(folder / name)


def _clear_part(part: Path) -> None:
    """Remove a run that was a part, its record last; other files in its folder stay. Of a link, only the link goes."""
    if not (part / RECORD).is_file():
        return
    if part.is_symlink():
        return part.unlink()
    clear(part, "")  # a part has no parts
    _remove(part / RECORD, part.parent)


def _remove(file: Path, folder: Path) -> None:
    """Remove ``file`` and the folders below ``folder`` that it leaves empty. A link on the way is not followed."""
    above = list(file.relative_to(folder).parents)[:-1]
    if not os.path.lexists(file) or any((folder / place).is_symlink() for place in above):
        return
    if file.is_symlink() or not file.is_dir():
        file.unlink()
    elif is_ours(file):
        shutil.rmtree(file)
    with suppress(OSError):  # something else lies there
        for place in above:
            (folder / place).rmdir()
