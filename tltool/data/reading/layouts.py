"""Which folders are classes, and which parts: a tree of folders as its maker meant it, or a refusal where that cannot be told.

Siblings with the same subfolders are parts of the photos (``Training/``, ``Testing/``) or variants of them (``color/``, ``grayscale/``),
and never classes.
"""

from collections import Counter

from tltool.data.reading.part_names import NOTE_WORDS, PICTURE_WORDS, are_indices, is_heap, is_serial, is_unlabelled, parts_among, words_of
from tltool.data.reading.tree import Folder, draw_tree
from tltool.errors import DataError
from tltool.progress import say
from tltool.wording import counted, quoted

MOST_NAMES = 4  # in one message


def class_folders(root: Folder) -> dict[str, str]:
    """The path of every class folder and the part it stands for: "" where the layout says none, or only one for all.

    Useless levels are passed by: a lone folder in a folder, as zip archives leave behind, also below a part (``train/train/cat``); and a
    folder called ``images`` or the like, beside which no photos lie.

    Raises:
        DataError: it cannot be told which folders are the classes, or there are none; the tree is told before.
    """
    root = _unwrapped(root)
    named = parts_among(folder.name for folder in root.folders)
    parts = {folder: named[folder.name] for folder in root.folders if folder.name in named and _inner(folder).folders}
    if parts and _are_parts(root, parts, set(named)):
        return {inner.path: part for folder, part in parts.items() for inner in _inner(folder).folders}
    _refuse_unsorted(root, set(named))
    _refuse_copies(root)
    _refuse_variants(root)
    return dict.fromkeys((folder.path for folder in root.folders), "")


def _unwrapped(root: Folder) -> Folder:
    """The folder below the useless levels on top."""
    while True:
        _refuse_boxes(root)
        lone = root.folders if len(root.folders) == 1 else [folder for folder in root.filled if is_heap(folder.name)]
        if root.own or len(lone) != 1 or lone[0].own or not lone[0].folders or lone[0].total != root.total:
            return root
        root = lone[0]


def _inner(part: Folder) -> Folder:
    """The folder of a part in which its class folders lie: below a second one of its name, or one that only says that there are photos."""
    while part.own == 0 and len(part.folders) == 1:
        lone = part.folders[0]
        if lone.own or not lone.folders or not (lone.name.lower() == part.name.lower() or is_heap(lone.name) or parts_among([lone.name])):
            return part
        part = lone
    return part


def _are_parts(root: Folder, parts: dict[Folder, str], named: set[str]) -> bool:
    """Whether ``parts`` are meant as such, and not as classes that are called so. ``named`` are all names of parts.

    Raises:
        DataError: either may be meant, or other folders hold the same classes.
    """
    others = [folder for folder in root.filled if folder.name not in named and not is_unlabelled(folder.name)]
    if not others:
        return True
    classes = {inner.name for part in parts for inner in _inner(part).filled}
    if same := [folder for folder in others if folder.name in classes or len(classes & {inner.name for inner in folder.filled}) > 1]:
        raise _refusal(
            root,
            "Photos to learn from, to choose by and to measure on must lie in folders of their own: train, validation and "
            f"test. Received: {_listed(same)} beside {_listed(parts)}, with the same classes. Move what {_listed(same)} "
            "holds into one of the three, or out of the folder.",
        )
    if "train" in parts.values() and len([folder for folder in root.filled if folder.name in named]) > 1:
        return True
    lone = next(iter(parts))
    names = [inner.name for inner in lone.filled]
    if all(map(is_serial, names)) and not are_indices(names):
        return False  # a class, with its bursts or days
    raise _refusal(
        root,
        f"A folder must be a part of the photos or a class. Received: {_listed([lone])} with {_listed(lone.filled)}, "
        f"beside {_listed(others)}. If its subfolders are the classes, give --data {quoted(lone.path)}; if it is a class "
        "itself, move its photos up out of its subfolders.",
    )


