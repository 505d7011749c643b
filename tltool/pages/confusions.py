"""What is taken for what, where every photo has one class: how often, and which photos."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tltool.pages.answered import Photo

MOST_CLASSES = 30  # in a matrix that can be read
MOST_PAIRS = 10


class Cell(NamedTuple):
    """Photos of one class that were called another, or the same; ``share`` is of all photos of that class."""

    true: str
    said: str
    photos: list[Photo]
    share: float

    @property
    def is_right(self) -> bool:
        return self.true == self.said


class Confusions(NamedTuple):
    """``rows``: of every true class, how often it was called what, in the order of ``classes``."""

    classes: list[str]
    rows: list[list[Cell]]

    @property
    def cells(self) -> Iterator[Cell]:
        """All that have photos, the mistakes first, the most frequent of them before others."""
        there = (cell for row in self.rows for cell in row if cell.photos)
        return iter(sorted(there, key=lambda cell: (cell.is_right, -len(cell.photos))))

    @property
    def pairs(self) -> list[Cell]:
        """The mistakes, the most frequent first."""
        return [cell for cell in self.cells if not cell.is_right][:MOST_PAIRS]


def confuse(photos: Sequence[Photo], classes: Sequence[str]) -> Confusions:
    """``photos`` by what is true and what is said, in each cell the surest answers first."""
    found: dict[tuple[str, str], list[Photo]] = {}
    for photo in sorted(photos, key=lambda photo: -(photo.lead or 0)):
        found.setdefault((photo.label, photo.said), []).append(photo)
    of_class = {true: sum(len(its) for (label, _), its in found.items() if label == true) for true in classes}
    rows = [
        [Cell(true, said, its := found.get((true, said), []), len(its) / max(1, of_class[true])) for said in classes] for true in classes
    ]
    return Confusions(list(classes), rows)
