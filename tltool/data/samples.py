"""``Samples``: the photos of a job as one table, and the files that were left out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from tltool.errors import DataError
from tltool.progress import warn
from tltool.runs.forms import Kind
from tltool.specs import Fit
from tltool.task import task_named
from tltool.wording import counted, quoted, shown

if TYPE_CHECKING:
    import pandas

COLUMNS = ("path", "sha256", "label", "group", "split")
PARTS = ("train", "validation", "test")


class Fault(NamedTuple):
    """A file that was left out; ``reason`` is the end of a sentence ("is empty")."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{shown(self.path)} {self.reason}"


@dataclass(frozen=True, eq=False)
class Samples:
    """A thin named wrapper of a pandas table; every column is text.

    Attributes:
        table: one row per photo: ``path`` (absolute), ``sha256`` of the file, ``label``, ``group`` ("" for none: photos of one
            group stay in one part) and ``split`` ("" before the split, then train, validation or test); or one per signal, with the
            ``sha256`` of its numbers.
        classes: class names, sorted; a label's place in it is the class index everywhere.
        faults: files that were left out, and why.
        ignored: how many files of each extension are no photos and were passed over.
        layout: the folder as it was understood, for people.
        empty: classes that have files and no readable photo among them; None where that is an error.
        task: what is asked of the photos; it says what a label is.
        kind: what a row is, a photo or a signal.
        given: what the user says of named points, in the form of ``Settled``: ``normaliser``, the two whose distance errors are shares of,
            and ``flip_pairs``, each as LEFT:RIGHT.
        tiles: how many a side the photos are cut into, where rows are tiles of photos; ``whole`` are those photos then.
        oddities: what is odd about labels that lie in files of their own: each kind, with the photos that it concerns.
    """

    table: "pandas.DataFrame"
    classes: list[str]
    faults: list[Fault] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    layout: str = ""
    empty: list[str] | None = None
    task: str = "classify"
    kind: Kind = "photo"
    given: dict[str, dict[str, float]] = field(default_factory=dict)
    oddities: list[tuple[str, list[Fault]]] = field(default_factory=list)
    tiles: int | None = None
    whole: "Samples | None" = None

    def __len__(self) -> int:
        return len(self.table)

    @property
    def facts(self) -> dict[str, Any]:
        """What a run on these samples notes of them."""
        return {"kind": self.kind, "task": self.task, "classes": self.classes, **({"tiles": self.tiles} if self.tiles else {})}

    @property
    def paths(self) -> list[str]:
        return self.table["path"].tolist()

    @property
    def sources(self) -> dict[str, list[str]]:
        """The paths at which each content lies."""
        sources: dict[str, list[str]] = {}
        for path, sha256 in zip(self.table["path"], self.table["sha256"], strict=True):
            sources.setdefault(sha256, []).append(path)
        return sources

    @cached_property
    def labels(self) -> np.ndarray:
        """The label of every row as the task encodes it; class indices int64 [n] where it is to classify."""
        return task_named(self.task).labels.encode(self.table["label"].tolist(), self.classes)

    @property
    def names(self) -> list[tuple[str, ...]]:
        """The classes that every row is labelled with."""
        return [*map(task_named(self.task).labels.names, self.table["label"])]

    @property
    def strata(self) -> np.ndarray:
        """Of every row the class it is counted to where photos are balanced or taken in turns, int [n]."""
        return task_named(self.task).labels.rarest(self.labels)

    @property
    def is_located(self) -> bool:
        """Whether labels say where in a photo something is."""
        return task_named(self.task).labels.ANNOTATED

    def located(self, split: str) -> int | None:
        """How many photos of one part say where something is; None where that is not asked."""
        return len(self.rows(split)) if self.is_located else None

    @property
    def usual_fit(self) -> Fit:
        """How a photo becomes a square where the user does not say it."""
        return cast(Fit, task_named(self.task).labels.FIT)

    @property
    def may_flip(self) -> bool:
        """Whether a photo and its mirror image are labelled alike, but for places."""
        return task_named(self.task).labels.may_flip(self.classes, **self.saying)

    @property
    def saying(self) -> dict[str, Any]:
        """``given`` as those functions of a task take it that depend on it; nothing where nothing was said."""
        return {"given": self.given} if self.given else {}

    def rows(self, split: str) -> np.ndarray:
        """Places in the table, and so in the decoded pixels, of the photos of one part: int64, ascending."""
        return np.flatnonzero((self.table["split"] == split).to_numpy())

    def of(self, split: str) -> "Samples":
        """Only the photos of one part. Classes stay; places count anew from 0, so index pixels with ``rows`` instead."""
        return self.at(self.rows(split))

    def at(self, rows: np.ndarray) -> "Samples":
        """Only those rows, in that order."""
        return replace(self, table=self.table.iloc[rows].reset_index(drop=True))

    def counts(self) -> dict[str, dict[str, int]]:
        """Photos per class and part: ``counts()["cat"]["train"]``; "" counts photos without a part."""
        pairs = Counter((name, split) for names, split in zip(self.names, self.table["split"], strict=True) for name in names)
        parts = [part for part in (*PARTS, "") if any(part == split for _, split in pairs)]
        return {name: {part: pairs[name, part] for part in parts} for name in self.classes}

    def without(self, faults: Iterable[Fault]) -> "Samples":
        """The same photos but those, which become faults.

        Raises:
            DataError: a class is left without a photo, and ``empty`` does not allow it; or none is left at all.
        """
        faults = list(faults)
        if not faults:
            return self
        bad = self.table["path"].isin({fault.path for fault in faults})
        names = dict(zip(self.table["path"], self.names, strict=True))
        lost = sorted(set(self.classes) - {name for path in self.table["path"][~bad] for name in names[path]})
        for name in lost if self.empty is None or bad.all() else ():
            raise no_readable_photo(name, [fault for fault in faults if name in names.get(fault.path, ())])
        empty = None if self.empty is None else [*self.empty, *lost]
        return replace(self, table=self.table[~bad].reset_index(drop=True), faults=[*self.faults, *faults], empty=empty)