def _refuse_unsorted(root: Folder, named: set[str]) -> None:
    """Raises ``DataError`` where photos lie right below parts, or in heaps whose names say no class."""
    names = [folder.name for folder in root.filled]
    if root.own and not names:
        raise _refusal(
            root,
            f"Photos must lie in class folders. Received: {quoted(root.path)} with {counted(root.own, 'photo')} right in "
            "it, and in no folder below. Give the folder above it, or sort them into class folders.",
        )
    if named & set(names) and all(name in named or is_unlabelled(name) for name in names):
        raise _refusal(
            root,
            "Photos must lie in class folders, as in train/cat/1.jpg; a part of the photos is no class. "
            f"Received: {quoted(root.path)} with photos right below {_listed(root.filled)}. Sort them into class "
            "folders, or list them in a CSV with the columns path, label and split.",
        )
    flat = names and all(folder.own == folder.total for folder in root.filled)
    if (
        flat
        and any(PICTURE_WORDS & set(words_of(name)) and is_heap(name) for name in names)
        and all(is_heap(name) or is_heap(name, NOTE_WORDS) for name in names)
    ):
        raise _refusal(
            root,
            "Photos must lie in folders that are called as their classes. Received: "
            f"{_listed(root.filled)} in {quoted(root.path)}, which say none. Sort the photos into class folders, or list "
            "them in a CSV with the columns path and label.",
        )


def _refuse_boxes(root: Folder) -> None:
    """Raises ``DataError`` for photos with boxes or masks written beside them, which have no class of their own."""
    for folder in (root, *(folder for folder in root.folders if parts_among([folder.name]))):
        notes = [inner for inner in folder.folders if inner.notes and not inner.total and NOTE_WORDS & set(words_of(inner.name))]
        photos = [inner for inner in folder.filled if is_heap(inner.name) and all(parts_among([part.name]) for part in inner.filled)]
        if notes and photos:
            raise _refusal(
                root,
                f"Every photo must have one class, and its folder must say which. Received: {quoted(photos[0].path)} "
                f"beside {_listed(notes)} with {counted(notes[0].notes, 'text file')}, as boxes are written. Train a "
                "detector on them, or cut the boxes out and sort them into class folders.",
            )


def _refuse_copies(root: Folder) -> None:
    """Raises ``DataError`` where the classes lie in one of the folders once more."""
    names = {folder.name for folder in root.filled}
    for folder in root.filled:
        again = [inner for inner in folder.filled if inner.name in names - {folder.name}]
        if len(again) > 1:
            raise _refusal(
                root,
                f"Every class must have one folder. Received: {_listed(again)} in {quoted(root.path)} and once more in "
                f"{_listed([folder])}, which is no class. Move {_listed([folder])} elsewhere, or give it alone: "
                f"--data {quoted(folder.path)}.",
            )


def _refuse_variants(root: Folder) -> None:
    """Raises ``DataError`` where most folders have the same subfolders, and those are named as classes are."""
    nested = [folder for folder in root.filled if folder.filled and not folder.own]
    amounts = Counter(inner.name for folder in nested for inner in folder.filled)
    again = [name for name, n in amounts.items() if n > 1]
    words = [name for name in again if not is_serial(name) and not is_heap(name, PICTURE_WORDS | NOTE_WORDS)]
    shared = set(again if are_indices(again) else words)
    alike = [folder for folder in nested if 2 * len(shared & {inner.name for inner in folder.filled}) >= len(folder.filled)]
    if len(shared) < 2 or 2 * len(alike) <= len(root.filled):
        return
    inside = [inner for inner in alike[0].filled if inner.name in shared]
    what = (
        "Folders with the same subfolders are parts or variants of the photos, not classes. Received: "
        f"{_listed(alike)} in {quoted(root.path)}, which hold {_listed(inside)}. "
    )
    if len(parts_among(shared)) == len(shared):
        raise _refusal(
            root,
            f"{what}Put the parts above the classes, as in train/cat/1.jpg, or list the photos in a CSV with the columns "
            "path, label and split.",
        )
    raise _refusal(
        root,
        f"{what}Give one of them, as in --data {quoted(alike[0].path)}; to learn from all, or if {_listed(alike)} are the "
        "classes, list the photos in a CSV with the columns path and label.",
    )


def _refusal(root: Folder, message: str) -> DataError:
    say(*draw_tree(root))
    return DataError(message)


def _listed(folders: "list[Folder] | tuple[Folder, ...] | dict[Folder, str]") -> str:
    """``'a', 'b' and 3 more``."""
    names = [quoted(folder.name) for folder in folders]
    return ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")
