"""The folder of everything that can be made again from the photos: where it is, what lies in it, and how large it may grow.

Below ``location()`` there is one folder per kind: ``index`` (what each file contains), ``looks`` (thumbnails), ``pixels`` (decoded
photos) and ``features`` (a backbone's answers). Entries are known by their names, 32 hexadecimal digits, so that nothing else is
ever touched. An entry in use has a shared lock on its data (``hold``), one being built an exclusive lock; both end with the process.
"""

import errno
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import platformdirs

from tltool.atomic import hold
from tltool.errors import SpecError
from tltool.home import expand, find_home, lodging
from tltool.progress import say
from tltool.reading import open_regular
from tltool.wording import megabytes

VERSION = 2  # of everything that is written below location(); what says another, or none, is made anew
LONGEST_JSON = 256 << 20  # bytes, enough for a million photos
KINDS = ("index", "looks", "pixels", "features")
EVICTED = ("looks", "pixels", "features")  # an index is small, and losing it means reading every photo again
FILES = {"about.json", "looks.bin", "pixels.bin", "features.bin"}  # all that an entry's folder may hold
NAME = re.compile(r"[0-9a-f]{32}(\.json)?")
LEFTOVER = re.compile(r"\.building-\w+|\.[0-9a-f]{32}\.json\.[0-9a-f]{8}\.part")
BUDGET = 20e9  # bytes, where TLTOOL_CACHE_GB says nothing
DISK_SHARE = 0.5  # and never more than this share of the room there would be without a cache
SPARE_BYTES = 256 << 20  # left free on the disk
FRESH_SECONDS = 600  # after its last use an entry may be wanted by the next command


class Entry(NamedTuple):
    """Something in the cache: bytes on disk, when it was last used (seconds since 1970), and whether it is ``idle``, ``in use``,
    ``being built`` or ``left over`` from a run that died."""

    kind: str
    path: Path
    bytes: int
    used: float
    state: str


def location() -> Path:
    """The folder of everything cached: ``TLTOOL_CACHE``, or ``tltool`` in the user's cache folder; one that goes with this process for a
    user who has no home.

    Raises:
        SpecError: TLTOOL_CACHE begins with a home folder that nobody knows.
    """
    if named := os.environ.get("TLTOOL_CACHE"):
        if str(place := expand(named)).startswith("~"):
            raise SpecError(f"TLTOOL_CACHE must be a folder. Received: {named!r}, and there is no such home folder. Give its whole path.")
        return place
    with suppress(RuntimeError):  # which is how it says that there is no home; earlier versions give a relative path
        if (usual := Path(platformdirs.user_cache_dir("tltool"))).is_absolute():
            return usual
    home = find_home()
    return home / ".cache" / "tltool" if home else lodging()  # the XDG specification has a relative XDG_CACHE_HOME ignored


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either whole or absent, whoever reads or writes it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def touch(path: Path) -> None:
    """Note that an entry is used now: the least recently used goes first when room is needed."""
    with suppress(OSError):  # a cache that can only be read serves as well
        os.utime(path)


def find_entries() -> list[Entry]:
    """Everything in the cache that tltool wrote there, the least recently used first."""
    return sorted((entry for kind in KINDS for entry in _entries_of(kind)), key=lambda entry: entry.used)


