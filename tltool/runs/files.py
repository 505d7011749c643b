"""What a run consists of: the names of its files, and how those of an earlier one are cleared away and no others."""

import shutil
from contextlib import suppress
from pathlib import Path

from tltool import catalog
from tltool.drafts import sweep

RECORD = "run.json"
FILES = (RECORD, "split.csv", "history.csv", "predictions.csv", "cross_validation.csv", "model.keras", "report.json", "labels.txt")
STATE = "state.npz"  # how far the training of an unfinished run has come
CURVES, OURS = "tensorboard", ".tltool"  # the folder for TensorBoard, and what the names of our files in it end with


def sweep_drafts(folder: Path) -> None:
    """Remove what a killed process had begun to write there."""
    sweep(folder, (*FILES, STATE))


def clear(folder: Path) -> None:
    """Remove what an earlier run wrote into ``folder``, but for its record, which says that the folder is a run."""
    sweep_drafts(folder)
    for name in (*FILES[1:], STATE, *catalog.EXPORT_FILES, *catalog.SHEET_FILES, *catalog.COMPARISON_FILES):
        file = folder / name
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        else:
            file.unlink(missing_ok=True)
    for file in sorted(folder.glob(f"{CURVES}/*/*/events.out.tfevents.*{OURS}")):
        file.unlink()
        with suppress(OSError):  # something else lies in one of its folders
            for parent in file.parents[:3]:
                parent.rmdir()
