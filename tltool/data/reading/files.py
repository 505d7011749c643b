"""What lies below a folder, without opening more than it must: no hidden file, no link out of it, no loop, no wait."""

import os
from pathlib import Path
from typing import NamedTuple

from tltool.data.decoding.decoder import is_photo
from tltool.data.samples import Fault
from tltool.wording import counted

# beside everything that starts with a dot
PASSED_OVER = {
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "recycler",
    "found.000",
    "#recycle",
    "#snapshot",
    "network trash folder",
    "temporary items",
    "__pycache__",
}
PRIVATE = (".ipynb_checkpoints", ".git", ".svn", ".hg", ".dvc", ".cache", ".thumb", ".@__thumb", ".trash", ".appledouble")
PHOTO_ENDINGS = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".avif"}


class Tree(NamedTuple):
    """Regular files, entries that cannot be used, and every folder, all sorted."""

    files: list[str]
    faults: list[Fault]
    folders: list[str]


def list_files(root: str) -> Tree:
    """Everything below ``root`` that is not hidden. Links to folders are not entered, so there is no loop.

    A hidden folder that may be meant as a class, because photos lie in it, is a fault; what programs hide for themselves is not.
    """
    found, ahead = Tree([], [], []), [root]
    inside = os.path.join(os.path.realpath(root), "")
    while ahead:
        folder = ahead.pop()
        found.folders.append(folder)
        try:
            with os.scandir(folder) as entries:
                everything = list(entries)
        except OSError as error:
            found.faults.append(Fault(folder, f"cannot be opened: {error.strerror}"))
            continue
        for entry in everything:
            if _is_passed_over(entry.name):
                found.faults.extend(_hidden_photos(entry))
            elif reason := _obstacle(entry, inside):
                found.faults.append(Fault(entry.path, reason))
            else:
                (ahead if entry.is_dir(follow_symlinks=False) else found.files).append(entry.path)
    return Tree(sorted(found.files), sorted(found.faults), sorted(found.folders))


def find_photos(folder: Path | str) -> tuple[list[str], list[Fault]]:
    """Files below ``folder`` that are named or start like a photo, sorted, and entries that cannot be used. Needs no pandas."""
    found = list_files(os.path.abspath(folder))
    return [path for path in found.files if ending(path) in PHOTO_ENDINGS or is_photo(path)], found.faults


def ending(path: str) -> str:
    """``".jpg"`` of ``"A.JPG"``; "" where there is none."""
    return os.path.splitext(path)[1].lower()


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower() in PASSED_OVER


def _hidden_photos(entry: os.DirEntry) -> list[Fault]:
    if not entry.name.startswith(".") or entry.name.lower().startswith(PRIVATE):
        return []
    try:
        if not entry.is_dir(follow_symlinks=False):
            return []
        with os.scandir(entry.path) as entries:
            n = sum(ending(inner.name) in PHOTO_ENDINGS and not inner.name.startswith(".") for inner in entries)
    except OSError:
        return []
    return [Fault(entry.path, f"is a hidden folder with {counted(n, 'photo')}; rename it without the dot if it is a class")] if n else []


def _obstacle(entry: os.DirEntry, inside: str) -> str:
    """Why an entry cannot be used, as the end of a sentence; "" for folders and regular files."""
    try:
        if entry.is_symlink():
            if entry.is_dir():
                return "is a link to a folder, which is not entered"
            if not os.path.realpath(entry.path, strict=True).startswith(inside):
                return "is a link that leads out of the folder; list such photos in a CSV"
        return "" if entry.is_dir(follow_symlinks=False) or entry.is_file() else "is not a regular file"
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
