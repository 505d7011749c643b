"""Train, validation and test: exact quotas per class, in an order that only the photos' contents decide."""

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tltool.atomic import draft
from tltool.data.samples import COLUMNS, PARTS, Samples
from tltool.data.splitting.groups import Alike, bind
from tltool.data.splitting.leaks import warn_of_few, warn_of_leaks
from tltool.data.splitting.stratify import Unit, place, place_sets
from tltool.errors import DataError, RunError
from tltool.progress import say, warn
from tltool.reading import open_table
from tltool.runs.forms import Kind
from tltool.task import task_named
from tltool.wording import quoted, shown


class Line(NamedTuple):
    """What an earlier split is compared by."""

    path: str
    sha256: str
    label: str
    split: str


def split(samples: Samples, validation: float, test: float, seed: int, alike: Alike = (), earlier: Path | None = None) -> Samples:
    """Give every photo a part: ``train``, ``validation`` or ``test``.

    Every class is divided exactly, or where photos have several as nearly as can be: ``validation`` and ``test`` (fractions, 0–1) of its
    photos, rounded half up, yet at least one photo for train, then one for validation, then one for test, as far as there are that many.
    Photos are chosen in the order of
    SHA-256(seed, content), so the names and the order of the files change nothing. Photos of one content, one group or one set of
    ``alike`` are placed together; where they do not fit a quota it is filled less exactly.

    A part that the user gave stays as it is. A held-out part that is missing is taken out of the photos without a part or, where
    every photo has one, out of train; the fractions are of those photos, and a fraction of 0 leaves the part out. A photo
    without a part joins the given part in which its content, its group or what it looks like already is.

    Args:
        alike: groups of rows that look alike, as ``likeness.find_alike`` finds them.
        earlier: a split to go on from, see ``keep_split``. Photos that it does not know are placed so that the fractions come out for
            old and new photos together.

    Raises:
        DataError: a class has no photo in train, or ``earlier`` is no split.
    """
    import pandas

    if earlier is not None:
        samples = keep_split(samples, earlier)
    parts = _parts(samples, {"validation": validation, "test": test}, seed, alike, grow=earlier is not None)
    done = replace(samples, table=samples.table.assign(split=pandas.Series(parts, dtype=object)))
    _check(done)
    warn_of_leaks(done, alike)
    return done


def split_for_training(
    samples: Samples, validation: float, test: float, seed: int, alike: Alike = (), earlier: Path | None = None
) -> Samples:
    """``split``, and there are photos to choose by; a warning says so where there are few.

    Raises:
        DataError: a class has no photo in train, or no class has one in validation, or ``earlier`` is no split.
    """
    done = split(samples, validation, test, seed, alike, earlier)
    if not len(done.rows("validation")):
        raise DataError(
            f"There must be validation {done.kind}s to choose by. Received: none. Add {done.kind}s, at least a second one of "
            "a class" + ("." if len(bind(done, alike)) == len(done) else ", that is of no group of the others and not nearly the same.")
        )
    warn_of_few(done)
    _say_baseline(done)
    return done


def _say_baseline(samples: Samples) -> None:
    """What the score on the validation photos has to be held against."""
    held_out, learned = (samples.labels[samples.rows(part)] for part in ("validation", "train"))
    say(task_named(samples.task).measures.floor(held_out, samples.classes, f"validation {samples.kind}s", learned, **samples.saying))


def keep_split(samples: Samples, earlier: Path) -> Samples:
    """Give the photos of an ``earlier`` split, a split.csv or the folder of a run, the part they had; others stay without one.

    A photo is known again by its content, wherever it lies now, or else by its path: one that was saved anew stays where it was.
    Warnings say which photos of the earlier split are gone, and which have another label now, which counts.

    Raises:
        DataError: no such file, not one that ``write_split`` wrote, or one of other photos altogether.
    """
    import pandas

    before, pairs = _matched(samples, earlier)
    known = [(line, old) for line, old in pairs if old is not None]
    parts = [old.split if old else line.split for line, old in pairs]
    found = {old.sha256 for _, old in known}
    _report(
        earlier,
        gone=[shown(line.path) for line in before if line.sha256 not in found],
        changed=[f"{shown(line.path)} (was {shown(old.label)})" for line, old in known if line.label != old.label],
        moved=[shown(line.path) for line, old in known if line.split not in ("", old.split)],
    )
    return replace(samples, table=samples.table.assign(split=pandas.Series(parts, dtype=object)))


def require_known(samples: Samples, earlier: Path | None) -> None:
    """Raises ``DataError`` unless ``earlier`` is a split that knows some of the photos; None is no wish."""
    if earlier is not None:
        _matched(samples, earlier)


def _matched(samples: Samples, earlier: Path) -> tuple[list[Line], list[tuple[Line, Line | None]]]:
    """The lines of an ``earlier`` split, and those of ``samples``, each with the earlier one of the same photo."""
    before = sorted(_lines(read_split(earlier / "split.csv" if earlier.is_dir() else earlier)), key=lambda line: -PARTS.index(line.split))
    present = set(samples.table["sha256"])
    photos = {(line.path, line.sha256): line for line in before}
    contents = {line.sha256: line for line in before}  # of equal ones, the one in the first part
    saved_anew = {line.path: line for line in before if line.sha256 not in present}
    pairs = [
        (line, photos.get((line.path, line.sha256)) or contents.get(line.sha256) or saved_anew.get(line.path)) for line in _lines(samples)
    ]
    if not any(old for _, old in pairs):
        raise DataError(
            f"--split must know some of the photos. Received: {earlier}, which knows none of these {len(samples)}. "
            "Name the split of these photos, or leave --split away."
        )
    return before, pairs


