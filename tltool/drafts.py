"""Files that are whole or absent: written beside their place and renamed there. And folders that are ours to replace."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tltool.errors import TltoolError


@contextmanager
def draft(target: Path, kind: type[TltoolError]) -> Iterator[Path]:
    """A path beside ``target`` to write a file at; renamed to ``target`` when the block ends well, removed when not.

    Raises:
        kind: the place cannot be written, or the disk is full.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield beside
        beside.replace(target)
    except OSError as error:
        raise kind(f"There must be room and leave to write {target}. Received: {error.strerror or error}. Make room, or choose another "
                   "place.") from None
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)


def is_ours(folder: Path) -> bool:
    """Whether ``folder`` is a SavedModel that tltool wrote, and so may be replaced; so may a link, and what is not there."""
    written = (folder / "saved_model.pb").is_file() and (folder / "assets" / "tltool.json").is_file()
    return written or folder.is_symlink() or not folder.exists()
