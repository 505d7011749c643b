"""Files → content hashes, with an index so that an unchanged file need not be read again."""

import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tltool.data.cache.index import Content, Stamp, read_index, write_index
from tltool.data.cache.storage import location
from tltool.data.decoding.decoder import read_photo
from tltool.errors import DataError
from tltool.progress import track
from tltool.threads import in_order

SETTLED_NS = 2_000_000_000  # a file changed this recently may change again within the same tick of a coarse clock


def hash_photos(paths: Sequence[str], root: str, afresh: bool = False, keep: bool = True) -> list[Content]:
    """The content of every file, in order; a file whose path and stamp are in the index of ``root`` is not opened.

    Args:
        afresh: open every file, whatever the index says: a run learns from what its files hold, and not from what was once noted.
        keep: note in the index what others contain.
    """
    place = _place(root)
    index = {} if afresh else read_index(place)
    stamps = {path: _stamp(path) for path in dict.fromkeys(paths)}
    known = {path: index[path][1] for path, stamp in stamps.items() if path in index and index[path][0] == stamp}
    unknown = [path for path in stamps if path not in known]
    if unknown:
        known |= _read_all(unknown)
    if unknown and keep:
        write_index(
            place,
            {
                path: (stamp, known[path])
                for path, stamp in stamps.items()
                if stamp and _is_settled(stamp) and not known[path].reason.startswith("cannot")
            },
        )
    return [known[path] for path in paths]


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