def warn_of_seen(samples: Samples, earlier: Path | None) -> None:
    """Say so when test photos were not held out by the ``earlier`` split, in which the backbone has learned: the report flatters then."""
    taught = trained_on(earlier)
    if seen := sum(content in taught for content in samples.table["sha256"].iloc[samples.rows("test")]):
        warn(
            f"{seen} of {len(samples.rows('test'))} test photos taught or chose the backbone in its own run, which flatters the "
            f"measurement. To measure on what that run held out: --data {earlier}."
        )


def trained_on(earlier: Path | None) -> set[str]:
    """The contents of the photos that a model of the ``earlier`` split learned from or was chosen by; none where there is no such file."""
    if earlier is None or not earlier.is_file():
        return set()
    before = read_split(earlier).table
    return set(before["sha256"][before["split"] != "test"])


def write_split(samples: Samples, path: Path) -> None:
    """Write the table as CSV with the header path, sha256, label, group, split. Every cell is quoted, so any name survives."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(samples.table[list(COLUMNS)].itertuples(index=False, name=None))
    with draft(Path(path), RunError) as beside:
        beside.write_bytes(text.getvalue().encode("utf-8", errors="surrogateescape"))


def read_split(path: Path, task: str = "classify", kind: Kind = "photo") -> Samples:
    """The samples of one kind that ``write_split`` wrote, labelled for ``task``; no photo is looked at.

    Raises:
        DataError: no such file, or not one that ``write_split`` wrote.
    """
    import pandas

    try:
        with open_table(path) as file:
            header, *lines = list(csv.reader(file, strict=True)) or [[]]
    except (OSError, csv.Error) as error:
        raise DataError(f"A split must be a readable CSV file. Received: {path} ({error}).") from None
    if tuple(header) != COLUMNS or any(len(line) != len(COLUMNS) or line[-1] not in PARTS for line in lines):
        raise DataError(
            f"A split must have the columns {', '.join(COLUMNS)} and name a part in every line. Received: {path}, which does not."
        )
    table = pandas.DataFrame(lines, columns=list(COLUMNS), dtype=object)
    classes = {name for names in map(task_named(task).labels.names, table["label"]) for name in names}
    return Samples(table, sorted(classes), layout=str(path), task=task, kind=kind)


def _lines(samples: Samples) -> Iterator[Line]:
    return map(Line._make, samples.table[list(Line._fields)].itertuples(index=False, name=None))


def _report(earlier: Path, gone: list[str], changed: list[str], moved: list[str]) -> None:
    file = shown(earlier)
    for names, one, more in (
        (gone, f"photo of {file} is gone", f"photos of {file} are gone"),
        (
            changed,
            f"photo has another label than in {file}, and now counts as that",
            f"photos have another label than in {file}, and now count as that",
        ),
        (moved, f"photo is given another part than in {file}, which counts", f"photos are given another part than in {file}, which counts"),
    ):
        if names:
            warn(f"{len(names)} {one if len(names) == 1 else more}: {', '.join(sorted(names)[:3])}{', …' if len(names) > 3 else ''}.")


def _parts(samples: Samples, fractions: Mapping[str, float], seed: int, alike: Alike, grow: bool) -> list[str]:
    given = samples.table["split"].tolist()
    pool = "" if "" in given or grow else "train"
    parts = [part or "train" for part in given]
    hashes, names, units = samples.table["sha256"].tolist(), samples.names, []
    held: dict[str, Counter[str]] = defaultdict(Counter)
    for rows in bind(samples, alike):
        free = [row for row in rows if given[row] == pool]
        fixed = {given[row] for row in rows} - {pool}
        if free and not fixed:
            order = hashlib.sha256(f"{seed}:{min(hashes[row] for row in free)}".encode()).hexdigest()
            units.append(Unit(order, free, Counter(name for row in free for name in names[row])))
        elif pool == "":
            for row in free:
                parts[row] = min(fixed, key=PARTS.index)
        if grow and fixed:
            for row in rows:
                held[parts[row]].update(names[row])
    wanted = {part: fraction for part, fraction in fractions.items() if fraction > 0 and (grow or part not in given)}
    units.sort(key=lambda unit: unit.order)
    by_quota = place if task_named(samples.task).labels.EXCLUSIVE else place_sets
    for unit, part in zip(units, by_quota(units, wanted, held), strict=True):
        for row in unit.rows:
            parts[row] = part
    return parts


def _check(samples: Samples) -> None:
    counts = samples.counts()
    for name, amounts in counts.items():
        if not amounts.get("train"):
            raise DataError(
                f"Every class must have {samples.kind}s to learn from. Received: class {quoted(name)} with none in train. "
                f"Add {samples.kind}s of it to train, or take the class out."
            )
    for part in ("validation", "test"):
        lacking = [name for name, amounts in counts.items() if part in amounts and not amounts[part]]
        if lacking:
            warn(
                f"{len(lacking)} of {len(counts)} classes have no {samples.kind} in {part}: {', '.join(map(shown, lacking[:10]))}"
                f"{', …' if len(lacking) > 10 else ''}."
            )
