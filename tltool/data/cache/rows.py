"""Entries of the cache with one row of numbers per content: written whole or not at all, memory-mapped, verified before use.

An entry is a folder ``KIND/KEY`` with ``KIND.bin`` (the rows, one per distinct content) and ``about.json`` (``About``). A row's checksum
covers the hash of the content that it belongs to, so that no row is taken for another's. An entry is built under another name and renamed
when whole, so that two runs may build it at once.
"""

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tltool.atomic import hold
from tltool.data.cache.entries import About, check_of, read_about
from tltool.data.cache.hashes import read_content
from tltool.data.cache.storage import VERSION, location, make_room, remove, touch
from tltool.errors import DataError
from tltool.reading import open_regular
from tltool.threads import in_order

EARLIER = 8  # other entries, the latest first, in which contents are sought
READ_BYTES = 1 << 20  # verified at a time


@dataclass(frozen=True)
class RowForm:
    """What the rows of an entry are.

    Attributes:
        kind: the folder in the cache, ``looks``, ``pixels`` or ``features``.
        shape: of one row.
        dtype: of its numbers.
        recipe: everything beside the content that decides a row; entries of one recipe may serve each other.
        facts: what ``tltool cache`` shows of it, such as the size in pixels.
    """

    kind: str
    shape: tuple[int, ...]
    dtype: str
    recipe: tuple[object, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def row_bytes(self) -> int:
        return int(np.prod(self.shape)) * np.dtype(self.dtype).itemsize

    @property
    def digest(self) -> str:
        """Of the recipe and what comes of it, 64 hexadecimal digits; an entry notes it and serves no other."""
        return hashlib.sha256(repr((VERSION, self.shape, self.dtype, *self.recipe)).encode()).hexdigest()

    @property
    def name(self) -> str:
        """What the names of its entries start with."""
        return self.digest[:8]

    def place(self, hashes: Iterable[str]) -> Path:
        """Where the entry of these contents lies."""
        return location() / self.kind / (self.name + hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()[:24])


class Stored(NamedTuple):
    """An entry: which row of ``array`` [n, *shape] a content has, or why it has none, and the ``check_of`` every row."""

    rows: dict[str, int]
    faults: dict[str, str]
    array: np.ndarray
    checks: list[int]


class Made(NamedTuple):
    """One content: its row, or why there is none; ``lasting`` when the content is to blame, not the path."""

    sha256: str
    row: np.ndarray | None
    reason: str = ""
    lasting: bool = True


def find_rows(form: RowForm, hashes: Collection[str]) -> Stored | None:
    """The entry of exactly these contents, or one that has them among others; None where there is none or it is damaged.

    Every row that is asked for is read and compared with its checksum; the entry counts as used from now until it is let go.
    """
    place = form.place(hashes)
    for candidate in (place, *_others(form, place)):
        stored = open_rows(form, candidate)
        if stored and stored.rows.keys() | stored.faults.keys() >= set(hashes) and is_whole(stored, hashes):
            touch(candidate)
            return stored
    return None


def known_rows(form: RowForm, hashes: Collection[str]) -> dict[str, np.ndarray]:
    """Verified rows of some of these contents that other entries have, so that nothing is computed twice when a folder grows."""
    known: dict[str, np.ndarray] = {}
    for candidate in _others(form, form.place(hashes)):
        stored = open_rows(form, candidate)
        wanted = [sha256 for sha256 in hashes if stored and sha256 in stored.rows and sha256 not in known]
        if stored and wanted and is_whole(stored, wanted):
            known |= {sha256: stored.array[stored.rows[sha256]] for sha256 in wanted}
    return known


def make_rows(
    sources: Mapping[str, list[str]], known: Mapping[str, np.ndarray], make: Callable[[bytes], np.ndarray], ahead: int = 256
) -> Iterator[Made]:
    """Every content in turn, on all cores: its row as it is ``known``, or as ``make`` draws it from the bytes of the photo.

    Args:
        sources: the paths at which each content lies.
        make: raises ``DataError`` with the end of a sentence where the content is to blame.
        ahead: results begun before the first is taken.
    """

    def made(item: tuple[str, list[str]]) -> Made:
        sha256, paths = item
        return Made(sha256, known[sha256]) if sha256 in known else make_row(sha256, paths, make)

    return in_order(made, sources.items(), ahead)


def make_row(sha256: str, paths: list[str], make: Callable[[bytes], np.ndarray]) -> Made:
    """One content as ``make_rows`` makes it."""
    try:
        data = read_content(sha256, paths)
    except DataError as error:
        return Made(sha256, None, str(error), lasting=False)
    try:
        return Made(sha256, make(data))
    except DataError as error:
        return Made(sha256, None, str(error))


def write_rows(form: RowForm, most: int, made: Iterable[Made]) -> Stored:
    """A new entry of at most ``most`` rows.

    Faults that do not last are in the answer and not in the entry, which is kept under the name of the other contents: a file that
    could not be reached may be there again tomorrow.

    Raises:
        OSError: no room, no leave, or what was written reads back differently. Nothing is left behind then.
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    folder = location() / form.kind
    folder.mkdir(parents=True, exist_ok=True)
    make_room(most * form.row_bytes, form.kind)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    try:
        hashes: dict[str, int] = {}
        faults: dict[str, Made] = {}
        with open(building / f"{form.kind}.bin", "wb") as file:
            hold(file, alone=True)
            for one in made:
                if one.row is None:
                    faults[one.sha256] = one
                else:
                    data = np.ascontiguousarray(one.row, form.dtype).data
                    file.write(data)
                    hashes[one.sha256] = check_of(one.sha256, data)
        lasting = {sha256: one.reason for sha256, one in faults.items() if one.lasting}
        about = About(
            version=VERSION,
            hashes=list(hashes),
            checks=list(hashes.values()),
            faults=lasting,
            row_bytes=form.row_bytes,
            recipe=form.digest,
            facts=form.facts,
        )
        (building / "about.json").write_text(about.model_dump_json(), encoding="utf-8")
        stored = _publish(building, form, [*hashes, *lasting])
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return stored._replace(faults={sha256: one.reason for sha256, one in faults.items()})


def open_rows(form: RowForm, place: Path) -> Stored | None:
    """The entry at ``place``, its rows not yet verified; None where there is none, or none that can be used."""
    about = read_about(place)
    if about is None or about.recipe != form.digest or place != form.place([*about.hashes, *about.faults]):
        return None
    shape = (len(about.hashes), *form.shape)
    try:
        with open_regular(place / f"{form.kind}.bin") as file:
            if not hold(file) or os.fstat(file.fileno()).st_size != len(about.hashes) * form.row_bytes:
                return None
            stored = np.memmap(file, form.dtype, "r", shape=shape) if about.hashes else np.empty(shape, form.dtype)
    except (OSError, ValueError):
        return None
    array = np.asarray(stored)  # without memmap's own indexing, which is slow
    return Stored({sha256: row for row, sha256 in enumerate(about.hashes)}, about.faults, array, about.checks)


def is_whole(stored: Stored, hashes: Collection[str]) -> bool:
    """Whether the rows of these contents are what was written."""
    rows = sorted((stored.rows[sha256], sha256) for sha256 in set(hashes) if sha256 in stored.rows)
    step = max(1, READ_BYTES // max(1, stored.array[:1].nbytes))
    parts = [rows[start : start + step] for start in range(0, len(rows), step)]
    return all(in_order(lambda part: all(check_of(sha256, stored.array[row].data) == stored.checks[row] for row, sha256 in part), parts))


def _publish(building: Path, form: RowForm, hashes: Collection[str]) -> Stored:
    place = form.place(hashes)
    try:
        building.rename(place)
    except OSError:  # another run was quicker, or what lies there is damaged
        stored = open_rows(form, place)
        if stored and is_whole(stored, hashes):
            return stored
        remove(place)
        building.rename(place)
    stored = open_rows(form, place)
    if stored is None or not is_whole(stored, hashes):
        raise OSError(errno.EIO, "what was written there reads back differently")
    return stored


def _others(form: RowForm, place: Path) -> Iterator[Path]:
    """Entries of the same recipe beside the one at ``place``, the latest first."""
    dated = []
    with suppress(OSError):  # a folder that may not be read; and an entry may go at any moment
        for other in place.parent.glob(f"{form.name}*"):
            with suppress(OSError):
                dated.append((other.stat().st_mtime_ns, other))
    return (other for _, other in sorted(dated, reverse=True)[:EARLIER] if other != place)
