"""Files that are whole or absent: written beside their place and renamed there. And folders that are ours to replace."""

import fcntl
import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from tltool.errors import TltoolError


@contextmanager
def draft(target: Path, kind: type[TltoolError], ending: str = "") -> Iterator[Path]:
    """An empty file beside ``target`` to write to; renamed to ``target`` when the block ends well, removed when not.

    Its name cannot be foretold, and nothing that is there is opened: so no link can be planted there that leads the writer elsewhere.

    Args:
        ending: of its name, for a writer that asks for one.

    Raises:
        kind: the place cannot be written, or the disk is full.
    """
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part{ending}")
    try:
        beside.touch(exist_ok=False)
        try:
            yield beside
            beside.replace(target)
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise kind(
            f"There must be room and leave to write {target}. Received: {error.strerror or error}. Make room, or choose another place."
        ) from None


def write_json(target: Path, content: Any, kind: type[TltoolError]) -> None:
    """``content`` as JSON for people and machines, in ``target`` whole or not at all.

    Raises:
        kind: it cannot be written.
    """
    with draft(target, kind) as beside:
        beside.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", errors="backslashreplace")


def sweep(folder: Path, names: Iterable[str]) -> None:
    """Remove the drafts of the files called ``names`` that a process left in ``folder`` when it was killed."""
    drafts = re.compile(rf"\.({'|'.join(map(re.escape, names))})\.[0-9a-f]+\.part(\.\w+)?")
    for path in folder.iterdir():
        if drafts.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            with suppress(OSError):
                path.unlink()


def is_ours(folder: Path) -> bool:
    """Whether ``folder`` is a SavedModel that tltool wrote, and so may be replaced; so may a link, and what is not there."""
    written = (folder / "saved_model.pb").is_file() and (folder / "assets" / "tltool.json").is_file()
    return written or folder.is_symlink() or not folder.exists()


def hold(file: IO[bytes] | int, alone: bool = False) -> bool:
    """Lock an open file (or its descriptor), shared or ``alone``, for as long as it or a mapping of it is open; False where another
    process keeps it so.

    A file system without locks is taken for one where nobody else is: a file that is removed stays readable to whoever has it open.
    """
    for _ in range(1 if alone else 50):  # whoever looks whether a file is in use has it alone for a moment
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0 if alone else 0.02)
        except OSError:
            return True
    return False
