"""Decode once: every photo as uint8 pixels in one memory-mapped file, shared between runs, keyed by what the photos contain.

An entry is a folder ``pixels/KEY`` with ``pixels.bin`` (uint8 [n, size, size, 3], one row per distinct content) and
``about.json`` (hash and CRC-32 of every row, and the contents that do not decode). It is built under another name and renamed
when whole, so two runs may build it at once; every checksum is verified before it is used.
"""

import errno
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL
import platformdirs

from tltool.data import decoder
from tltool.data.samples import Fault, Samples, warn_of
from tltool.errors import DataError
from tltool.progress import track, warn

SPARE_BYTES = 256 << 20  # left free on the disk
CHUNK = 256  # contents decoded ahead of the one being written
STALE_SECONDS = 86_400  # after which a half-built entry belongs to a run that died


@dataclass(frozen=True)
class Pixels:
    """uint8 RGB [n, size, size, 3], row i for row i of the samples' table; the first axis is indexed as an array's is."""

    shape: tuple[int, int, int, int]
    fetch: Callable[[np.ndarray], np.ndarray]  # places [k] → uint8 [k, size, size, 3]
    dtype = np.dtype(np.uint8)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> np.ndarray:
        places = np.arange(len(self))[rows]
        return self.fetch(places) if places.ndim else self.fetch(places[None])[0]


class Entry(NamedTuple):
    """What is known of some contents: the row of each in ``pixels`` (None where pixels are not kept), or why it has none."""

    rows: dict[str, int]
    faults: dict[str, str]
    pixels: np.ndarray | None


class Decoded(NamedTuple):
    """One content: its pixels [size, size, 3], or why there are none; ``lasting`` when the content is to blame, not the path."""

    sha256: str
    pixels: np.ndarray | None
    reason: str = ""
    lasting: bool = True


def decode_once(samples: Samples, size: int, fit: str) -> tuple[Samples, Pixels]:
    """Every photo decoded and resized, taken from the cache where it is there.

    Returns:
        The samples without the photos that do not decode, which become faults, and the pixels in the order of their table.
        Where the cache cannot be written, a warning says so and pixels are decoded whenever they are asked for.

    Raises:
        DataError: a class is left without a readable photo.
    """
    sources: dict[str, list[str]] = {}
    for path, sha256 in zip(samples.table["path"], samples.table["sha256"], strict=True):
        sources.setdefault(sha256, []).append(path)
    entry = _open(_place(sources, size, fit), size, fit) or _build(dict(sorted(sources.items())), size, fit)
    faults = [Fault(path, entry.faults[sha256]) for sha256 in sources if sha256 in entry.faults for path in sources[sha256]]
    samples = samples.without(faults)
    warn_of(faults)
    return samples, Pixels((len(samples), size, size, 3), _reader(entry, samples, size, fit))


def decode_own(samples: Samples, size: int, fit: str) -> Pixels:
    """``decode_once`` for the photos of a run, which must all still be there, on the disk or in the cache.

    Raises:
        DataError: some are gone or damaged.
    """
    advice = "Put them back, or measure on other photos with --data."
    try:
        kept, pixels = decode_once(samples, size, fit)
    except DataError as error:
        raise DataError(f"The photos of a run must stay where they were. {advice} {error}") from None
    if len(kept) < len(samples):
        lost = sorted(set(samples.paths) - set(kept.paths))
        raise DataError(f"The photos of a run must stay where they were. Received: {len(lost)} gone or damaged, such as "
                        f"{decoder.quoted(lost[0])}. {advice}")
    return pixels


def location() -> Path:
    """The folder of everything cached: ``TLTOOL_CACHE``, or ``tltool`` in the user's cache folder."""
    return Path(os.environ.get("TLTOOL_CACHE") or platformdirs.user_cache_dir("tltool"))


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is either whole or absent, whoever reads or writes it meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _reader(entry: Entry, samples: Samples, size: int, fit: str) -> Callable[[np.ndarray], np.ndarray]:
    if entry.pixels is None:
        return _streaming(samples.paths, size, fit)
    pixels, order = entry.pixels, np.array([entry.rows[sha256] for sha256 in samples.table["sha256"]], dtype=np.int64)
    return lambda places: pixels[order[places]]


def _streaming(paths: list[str], size: int, fit: str) -> Callable[[np.ndarray], np.ndarray]:
    def fetch(places: np.ndarray) -> np.ndarray:
        with ThreadPoolExecutor(cores()) as pool:
            photos = list(pool.map(lambda place: decoder.decode(paths[place], size, fit), places))
        return np.stack(photos) if photos else np.empty((0, size, size, 3), np.uint8)

    return fetch


