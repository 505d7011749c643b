"""Files → content hashes, with an index so that an unchanged file is not read again."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import StringConstraints, TypeAdapter

from tltool.data.cache import LONGEST_JSON, VERSION, location, write_whole
from tltool.data.decoder import read_photo
from tltool.data.signatures import FORMATS
from tltool.data.threads import in_order
from tltool.errors import DataError
from tltool.progress import track
from tltool.reading import read_json

SETTLED_NS = 2_000_000_000  # a file changed this recently may change again within the same tick of a coarse clock


class Content(NamedTuple):
    """What a file holds: the SHA-256 of a photo, or the reason why it is none."""

    sha256: Annotated[str, StringConstraints(pattern="^([0-9a-f]{64})?$")]
    reason: str


class Stamp(NamedTuple):
    """What changes when a file does: its length, its times of change in nanoseconds, and its number on the disk.

    A file that another takes the place of has another number, and the system alone sets ``ctime``: so neither a rename nor a time of
    change that was set back hides that a file is another.
    """

    size: int
    mtime: int
    ctime: int
    inode: int


Index = dict[str, tuple[Stamp, Content]]  # by path
INDEX: TypeAdapter[Index] = TypeAdapter(Index)


def hash_photos(paths: Sequence[str], root: str, afresh: bool = False) -> list[Content]:
    """The content of every file, in order; a file whose path and stamp are in the index of ``root`` is not opened.

    Args:
        afresh: open every file, whatever the index says: a run learns from what its files hold, and not from what was once noted.
    """
    place = _place(root)
    index = {} if afresh else read_index(place)
    stamps = {path: _stamp(path) for path in dict.fromkeys(paths)}
    known = {path: index[path][1] for path, stamp in stamps.items() if path in index and index[path][0] == stamp}
    unknown = [path for path in stamps if path not in known]
    if unknown:
        known |= _read_all(unknown)
        _write_index(place, {path: (stamp, known[path]) for path, stamp in stamps.items()
                             if stamp and _is_settled(stamp) and not known[path].reason.startswith("cannot")})
    return [known[path] for path in paths]


def read_index(place: Path) -> Index:
    """What an index notes; nothing where it is damaged, of another form, or of an earlier tltool."""
    try:
        content = read_json(place, LONGEST_JSON)
        return INDEX.validate_python(content["files"]) if content["made by"] == _maker() else {}
    except (OSError, ValueError, KeyError, TypeError):  # an index that cannot be read is only a slower start
        return {}


def read_content(sha256: str, paths: Iterable[str]) -> bytes:
    """The content with that hash, from the first of ``paths`` that still holds it.

    Raises:
        DataError: none does; the end of a sentence ("has changed since it was listed").
    """
    reason = ""
    for path in paths:
        try:
            data = read_photo(path)
        except DataError as error:
            reason = str(error)
            continue
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        reason = "has changed since it was listed"
    raise DataError(reason)


def _read_all(paths: list[str]) -> dict[str, Content]:
    return dict(zip(paths, track(in_order(_read, paths), "reading photos", len(paths)), strict=True))


def _read(path: str) -> Content:
    try:
        return Content(hashlib.sha256(read_photo(path)).hexdigest(), "")
    except DataError as error:
        return Content("", str(error))


def _place(root: str) -> Path:
    return location() / "index" / f"{hashlib.sha256(os.fsencode(root)).hexdigest()[:32]}.json"


def _stamp(path: str) -> Stamp | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _is_settled(stamp: Stamp) -> bool:
    return max(stamp.mtime, stamp.ctime) < time.time_ns() - SETTLED_NS


def _write_index(place: Path, files: Index) -> None:
    with suppress(OSError):  # likewise
        write_whole(place, json.dumps({"made by": _maker(), "files": files}).encode())


def _maker() -> list[object]:
    """What decides an index beside the files themselves."""
    return [VERSION, *FORMATS]
