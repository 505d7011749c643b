"""Train, validation and test: exact quotas per class, in an order that only the photos' contents decide."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tltool.data.decoder import quoted, shown
from tltool.data.samples import COLUMNS, PARTS, Samples
from tltool.drafts import draft
from tltool.errors import DataError, RunError
from tltool.progress import warn


class Unit(NamedTuple):
    """Photos that stay together because they have the same content or the same group."""

    order: str  # the hash that decides who is chosen first
    rows: list[int]
    classes: Counter[str]


def split(samples: Samples, validation: float, test: float, seed: int) -> Samples:
    """Give every photo a part: ``train``, ``validation`` or ``test``.

    Every class is divided exactly: ``validation`` and ``test`` (fractions, 0–1) of its photos, rounded half up, yet at least one
    photo for train, then one for validation, then one for test, as far as there are that many. Photos are chosen in the order of
    SHA-256(seed, content), so the names and the order of the files change nothing. Photos of one content or one group are placed
    together; where they do not fit a quota it is filled less exactly.

    A part that the user gave stays as it is. A held-out part that is missing is taken out of the photos without a part or, where
    every photo has one, out of train; the fractions are of those photos, and a fraction of 0 leaves the part out. A photo
    without a part joins the given part in which its content or group already is.

    Raises:
        DataError: a class has no photo in train.
    """
    import pandas

    parts = _parts(samples, {"validation": validation, "test": test}, seed)
    done = replace(samples, table=samples.table.assign(split=pandas.Series(parts, dtype=object)))
    _check(done)
    return done


def split_for_training(samples: Samples, validation: float, test: float, seed: int) -> Samples:
    """``split``, and there are photos to choose by.

    Raises:
        DataError: a class has no photo in train, or no class has one in validation.
    """
    done = split(samples, validation, test, seed)
    if not len(done.rows("validation")):
        raise DataError("There must be validation photos to choose by. Received: none. Add photos, at least a second one of a class.")
    return done


def find_leaks(samples: Samples) -> list[list[str]]:
    """Paths that have the same content or group and lie in more than one part, one list for each such content or group."""
    paths, parts = samples.paths, samples.table["split"].tolist()
    return [[paths[row] for row in rows] for rows in _bound(samples) if len({parts[row] for row in rows}) > 1]


def warn_of_seen(samples: Samples, earlier: Path | None) -> None:
    """Say so when test photos were not held out by the ``earlier`` split, in which the backbone has learned: the report flatters then."""
    if earlier is None or not earlier.is_file():
        return
    before = read_split(earlier)
    learned = set(before.table["sha256"].iloc[np.concatenate([before.rows("train"), before.rows("validation")])])
    seen = sum(content in learned for content in samples.table["sha256"].iloc[samples.rows("test")])
    if seen:
        warn(f"{seen} of {len(samples.rows('test'))} test photos taught or chose the backbone in its own run, which flatters the "
             f"measurement. To measure on what that run held out: --data {earlier}.")


def write_split(samples: Samples, path: Path) -> None:
    """Write the table as CSV with the header path, sha256, label, group, split. Every cell is quoted, so any name survives."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(samples.table[list(COLUMNS)].itertuples(index=False, name=None))
    with draft(Path(path), RunError) as beside:
        beside.write_bytes(text.getvalue().encode("utf-8", errors="surrogateescape"))


def read_split(path: Path) -> Samples:
    """The samples that ``write_split`` wrote; no photo is looked at.

    Raises:
        DataError: no such file, or not one that ``write_split`` wrote.
    """
    import pandas

    try:
        with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
            header, *lines = list(csv.reader(file, strict=True)) or [[]]
    except (OSError, csv.Error) as error:
        raise DataError(f"A split must be a readable CSV file. Received: {shown(path)} ({error}).") from None
    if tuple(header) != COLUMNS or any(len(line) != len(COLUMNS) or line[-1] not in PARTS for line in lines):
        raise DataError(f"A split must have the columns {', '.join(COLUMNS)} and name a part in every line. "
                        f"Received: {shown(path)}, which does not.")
    table = pandas.DataFrame(lines, columns=list(COLUMNS), dtype=object)
    return Samples(table, sorted(set(table["label"])), layout=str(path))