def require_exclusive(samples: Samples, what: str) -> None:
    """Raises ``DataError`` where a photo may have several labels, or none; ``what``, a flag or a command, needs exactly one."""
    if not task_named(samples.task).labels.EXCLUSIVE:
        raise DataError(
            f"{what} must go with one class for each {samples.kind}. Received: {samples.kind}s of several labels, --task {samples.task}."
        )


def leave_out(samples: Samples, reasons: Mapping[str, str]) -> Samples:
    """``samples`` without the contents that have one of ``reasons``, told by name.

    Raises:
        DataError: a class is left without a photo.
    """
    faults = [Fault(path, reasons[sha256]) for sha256, paths in samples.sources.items() if sha256 in reasons for path in paths]
    kept = samples.without(faults)
    warn_of(faults)
    return kept


def warn_of(faults: list[Fault], most: int = 20) -> None:
    """Name files that were left out, at most ``most`` of them."""
    if faults:
        named = [f"  {fault}" for fault in faults[:most]]
        if len(faults) > most:
            named.append(f"  … and {len(faults) - most} more; `tltool check` lists them all")
        warn(f"{len(faults)} file{'s are' if len(faults) > 1 else ' is'} left out:", *named)


def no_readable_photo(name: str, faults: list[Fault], ignored: str = "") -> DataError:
    """The error for a class that has files and none of them is a usable photo."""
    received = "no photo"
    if faults:
        received = f"{counted(len(faults), 'unusable file')}; {faults[0]}"
    if ignored:
        received += f" (ignored: {ignored})"
    return DataError(
        f"Every class must have a readable photo. Received for class {quoted(name)}: {received}. Add photos or take the class folder out."
    )
