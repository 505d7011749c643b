"""What the findings are drawn from: the samples, their looks, who is alike, and each photo's plain statistics."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tltool.data.samples import PARTS, Samples

if TYPE_CHECKING:
    from tltool.data.duplicates.near import Group
    from tltool.data.label_errors import Doubt
    from tltool.data.thumbnails import Thumbnails

CHUNK = 512  # thumbnails at once: 6 MB as float32
Rows = list[int]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Row i of everything is photo i of the samples' table.

    Attributes:
        alike: near-duplicates and exact copies, see ``duplicates.near``.
        doubts: photos whose label their features contradict, worst first; None when nobody has looked.
        size: side in pixels of the square that the model will see.
        tiles: how many a side of a photo become such a square, too.
    """

    samples: Samples
    thumbnails: "Thumbnails"
    alike: "Sequence[Group]"
    doubts: "Sequence[Doubt] | None" = None
    size: int | None = None
    tiles: int | None = None

    @cached_property
    def paths(self) -> list[str]:
        return self.samples.paths

    @cached_property
    def labels(self) -> list[str]:
        """Of every photo how it is labelled; where objects are located, only of which classes they are."""
        if self.samples.is_located:
            return [", ".join(sorted(names)) for names in self.names]
        return self.samples.table["label"].tolist()

    @cached_property
    def names(self) -> list[tuple[str, ...]]:
        """The classes of every photo."""
        return self.samples.names

    @cached_property
    def counts(self) -> Counter[str]:
        """Photos of each class."""
        return Counter(name for names in self.names for name in names)

    @cached_property
    def parts(self) -> list[str]:
        return self.samples.table["split"].tolist()

    @cached_property
    def contents(self) -> list[str]:
        return self.samples.table["sha256"].tolist()

    @cached_property
    def copies(self) -> list[Rows]:
        """Rows of equal content."""
        return together(self.contents)

    @cached_property
    def bundles(self) -> list[Rows]:
        """Rows that show the same picture, exactly or nearly; a row may be in two of them."""
        alike = [list(group.rows) for group in self.alike]
        of_row = {row: number for number, rows in enumerate(alike) for row in rows}
        return alike + [rows for rows in self.copies if len({of_row.get(row, -1 - row) for row in rows}) > 1]

    @cached_property
    def units(self) -> list[Rows]:
        """Rows that must not lie in different parts: of one picture, or of one group that the user names."""
        return self.bundles + together(self.samples.table["group"].tolist())

    @cached_property
    def likeness(self) -> dict[int, float]:
        """Of each row that has a near-duplicate: how like its seed it is."""
        return {row: value for group in self.alike for row, value in zip(group.rows, group.likeness, strict=True)}

    @cached_property
    def sides(self) -> np.ndarray:
        """Width and height of every photo once it is upright, float64 [n, 2], in pixels."""
        facts = self.thumbnails.facts
        stored = facts[["width", "height"]].to_numpy(dtype=np.float64)
        return np.where((facts["orientation"].to_numpy() >= 5)[:, None], stored[:, ::-1], stored)

    @cached_property
    def spread(self) -> np.ndarray:
        """Standard deviation of every thumbnail's grey levels, the largest of its three channels, float64 [n]."""
        return self._statistics[0]

    @cached_property
    def colour(self) -> np.ndarray:
        """Mean distance between the strongest and the weakest channel of every thumbnail, in grey levels, float64 [n]."""
        return self._statistics[1]

    @cached_property
    def _statistics(self) -> tuple[np.ndarray, np.ndarray]:
        spread, colour = np.empty(len(self.paths)), np.empty(len(self.paths))
        for start in range(0, len(self.paths), CHUNK):
            pixels = np.asarray(self.thumbnails.pixels[start : start + CHUNK]).reshape(-1, 32 * 32, 3)
            red, green, blue = np.moveaxis(pixels, 2, 0)  # each [k, 1024]; three of them are compared faster than an axis of three
            strongest, weakest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
            colour[start : start + CHUNK] = (strongest - weakest).mean(axis=1)
            centred = pixels.astype(np.float32) - pixels.mean(axis=1, keepdims=True, dtype=np.float32)
            spread[start : start + CHUNK] = np.sqrt(np.einsum("kpc,kpc->kc", centred, centred).max(axis=1) / (32 * 32))
        return spread, colour


def together(values: Sequence[str]) -> list[Rows]:
    """Places of equal values, where there are several; "" equals nothing."""
    places: dict[str, Rows] = defaultdict(list)
    for row, value in enumerate(values):
        if value:
            places[value].append(row)
    return [rows for rows in places.values() if len(rows) > 1]


def ranked(part: str) -> int:
    """How far a part is held out: test 3, validation 2, train 1, none 0."""
    return PARTS.index(part) + 1 if part else 0
