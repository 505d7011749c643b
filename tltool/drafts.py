"""Files that are whole or absent: written beside their place and renamed there."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tltool.errors import TltoolError


@contextmanager
def draft(target: Path, kind: type[TltoolError], folder: bool = False) -> Iterator[Path]:
    """A path beside ``target`` to write a file (or fill a ``folder``) at; renamed to ``target`` when the block ends well, removed when not.

    Raises:
        kind: the place cannot be written, or the disk is full.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if folder:
            beside.mkdir(parents=True)
        yield beside
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        beside.replace(target)
    except OSError as error:
        raise kind(f"There must be room and leave to write {target}. Received: {error.strerror or error}. Make room, or choose another "
                   "place.") from None
    finally:
        if beside.is_dir():
            shutil.rmtree(beside, ignore_errors=True)
        beside.unlink(missing_ok=True)
