"""What visualizing a run returns: its sheets, and the files that may be replaced by them."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.errors import RunError
from tltool.figures.style import is_drawing
from tltool.progress import Table, table
from tltool.runs.contents import SHEET_FILES

if TYPE_CHECKING:
    from tltool.inspection.window import Window

KERNELS, MAPS, POOLING, ATTENTION, WINDOW, CHART, BEST, WORST = (Path(file).name for file in SHEET_FILES)
DRAWN = (KERNELS, MAPS, POOLING, ATTENTION)  # without a window to explain
RATED = (CHART, BEST, WORST)  # where answers lie somewhere in photos


@dataclass(frozen=True)
class Sheets:
    """``sheets``: each file and what it shows; ``notes`` on what could not be drawn; ``place`` is one that could be explained next, ""
    where there is none; ``window`` is the one that was explained; ``located``: they are about answers that lie somewhere in photos."""

    run: Path
    sheets: dict[Path, str]
    notes: tuple[str, ...] = ()
    place: str = ""
    window: "Window | None" = None
    located: bool = False

    def said(self) -> Iterable[Table | str]:
        if self.window:
            yield from self.window.said()
        yield table("", ("file", "what it shows"), self.sheets.items())
        yield from self.notes
        again = f"tltool visualize {shlex.quote(str(self.run))}"
        if self.window:
            yield f"Next: another place, --filter or --layer, with --force; or all sheets: {again}"
        elif self.located:
            yield f"Next: its answers about other photos: tltool predict {shlex.quote(str(self.run))} PHOTO --draw DIR"
        elif self.place:
            yield f"Next: {again} --explain-window {self.place}"
        else:
            yield f"Next: {again} PHOTO --force"

    def records(self) -> Iterable[dict[str, Any]]:
        for file, what in self.sheets.items():
            explained = {"window": self.window.as_dict()} if self.window and file.name == WINDOW else {}
            yield {"file": str(file), "shows": what, **explained}


def reserve_sheets(folder: Path, names: Iterable[str], force: bool = False) -> Path:
    """``folder`` once all ``names`` in it are free, or with ``force`` are sheets of ours. Nothing is written yet.

    Raises:
        RunError: a file that is there, or a folder that cannot be made.
    """
    there = [folder / name for name in names if os.path.lexists(folder / name)]
    foreign = [file for file in there if not is_drawing(file)]
    if foreign:
        raise RunError(f"--force replaces only what tltool wrote. Received: {foreign[0]}, which is another's. Choose another --out.")
    if there and not force:
        raise RunError(f"Sheets must not replace anything. Received: {there[0]}, which exists. Use --force, or another --out.")
    above = next(path for path in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(path))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise RunError(f"--out must be a folder that can be written. Received: {folder}, and {above} cannot. Choose another.")
    return folder


def make_folder(folder: Path) -> None:
    """Raises ``RunError`` where ``folder`` is not there and cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"--out must be a folder that can be written. Received: {folder} ({error.strerror}). Choose another.") from None
