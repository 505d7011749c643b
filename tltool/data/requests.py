"""What a user asks to have predicted: files, folders, or a list of paths on standard input → the photos' paths, in order."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tltool.data.decoder import quoted
from tltool.data.files import find_photos
from tltool.errors import DataError
from tltool.progress import warn


def list_photos(asked: Sequence[Path | str] | Path | str) -> list[Path]:
    """Files as they are, photos below each folder, and for ``-`` one path per line of standard input.

    Raises:
        DataError: nothing is left to look at.
    """
    asked = (asked,) if isinstance(asked, (str, Path)) else asked
    photos = [photo for path in _named(asked) for photo in _below(path)]
    if not photos:
        raise DataError(f"There must be a photo to look at. Received: {', '.join(quoted(path) for path in asked)}, with none in it.")
    return photos


def _named(asked: Sequence[Path | str]) -> Iterable[Path]:
    for path in asked:
        if str(path) == "-":
            yield from (Path(line) for line in (sys.stdin.read() if sys.stdin else "").splitlines() if line)
        else:
            yield Path(path)


def _below(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found, faults = find_photos(path)
    for fault in faults:
        warn(str(fault))
    return [Path(photo) for photo in found]
