"""A folder of photos as a tree: what lies in what, and how many photos there are in it."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tltool.wording import counted, shown

NOTE_ENDINGS = (".txt", ".xml", ".json")  # what boxes and masks are written in


@dataclass(frozen=True, eq=False)
class Folder:
    """One folder.

    Attributes:
        path: absolute.
        folders: those right in it, sorted by name.
        own: readable photos right in it.
        total: ``own``, and the readable photos in all folders below.
        notes: text files (``NOTE_ENDINGS``) in it and in all folders below.
    """

    path: str
    folders: tuple["Folder", ...] = ()
    own: int = 0
    total: int = 0
    notes: int = 0

    @property
    def name(self) -> str:
        return os.path.basename(self.path)

    @property
    def filled(self) -> tuple["Folder", ...]:
        """The folders right in it that hold photos, at whatever depth."""
        return tuple(folder for folder in self.folders if folder.total)


def grow_tree(folders: Iterable[str], photos: Iterable[str], others: Iterable[str]) -> Folder:
    """The tree of ``folders``, of which one is above all others, with the ``photos`` and the ``others`` among the files in them."""
    own = Counter(map(os.path.dirname, photos))
    notes = Counter(os.path.dirname(path) for path in others if path.lower().endswith(NOTE_ENDINGS))
    inside: dict[str, list[Folder]] = defaultdict(list)
    for path in sorted(folders, key=lambda path: (-path.count(os.sep), path)):
        inner = tuple(inside.pop(path, ()))
        grown = Folder(
            path, inner, own[path], own[path] + sum(folder.total for folder in inner), notes[path] + sum(folder.notes for folder in inner)
        )
        inside[os.path.dirname(path)].append(grown)
    return grown


def draw_tree(root: Folder, depth: int = 3, most: int = 6) -> list[str]:
    """The tree for people, line by line: ``depth`` levels of it, and at most ``most`` folders of each."""
    return [f"{shown(root.path)}  {counted(root.total, 'photo')}", *_branches(root, depth - 1, most)]


def _branches(folder: Folder, depth: int, most: int) -> Iterator[str]:
    last = len(folder.folders) - 1
    for i, inner in enumerate(folder.folders if depth else ()):
        if i == most and last > most:
            yield f"└── … {last + 1 - most} more folders"
            return
        yield f"{'└──' if i == last else '├──'} {shown(inner.name)}  {counted(inner.total, 'photo')}"
        yield from (f"{'    ' if i == last else '│   '}{line}" for line in _branches(inner, depth - 1, most))
