"""What the cache holds, as a table; and clearing it."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tltool.data.cache.entries import About, check_of, read_about
from tltool.data.cache.index import count_noted
from tltool.data.cache.storage import KINDS, Entry, budget, find_entries, location, remove
from tltool.errors import SpecError
from tltool.home import find_home
from tltool.progress import Table, table, track, warn
from tltool.reading import open_regular
from tltool.wording import megabytes


@dataclass(frozen=True)
class Inventory:
    """Entries of the cache, those used last first, as objects for machines; ``removed`` when they are gone now."""

    rows: list[dict[str, Any]]
    limit: float
    removed: bool = False

    def said(self) -> Iterable[Table | str]:
        if self.rows:
            yield table(
                f"{'Removed from' if self.removed else 'Cache'} {location()}",
                ("kind", "photos", "px", "fit", "MB", "last used", "state"),
                map(_cells, self.rows),
            )
        total = megabytes(sum(row["bytes"] for row in self.rows))
        if self.removed:
            stays = " Downloaded modules stay in hub/." if os.path.isdir(location() / "hub") else ""
            yield f"Removed {_entries(self.rows)}, {total}, from {location()}. No photo was touched.{stays}"
        else:
            yield (
                f"{_entries(self.rows).capitalize()}, {total} of at most {megabytes(self.limit)}, in {location()}. "
                "TLTOOL_CACHE_GB sets another limit, TLTOOL_CACHE another folder."
            )
            yield "All of it can be made again from the photos: tltool cache --clear"

    def records(self) -> Iterable[dict[str, Any]]:
        return iter(self.rows)


def take_stock(verify: bool = False) -> Inventory:
    """What the cache holds; with ``verify`` every stored row is read and compared with its checksum.

    Raises:
        SpecError: TLTOOL_CACHE_GB is no number of gigabytes.
    """
    entries = find_entries()[::-1]
    seen = track(entries, "verifying the cache", len(entries), "entries") if verify else entries
    return Inventory([_describe(entry, verify) for entry in seen], budget(sum(entry.bytes for entry in entries)))


def clear_cache() -> Inventory:
    """Remove every entry but those being built right now, and nothing that tltool did not write. Whoever uses one keeps it till his end.

    Raises:
        SpecError: the cache's folder is the home folder or one above it.
    """
    place, home = location().resolve(), find_home()
    if home and home.resolve().is_relative_to(place):
        raise SpecError(
            f"The cache must have a folder of its own to be cleared. Received: {place}, which is or holds the home folder. "
            "Set TLTOOL_CACHE to another."
        )
    described = [(entry, _describe(entry, verify=False)) for entry in find_entries()[::-1] if entry.state != "being built"]
    rows = [row for entry, row in described if remove(entry.path)]
    if stay := [row["path"] for _, row in described if row not in rows]:
        warn(
            f"{_entries(stay).capitalize()} could not be removed whole, such as {stay[0]}: the folder cannot be written, or holds files "
            "of others."
        )
    for kind in KINDS:
        _remove_if_empty(location() / kind)
    return Inventory(rows, 0, removed=True)


def _describe(entry: Entry, verify: bool) -> dict[str, Any]:
    about = None if entry.kind == "index" else read_about(entry.path)
    known = {"photos": count_noted(entry.path) or None} if entry.kind == "index" else _facts(about)
    state = entry.state
    if state in ("idle", "in use") and entry.kind != "index":
        if about is None or not _is_plausible(entry, about) or (verify and not _is_whole(entry, about)):
            state = "damaged"
        elif verify:
            state += ", intact"
    return {
        "kind": entry.kind,
        "photos": None,
        "size": None,
        "fit": None,
        **known,
        "bytes": entry.bytes,
        "used": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(entry.used)),
        "state": state,
        "path": str(entry.path),
    }


def _facts(about: About | None) -> dict[str, Any]:
    return {"photos": len(about.hashes), **{name: about.facts.get(name) for name in ("size", "fit")}} if about else {}


def _is_plausible(entry: Entry, about: About) -> bool:
    """Whether the data are as long as the description says."""
    with suppress(OSError):
        return (entry.path / f"{entry.kind}.bin").stat().st_size == len(about.checks) * about.row_bytes
    return False


def _is_whole(entry: Entry, about: About) -> bool:
    with suppress(OSError), open_regular(entry.path / f"{entry.kind}.bin") as file:
        return all(check_of(sha256, file.read(about.row_bytes)) == check for sha256, check in zip(about.hashes, about.checks, strict=True))
    return False


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    unknown = ("–" if row[name] is None else row[name] for name in ("photos", "size", "fit"))
    return (row["kind"], *unknown, f"{row['bytes'] / 1e6:.1f}", row["used"][:16].replace("T", " "), row["state"])


def _entries(rows: list[dict[str, Any]]) -> str:
    return f"{len(rows)} entr{'y' if len(rows) == 1 else 'ies'}" if rows else "nothing"


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # not empty, not there, or a link
        return