def _place(hashes: Iterable[str], size: int, fit: str) -> Path:
    recipe = (decoder.VERSION, PIL.__version__, size, fit, *sorted(hashes))
    return location() / "pixels" / hashlib.sha256(repr(recipe).encode()).hexdigest()[:32]


def _open(place: Path, size: int, fit: str) -> Entry | None:
    """The entry at ``place``, or None where there is none or it is damaged."""
    try:
        about = json.loads((place / "about.json").read_text(encoding="utf-8"))
        hashes, checks, faults = about["hashes"], about["checks"], dict(about["faults"])
        shape = (len(hashes), size, size, 3)
        if place != _place([*hashes, *faults], size, fit):
            return None
        stored = np.memmap(place / "pixels.bin", np.uint8, "r", shape=shape) if hashes else np.empty(shape, np.uint8)
        pixels = np.asarray(stored)  # without memmap's own indexing, which is slow
        with ThreadPoolExecutor(cores()) as pool:
            is_whole = all(pool.map(lambda row: zlib.crc32(pixels[row].data) == checks[row], range(len(hashes))))
        return Entry({sha256: row for row, sha256 in enumerate(hashes)}, faults, pixels) if is_whole else None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _build(sources: dict[str, list[str]], size: int, fit: str) -> Entry:
    """Decode everything into a new entry, or only see what decodes where none can be written."""
    folder, need = location() / "pixels", len(sources) * size * size * 3
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        free = shutil.disk_usage(folder).free
        if free < need + SPARE_BYTES:
            raise OSError(errno.ENOSPC, f"{free / 1e9:.1f} GB free")
        return _write(folder, sources, size, fit)
    except OSError as error:
        warn(f"The decoded photos need {need / 1e9:.1f} GB in {folder}, which cannot be had there ({error.strerror or error}). "
             "They are decoded again in every epoch, which is slower; set TLTOOL_CACHE to a folder with more room.")
        faults = {one.sha256: one.reason for one in _decode_all(sources, size, fit) if one.pixels is None}
        return Entry({}, faults, None)


def _write(folder: Path, sources: dict[str, list[str]], size: int, fit: str) -> Entry:
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=folder))
    try:
        hashes: list[str] = []
        checks: list[int] = []
        lasting: dict[str, str] = {}
        passing: dict[str, str] = {}
        with open(building / "pixels.bin", "wb") as file:
            for one in _decode_all(sources, size, fit):
                if one.pixels is None:
                    (lasting if one.lasting else passing)[one.sha256] = one.reason
                else:
                    file.write(one.pixels.data)
                    hashes.append(one.sha256)
                    checks.append(zlib.crc32(one.pixels.data))
        about = json.dumps({"hashes": hashes, "checks": checks, "faults": lasting})
        (building / "about.json").write_text(about, encoding="utf-8")
        # a file that could not be reached may be there again tomorrow: the entry is kept under the name of the others
        entry = _publish(building, _place(sources.keys() - passing.keys(), size, fit), size, fit)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return entry._replace(faults=entry.faults | passing)


def _publish(building: Path, place: Path, size: int, fit: str) -> Entry:
    try:
        building.rename(place)
    except OSError:  # another run was quicker, or what lies there is damaged
        if (entry := _open(place, size, fit)) is not None:
            return entry
        shutil.rmtree(place)
        building.rename(place)
    entry = _open(place, size, fit)
    if entry is None:
        raise OSError(errno.EIO, "what was written there reads back differently")
    return entry


def _decode_all(sources: dict[str, list[str]], size: int, fit: str) -> Iterator[Decoded]:
    """In order, on all cores: by threads, as Pillow lets go of Python's lock while it decodes."""
    def decoded(items: Iterator[tuple[str, list[str]]]) -> Iterator[Decoded]:
        with ThreadPoolExecutor(cores()) as pool:
            while chunk := list(islice(items, CHUNK)):
                yield from pool.map(lambda item: _decode_one(item[0], item[1], size, fit), chunk)

    return track(decoded(iter(sources.items())), "decoding photos", len(sources))


def _decode_one(sha256: str, paths: list[str], size: int, fit: str) -> Decoded:
    reason = ""
    for path in paths:
        try:
            data = decoder.read_photo(path)
        except DataError as error:
            reason = str(error)
            continue
        if hashlib.sha256(data).hexdigest() != sha256:
            reason = "has changed since it was listed"
            continue
        try:
            return Decoded(sha256, decoder.decode(data, size, fit))
        except DataError as error:
            return Decoded(sha256, None, str(error))
    return Decoded(sha256, None, reason, lasting=False)


def _sweep(folder: Path) -> None:
    for left in folder.glob(".building-*"):
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
