"""Files that anybody may have written, read without trust: regular ones only, never waited for, of a bounded length and depth.

A pipe would be waited for without end, a device never ends, and JSON that is nested deeply enough exhausts the stack of whoever walks it.
What cannot be read is an ``OSError`` whose ``strerror`` says why, or a ``ValueError``.
"""

import csv
import errno
import hashlib
import io
import json
import os
import stat
from pathlib import Path
from typing import Any, TextIO

LONGEST_LIST = 1 << 30  # bytes of a table of photos
HEAD = 1000  # bytes, in which what tltool writes says whose it is
LONGEST = 16 << 20  # bytes of a note that tltool writes into a run, a card or a list of labels
DEEPEST = 64  # levels of JSON; what tltool writes has at most ten

Place = Path | str


class Unfit(OSError):
    """A file that could be opened and is not to be read; ``strerror`` is the end of a sentence that begins with it."""


def open_regular(path: Place, most: int | None = None) -> io.BufferedReader:
    """A regular file, open for reading.

    Args:
        most: bytes that it may have.

    Raises:
        Unfit: it is a pipe, a folder or a device, or longer than ``most``.
        OSError: it is not there, or may not be read.
    """
    try:
        file = open(path, "rb", opener=_open_at_once)  # noqa: SIM115, whoever asks closes it
    except ValueError as error:  # a NUL in the path
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    try:
        _check(os.fstat(file.fileno()), path, most)
    except OSError:
        file.close()
        raise
    return file


csv.field_size_limit(LONGEST_LIST)  # of one cell: masks are long


def open_table(path: Place, encoding: str = "utf-8") -> TextIO:
    """A regular file of text, of at most ``LONGEST_LIST`` bytes, as ``csv`` wants it: with its line ends, and with surrogates for bytes
    that are no text.

    Raises:
        OSError: as ``open_regular``.
    """
    return io.TextIOWrapper(open_regular(path, LONGEST_LIST), encoding, errors="surrogateescape", newline="")


def read_bytes(path: Place, most: int = LONGEST) -> bytes:
    """The content of a regular file of at most ``most`` bytes.

    Raises:
        OSError: as ``open_regular``.
    """
    with open_regular(path, most) as file:
        content = file.read(most + 1)
    if len(content) > most:  # it grew, or does not say how long it is
        raise _too_long(path, most)
    return content


def read_text(path: Place, most: int = LONGEST) -> str:
    """``read_bytes`` as UTF-8; bytes that are none become surrogates, as ``drafts`` writes them back.

    Raises:
        OSError: as ``open_regular``.
    """
    return read_bytes(path, most).decode("utf-8", errors="surrogateescape")


def read_json(path: Place, most: int = LONGEST) -> Any:
    """``read_text`` as JSON.

    Raises:
        OSError: as ``open_regular``.
        ValueError: no JSON, or too deep.
    """
    return parse_json(read_text(path, most))


def parse_json(text: str | bytes) -> Any:
    """JSON of at most ``DEEPEST`` levels.

    Raises:
        ValueError: something else.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    level = [content]
    for _ in range(DEEPEST):
        level = [inner for outer in level if isinstance(outer, (dict, list)) for inner in _within(outer)]
        if not level:
            return content
    raise _too_deep()


def _within(outer: dict[str, Any] | list[Any]) -> list[Any]:
    return [inner for inner in (outer.values() if isinstance(outer, dict) else outer) if isinstance(inner, (dict, list))]


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _check(status: os.stat_result, path: Place, most: int | None) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unfit(errno.EINVAL, "is no regular file", str(path))
    if most is not None and status.st_size > most:
        raise _too_long(path, most)


def _too_long(path: Place, most: int) -> Unfit:
    return Unfit(errno.EFBIG, f"is longer than the {most:,} bytes that are read", str(path))


def _too_deep() -> ValueError:
    return ValueError(f"nested more than {DEEPEST} levels deep")


def bears(path: Place, mark: str) -> bool:
    """Whether ``mark`` stands within the first ``HEAD`` bytes of a regular file; not where that cannot be read."""
    try:
        with open_regular(path) as file:
            return mark.encode() in file.read(HEAD)
    except OSError:
        return False


def hash_of(path: Path) -> str:
    """SHA-256 of a file's bytes; of a folder: of each file's path and hash, in order of path."""
    hashes = [(file.relative_to(path).as_posix(), _hash(file)) for file in files_of(path)]
    if not path.is_dir():
        return hashes[0][1]
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in hashes).encode()).hexdigest()


def _hash(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(path: Path) -> list[Path]:
    """The file itself, or all files of a folder, in order."""
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def size_of(path: Path) -> int:
    """Bytes of a file, or of everything in a folder."""
    return path.stat().st_size if path.is_file() else sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
