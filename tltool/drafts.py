"""Files that are whole or absent: written beside their place and renamed there. And folders that are ours to replace."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tltool.errors import TltoolError


def place_beside(target: Path, ending: str = "") -> Path:
    """Where this process writes ``target`` until it is whole; with an ``ending`` for a writer that asks for one."""
    return target.with_name(f".{target.name}.{os.getpid()}.part{ending}")


@contextmanager
def draft(target: Path, kind: type[TltoolError]) -> Iterator[Path]:
    """A path beside ``target`` to write a file at; renamed to ``target`` when the block ends well, removed when not.

    Raises:
        kind: the place cannot be written, or the disk is full.
    """
    beside = place_beside(target)
    try:
        yield beside
        beside.replace(target)
    except OSError as error:
        raise kind(f"There must be room and leave to write {target}. Received: {error.strerror or error}. Make room, or choose another "
                   "place.") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def write_json(target: Path, content: Any, kind: type[TltoolError]) -> None:
    """``content`` as JSON for people and machines, in ``target`` whole or not at all.

    Raises:
        kind: it cannot be written.
    """
    with draft(target, kind) as beside:
        beside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", errors="backslashreplace")


def sweep(folder: Path, names: Iterable[str]) -> None:
    """Remove the drafts of the files called ``names`` that a process left in ``folder`` when it was killed."""
    drafts = re.compile(rf"\.({'|'.join(map(re.escape, names))})\.\d+\.part(\.\w+)?")
    for path in folder.iterdir():
        if drafts.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with suppress(OSError):
                path.unlink()


def is_ours(folder: Path) -> bool:
    """Whether ``folder`` is a SavedModel that tltool wrote, and so may be replaced; so may a link, and what is not there."""
    written = (folder / "saved_model.pb").is_file() and (folder / "assets" / "tltool.json").is_file()
    return written or folder.is_symlink() or not folder.exists()
