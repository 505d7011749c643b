"""What a user asks to have predicted: files, folders, or a list of paths on standard input → the files' paths, in order."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tltool.data.reading.files import find_photos
from tltool.errors import DataError
from tltool.progress import warn
from tltool.wording import quoted

Asked = Sequence[Path | str] | Path | str


def list_photos(asked: Asked) -> list[Path]:
    """Files as they are, photos below each folder, and for ``-`` one path per line of standard input.

    Raises:
        DataError: nothing is left to look at.
    """
    return _list(asked, _below, "a photo")


def list_signals(asked: Asked) -> list[Path]:
    """Files as they are, ``.npz`` files below each folder, and for ``-`` one path per line of standard input.

    Raises:
        DataError: nothing is left to look at.
    """
    return _list(asked, lambda path: sorted(path.rglob("*.npz")) if path.is_dir() else [path], "an .npz file of signals")


def _list(asked: Asked, below: Callable[[Path], list[Path]], what: str) -> list[Path]:
    asked = (asked,) if isinstance(asked, (str, Path)) else asked
    found = [one for path in _named(asked) for one in below(path)]
    if not found:
        raise DataError(f"There must be {what} to look at. Received: {', '.join(quoted(path) for path in asked)}, with none in it.")
    return found


def _named(asked: Sequence[Path | str]) -> Iterable[Path]:
    for path in asked:
        if str(path) == "-":
            yield from (Path(line) for line in (sys.stdin.read() if sys.stdin else "").split("\n") if line)
        else:
            yield Path(path)


def _below(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found, faults = find_photos(path)
    for fault in faults:
        warn(str(fault))
    return [Path(photo) for photo in found]