def budget(held: int) -> float:
    """Bytes that all entries together may take: ``TLTOOL_CACHE_GB``, or 20 GB and at most half of the room on the disk.

    Args:
        held: bytes that they take now.

    Raises:
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    text = os.environ.get("TLTOOL_CACHE_GB", "").strip()
    if not text:
        return min(BUDGET, DISK_SHARE * (disk_free(location()) + held))
    try:
        gigabytes = float(text)
    except ValueError:
        gigabytes = math.nan
    if not gigabytes >= 0:
        raise SpecError(f"TLTOOL_CACHE_GB must be a number of gigabytes from 0 up. Received: {text!r}.")
    return gigabytes * 1e9


def disk_free(folder: Path) -> int:
    """Bytes free on the disk where ``folder`` is or would be."""
    place = folder.absolute()
    return shutil.disk_usage(next(there for there in (place, *place.parents) if os.path.exists(there))).free


def make_room(need: int, kind: str) -> None:
    """See to it that an entry of ``need`` bytes may be written: what a dead run left over goes, then what was not used for longest.

    Entries in use, or used within the last minutes, stay; nothing goes where that would not suffice.

    Raises:
        OSError: there is no room (ENOSPC); the message says whose, the disk's or the budget's.
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    for entry in find_entries():
        if entry.state == "left over":
            remove(entry.path)
    entries = find_entries()
    held, free = sum(entry.bytes for entry in entries), disk_free(location() / kind)
    limit = budget(held)
    over_budget, over_disk = held + need - limit, need + SPARE_BYTES - free
    idle = [entry for entry in entries if entry.kind in EVICTED and entry.state == "idle" and not _is_fresh(entry.used)]
    spare = sum(entry.bytes for entry in idle)
    if over_disk > spare:
        raise OSError(errno.ENOSPC, f"the disk has {megabytes(free)} free, of which {megabytes(SPARE_BYTES)} stay free")
    if over_budget > spare:
        raise OSError(
            errno.ENOSPC,
            f"the cache may hold {megabytes(limit)}, of which {megabytes(held - spare)} must stay; TLTOOL_CACHE_GB sets another limit",
        )
    _evict(idle, max(over_budget, over_disk))


def remove(path: Path) -> bool:
    """Remove an entry, and nothing that tltool did not write; whether it is gone. Whoever has it mapped keeps it until he closes it."""
    try:
        if not os.path.isdir(path):
            path.unlink(missing_ok=True)
            return True
        aside = path.with_name(f".building-{secrets.token_hex(4)}")
        path.rename(aside)  # out of sight at once, so that nobody opens half an entry
    except OSError:
        return False
    try:
        for name in FILES:
            (aside / name).unlink(missing_ok=True)
        aside.rmdir()
        return True
    except OSError:  # something foreign lies in it, or it may not be changed
        with suppress(OSError):
            aside.rename(path)
        return False


def _evict(idle: list[Entry], lacking: float) -> None:
    gone: list[Entry] = []
    while lacking > 0:
        gone.append(idle[len(gone)])
        remove(gone[-1].path)
        lacking -= gone[-1].bytes
    if gone:
        last = time.strftime("%Y-%m-%d %H:%M", time.localtime(gone[-1].used))
        say(f"Removed {megabytes(sum(entry.bytes for entry in gone))} from the cache to make room: what was last used until {last}.")


def _entries_of(kind: str) -> Iterator[Entry]:
    with suppress(OSError):
        for found in os.scandir(location() / kind):
            unfinished = LEFTOVER.fullmatch(found.name) is not None
            if not (unfinished or NAME.fullmatch(found.name)) or found.is_symlink():
                continue
            with suppress(OSError):  # it may go at any moment
                status = found.stat()
                if found.is_dir():
                    yield _folder_entry(kind, Path(found.path), status.st_mtime, unfinished)
                elif found.name.endswith((".json", ".part")):
                    left = "left over" if not _is_fresh(status.st_mtime) else "being built"
                    yield Entry(kind, Path(found.path), status.st_size, status.st_mtime, left if unfinished else "idle")


def _folder_entry(kind: str, path: Path, used: float, unfinished: bool) -> Entry:
    files = [file for file in _listed(path) if file.name in FILES]
    stats = [file.lstat() for file in files]
    used, locked = max([used, *(status.st_mtime for status in stats)]), any(map(_is_locked, files))
    if unfinished:
        state = "being built" if locked or _is_fresh(used) else "left over"
    else:
        state = "in use" if locked else "idle"
    return Entry(kind, path, sum(status.st_size for status in stats), used, state)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except PermissionError:  # an entry all the same, whose rights were taken away
        return []


def _is_locked(path: Path) -> bool:
    with suppress(OSError), open_regular(path) as file:
        return not hold(file, alone=True)
    return False  # a pipe, a folder: nothing that tltool would keep open


def _is_fresh(used: float) -> bool:
    return time.time() - used < FRESH_SECONDS
