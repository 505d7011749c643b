"""Photos that labels belong to: known by content, with the size that people see, and found again under the names that label files give."""

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

from tltool.data.annotations.fields import MOST_PIXELS
from tltool.data.decoding.decoder import INSPECTORS, examine, read_photo
from tltool.data.decoding.geometry import orientation_of
from tltool.data.decoding.header import Header
from tltool.data.decoding.readers import READERS
from tltool.data.decoding.signatures import sniff
from tltool.data.reading.part_names import PART_WORDS, words_of
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.progress import track
from tltool.threads import in_order


class Photo(NamedTuple):
    """A photo, by its header alone.

    Attributes:
        path: absolute.
        sha256: of the file.
        width, height: of the upright photo, in pixels.
        orientation: EXIF's, 1…8: how the stored picture is turned.
    """

    path: str
    sha256: str
    width: int
    height: int
    orientation: int = 1

    @property
    def stored(self) -> tuple[int, int]:
        """(width, height) of the picture as it is stored."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)

    def orientation_of(self, width: float, height: float) -> int | None:
        """How labels made on a picture of that size must be turned: 1, not at all, where that is the upright photo's; EXIF's
        orientation where it is the stored picture's; None where it is neither's, and the labels are of another picture."""
        if (width, height) == (self.width, self.height):
            return 1
        return self.orientation if (width, height) == self.stored else None


def measure_photos(paths: Sequence[str]) -> tuple[dict[str, Photo], list[Fault]]:
    """Every photo by its path, and the files that are none. Whether one decodes to its end is not seen here."""
    found: dict[str, Photo] = {}
    faults = []
    for path, read in zip(paths, track(in_order(_measure, paths), "reading photos", len(paths))):
        if isinstance(read, Photo):
            found[path] = read
        else:
            faults.append(Fault(path, read))
    return found, faults


def _measure(path: str) -> Photo | str:
    """A photo, or what is wrong with it."""
    try:
        content = read_photo(path)
        width, height, orientation = _facts(content)
    except DataError as error:
        return str(error)
    except Exception as error:  # of damaged files Pillow's readers leak OSError, SyntaxError, struct.error, KeyError, …
        return f"is damaged or cut short: {str(error) or type(error).__name__}"
    if width * height > MOST_PIXELS:
        return f"has {width} × {height} pixels, more than the {MOST_PIXELS:,} that masks are drawn for"
    size = (height, width) if orientation >= 5 else (width, height)
    return Photo(path, hashlib.sha256(content).hexdigest(), *size, orientation)


def _facts(content: bytes) -> tuple[int, int, int]:
    """Width and height as stored, and orientation; a TIFF and a turned PNG say so only once they are decoded."""
    kind = sniff(content[:64])
    header = INSPECTORS.get(kind, Header)(content)
    if kind == "TIFF" or (kind == "PNG" and header.turns):
        _, facts = examine(content, 16)
        return facts.width, facts.height, facts.orientation
    with READERS[kind](BytesIO(header.content)) as photo:
        return *photo.size, 1 if kind == "PNG" else orientation_of(photo)


class Finder:
    """Photos by the names that label files give them. Only photos of the folder are found, whatever a name says."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._found: dict[tuple[str, ...], list[str]] = defaultdict(list)  # by name or stem, with the folder right above it and without
        for path in paths:
            folder, name = _parts(path)[-2:]
            for called in {name.lower(), os.path.splitext(name)[0].lower()}:
                self._found[called,].append(path)
                self._found[folder.lower(), called].append(path)

    def named(self, name: str, file: str) -> str | None:
        """The photo that ``file`` calls ``name``: of several, the one with the most of its folders, and then with a folder that is called
        as the file's are, or for the same part; None where there is none, or that does not tell them apart."""
        *folders, last = _parts(name)
        above = folders[-1] if folders else _parts(file)[-2]
        among = self._found.get((above.lower(), last.lower())) or self._found.get((last.lower(),), [])
        return _best(among, folders, last, file)

    def stemmed(self, name: str, file: str) -> str | None:
        """The same, whatever the ending of the name."""
        return self.named(os.path.splitext(name)[0], file)


def _best(among: list[str], folders: list[str], last: str, file: str) -> str | None:
    if len(among) <= 1:
        return next(iter(among), None)
    near = _hints(file)
    ranks = {
        path: (
            os.path.basename(path).startswith(last),  # capitals count where they tell photos apart
            _shared(_parts(path)[-2::-1], folders[::-1]),
            len(near & _hints(os.path.dirname(path))),
        )
        for path in among
    }
    first, second = sorted(among, key=ranks.__getitem__, reverse=True)[:2]
    return first if ranks[first] > ranks[second] else None


def _parts(name: str) -> list[str]:
    return name.replace("\\", "/").rstrip("/").split("/")


def _shared(one: list[str], other: list[str]) -> int:
    """How many are the same from the first on."""
    return next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))


@lru_cache(1 << 14)
def _hints(path: str) -> frozenset[str]:
    """What a path says of the photos behind it: its folders, the words of its name, and the parts that they stand for."""
    said = {*_parts(path), *re.split(r"[_.\s-]+", os.path.splitext(_parts(path)[-1])[0])}
    return frozenset(said) | {PART_WORDS[word] for name in said for word in words_of(name) if word in PART_WORDS}