def _parts(samples: Samples, fractions: dict[str, float], seed: int) -> list[str]:
    given = samples.table["split"].tolist()
    pool = "" if "" in given else "train"
    wanted = {part: fraction for part, fraction in fractions.items() if fraction > 0 and part not in given}
    parts = [part or "train" for part in given]
    hashes, labels, units = samples.table["sha256"].tolist(), samples.table["label"].tolist(), []
    for rows in _bound(samples):
        free = [row for row in rows if given[row] == pool]
        fixed = {given[row] for row in rows} - {pool}
        if free and not fixed:
            order = hashlib.sha256(f"{seed}:{min(hashes[row] for row in free)}".encode()).hexdigest()
            units.append(Unit(order, free, Counter(labels[row] for row in free)))
        elif pool == "":
            for row in free:
                parts[row] = min(fixed, key=PARTS.index)
    units.sort(key=lambda unit: unit.order)
    for unit, part in zip(units, _place(units, wanted), strict=True):
        for row in unit.rows:
            parts[row] = part
    return parts


def _bound(samples: Samples) -> Iterator[list[int]]:
    """Rows that share a content or a group, directly or through others: connected components by union and find."""
    parent = list(range(len(samples)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    first: dict[tuple[str, str], int] = {}
    for column in ("sha256", "group"):
        for row, value in enumerate(samples.table[column]):
            if value:
                parent[root(row)] = root(first.setdefault((column, value), row))
    together = defaultdict(list)
    for row in range(len(samples)):
        together[root(row)].append(row)
    yield from together.values()


def _place(units: list[Unit], wanted: dict[str, float]) -> list[str]:
    """A part for every unit: in order, whatever still fits the quotas of all its classes, and the rest to train."""
    placed = ["train"] * len(units)
    for part, quota in _quotas(units, wanted).items():
        for i, unit in enumerate(units):
            if placed[i] == "train" and all(quota[name] >= n for name, n in unit.classes.items()):
                placed[i] = part
                quota.subtract(unit.classes)
    _fill_gaps(units, placed, wanted)
    return placed


def _quotas(units: list[Unit], wanted: dict[str, float]) -> dict[str, Counter[str]]:
    """Photos of each class for each held-out part."""
    photos: Counter[str] = Counter()
    for unit in units:
        photos.update(unit.classes)
    choices = Counter(name for unit in units for name in unit.classes)
    quotas: dict[str, Counter[str]] = {part: Counter() for part in wanted}
    for name, n in photos.items():
        for needed, (part, fraction) in enumerate(wanted.items(), start=2):
            quotas[part][name] = int(n * fraction + 0.5) if choices[name] >= needed else 0
        while sum(quota[name] for quota in quotas.values()) >= n:  # one stays for train
            max(quotas.values(), key=lambda quota: quota[name])[name] -= 1
    return quotas


def _fill_gaps(units: list[Unit], placed: list[str], wanted: dict[str, float]) -> None:
    """Where a quota rounds to nothing or no unit fits it, the smallest unit that train can spare stands for the class."""
    choices = Counter(name for unit in units for name in unit.classes)
    spare = Counter(name for unit, part in zip(units, placed, strict=True) if part == "train" for name in unit.classes)
    for needed, part in enumerate(wanted, start=2):
        present = {name for unit, its in zip(units, placed, strict=True) if its == part for name in unit.classes}
        for name in sorted(name for name, n in choices.items() if n >= needed and name not in present):
            able = [i for i, unit in enumerate(units)
                    if placed[i] == "train" and name in unit.classes and all(spare[other] > 1 for other in unit.classes)]
            if able and name not in present:
                best = min(able, key=lambda i: len(units[i].rows))
                placed[best] = part
                spare.subtract(units[best].classes.keys())
                present |= units[best].classes.keys()


def _check(samples: Samples) -> None:
    counts = samples.counts()
    for name, amounts in counts.items():
        if not amounts.get("train"):
            raise DataError(f"Every class must have photos to learn from. Received: class {quoted(name)} with none in train. "
                            "Add photos of it to train, or take the class out.")
    for part in ("validation", "test"):
        lacking = [name for name, amounts in counts.items() if part in amounts and not amounts[part]]
        if lacking:
            warn(f"{len(lacking)} of {len(counts)} classes have no photo in {part}: {', '.join(map(shown, lacking[:10]))}"
                 f"{', …' if len(lacking) > 10 else ''}.")
    if leaks := find_leaks(samples):
        warn(f"{len(leaks)} photos or groups lie in more than one part of the split that was given, which flatters the "
             f"measurement; the first: {', '.join(map(shown, leaks[0][:3]))}.")
