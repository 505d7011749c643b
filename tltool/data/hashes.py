"""Files → content hashes, with an index so that an unchanged file is not read again."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tltool.data.cache import location, write_whole
from tltool.data.decoder import read_photo
from tltool.data.signatures import FORMATS
from tltool.data.threads import in_order
from tltool.errors import DataError
from tltool.progress import track

SETTLED_NS = 2_000_000_000  # a file changed this recently may change again within the same tick of a coarse clock


class Content(NamedTuple):
    """What a file holds: the SHA-256 of a photo, or the reason why it is none."""

    sha256: str
    reason: str


def hash_photos(paths: Sequence[str], root: str) -> list[Content]:
    """The content of every file, in order; a file whose path, size and mtime are in the index of ``root`` is not opened."""
    place = location() / "index" / f"{hashlib.sha256(os.fsencode(root)).hexdigest()[:32]}.json"
    index = _read_index(place)
    stamps = {path: _stamp(path) for path in dict.fromkeys(paths)}
    known = {path: Content(*index[path][2:]) for path, stamp in stamps.items() if stamp and index.get(path, ())[:2] == stamp}
    unknown = [path for path in stamps if path not in known]
    if unknown:
        known |= _read_all(unknown)
        settled = time.time_ns() - SETTLED_NS
        _write_index(place, {path: [*stamp, *known[path]] for path, stamp in stamps.items()
                             if stamp and stamp[1] < settled and not known[path].reason.startswith("cannot")})
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


def _stamp(path: str) -> list[int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns]


def _read_index(place: Path) -> dict[str, list]:
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
        return content["files"] if content["formats"] == list(FORMATS) else {}
    except (OSError, ValueError, KeyError, TypeError):  # an index that cannot be read is only a slower start
        return {}


def _write_index(place: Path, files: dict[str, list]) -> None:
    with suppress(OSError):  # likewise
        write_whole(place, json.dumps({"formats": FORMATS, "files": files}).encode())
