"""Weights that are on this machine already, found without loading Keras: its own files, hub modules, and those that packages have."""

import os
from pathlib import Path

from tltool.environment.findings import Finding
from tltool.keras_settings import settings_folder
from tltool.models.hub.handles import GRAPH, cache_folder
from tltool.models.packaged.package import backbones_here
from tltool.wording import counted, megabytes, shown

HDF5 = b"\x89HDF\r\n\x1a\n"
LISTED = 4  # names told to people; machines get all
PART = "weights"


def look_at_weights() -> Finding:
    """What needs no download any more; a file that was cut off is named."""
    files = _files(settings_folder() / "models")
    damaged = [path for path in files if not _is_whole(path)]
    modules = [path.parent for path in _found(cache_folder(), f"*/{GRAPH}")]
    sizes = {path.name: os.path.getsize(path) for path in files}
    packaged = backbones_here()
    facts = {"weights": sizes, "modules": [path.name for path in modules], "packaged": packaged, "damaged": [str(path) for path in damaged]}
    names = ", ".join(shown(path.name) for path in files[:LISTED]) + (f" and {len(files) - LISTED} more" if len(files) > LISTED else "")
    words = [f"{counted(len(files), 'file')}, {megabytes(sum(sizes.values()))} ({names})"] if files else []
    words += [counted(len(modules), "hub module")] if modules else []
    words += [f"{', '.join(packaged)} as {'packages' if packaged[1:] else 'a package'}"] if packaged else []
    found = ", ".join(words) or "none yet; the first training downloads what it needs"
    if damaged:
        return Finding(
            PART,
            "warning",
            f"{found}; damaged: {', '.join(shown(path.name) for path in damaged)}",
            f"Remove {shown(damaged[0])}, which is damaged; the next command downloads it again.",
            facts,
        )
    return Finding(PART, "ok", found, facts=facts)


def _files(folder: Path) -> list[Path]:
    return [path for path in _found(folder, "*.h5") if path.is_file()]


def _found(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def _is_whole(path: Path) -> bool:
    """HDF5 notes its own length: in a superblock of version 0 at byte 40, of 2 or 3 at byte 28, 8 bytes, little-endian (HDF5 File Format
    Specification 3.0, II.A)."""
    try:
        with open(path, "rb") as file:
            head = file.read(48)
    except OSError:
        return False
    if head[:8] != HDF5 or len(head) < 48:
        return False
    place = {0: 40, 2: 28, 3: 28}.get(head[8])
    return place is None or int.from_bytes(head[place : place + 8], "little") <= os.path.getsize(path)
