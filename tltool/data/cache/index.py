"""What was found in files when they were last read, by path, with the stamp that shows that a file is still the same."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import StringConstraints, TypeAdapter

from tltool.data.cache.storage import LONGEST_JSON, VERSION, write_whole
from tltool.reading import read_json


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


def read_index(place: Path) -> Index:
    """What an index notes; nothing where it is damaged, of another form, or of an earlier tltool."""
    try:
        content = read_json(place, LONGEST_JSON)
        return INDEX.validate_python(content["files"]) if content["made by"] == _maker() else {}
    except (OSError, ValueError, KeyError, TypeError):  # an index that cannot be read is only a slower start
        return {}


def count_noted(place: Path) -> int:
    """Of how many files an index notes something, whichever tltool made it; 0 where it is damaged."""
    try:
        return len(read_json(place, LONGEST_JSON)["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def write_index(place: Path, files: Index) -> None:
    """Note what files hold; where that cannot be written it is only a slower start."""
    with suppress(OSError):
        write_whole(place, json.dumps({"made by": _maker(), "files": files}).encode())


def _maker() -> list[object]:
    """What decides an index beside the files themselves."""
    from tltool.data.decoding.signatures import FORMATS  # of Pillow, which --help does without

    return [VERSION, *FORMATS]
