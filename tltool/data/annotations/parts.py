"""Which photos are to train, to choose by and to test on, as a folder of labels says it: in a list, or by the names of its folders."""

import csv
import os
from collections.abc import Iterable, Iterator, Sequence

from tltool.data.annotations.fields import Unusable, lines_of
from tltool.data.annotations.photos import Finder
from tltool.data.reading.part_names import SPLIT_NAMES, parts_among
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.wording import quoted

LISTS = ("split.txt", "split.csv")
LONGEST_LINE = 1 << 16  # characters; csv takes no longer cell
IMAGE_SETS = "imagesets"  # VOC's folder of train.txt, val.txt and test.txt
Parts = dict[str, str]


def parts_of(root: str, files: Iterable[str], paths: Sequence[str], said: Parts) -> tuple[Parts, list[Fault]]:
    """The part of each photo, "" where nothing says it, and the lines of lists that cannot be used.

    A ``split.txt`` or ``split.csv`` right in the folder counts before VOC's ``ImageSets``, those before what the labels have ``said``, and
    that before the names of folders.

    Raises:
        DataError: a list that cannot be read, or names a part that is none; or two lists.
    """
    files = list(files)
    finder = Finder(paths)
    listed = [file for file in files if os.path.dirname(file) == root and os.path.basename(file).lower() in LISTS]
    if len(listed) > 1:
        raise DataError(f"The parts must be listed once. Received: {' and '.join(map(quoted, listed))}. Take one of them out.")
    sets = {file: part for file in files if _is_in_sets(root, file) and (part := _part_of_set(file))}
    if listed:
        return _listed(listed[0], finder, paths)
    if sets:
        return _from_sets(sets, finder, paths), []
    if said:
        return _of_several({path: said.get(path, "") for path in paths}), []
    return _from_folders(root, paths), []


def tells_parts(root: str, file: str) -> bool:
    """Whether a file is there to say the parts, also where another says them already."""
    return os.path.basename(file).lower() in LISTS or (_is_in_sets(root, file) and os.path.splitext(file)[1].lower() == ".txt")


def _is_in_sets(root: str, file: str) -> bool:
    return IMAGE_SETS in os.path.relpath(file, root).lower().split(os.sep)


def _listed(file: str, finder: Finder, paths: Sequence[str]) -> tuple[Parts, list[Fault]]:
    parts, faults = dict.fromkeys(paths, ""), []
    for name, part in _lines(file):
        path = finder.named(name, file) or finder.stemmed(name, file)
        if part.lower() not in SPLIT_NAMES:
            raise DataError(f"A list of parts must say train, validation or test of every photo. Received: {part!r} in {quoted(file)}.")
        if path is None:
            faults.append(Fault(os.path.join(os.path.dirname(file), name), f"is named in {os.path.basename(file)}, and has no labels here"))
        elif parts[path] not in ("", SPLIT_NAMES[part.lower()]):
            raise DataError(
                f"Every photo must be in one part. Received: {quoted(path)}, which {quoted(file)} has in {parts[path]} and in {part}."
            )
        else:
            parts[path] = SPLIT_NAMES[part.lower()]
    return parts, faults


def _lines(file: str) -> Iterator[tuple[str, str]]:
    """(file, part) of every line but a heading, separated by a comma, a semicolon, a tab or, as names may hold spaces, the last space."""
    for i, line in enumerate(_text(file)):
        name, _, part = line.rpartition(" ")
        if part.lower() not in SPLIT_NAMES and len(line) < LONGEST_LINE:
            name, part = [*next(csv.reader([line], delimiter=max(",;\t", key=line.count))), "", ""][:2]
        if not name.strip() or not part.strip():
            raise DataError(f"A list of parts must have a file and its part in every line. Received: {line[:80]!r} in {quoted(file)}.")
        if i or part.strip().lower() not in ("part", "split"):
            yield name.strip(" \t,;\"'"), part.strip()


def _from_sets(sets: dict[str, str], finder: Finder, paths: Sequence[str]) -> Parts:
    parts = dict.fromkeys(paths, "")
    for file, part in sets.items():
        names = [line.split()[0] for line in _text(file)]
        for name in names:
            if path := finder.named(name, file) or finder.stemmed(f"{name}.", file):
                parts[path] = part
    return parts


def _text(file: str) -> list[str]:
    try:
        return lines_of(file)
    except Unusable as error:
        raise DataError(f"A list of parts must be readable. Received: {quoted(file)}, which {error}.") from None


def _part_of_set(file: str) -> str:
    """``train.txt`` and the like; lists of one class, such as ``cat_train.txt``, are no parts."""
    return SPLIT_NAMES.get(os.path.splitext(os.path.basename(file))[0].lower(), "")


def _from_folders(root: str, paths: Sequence[str]) -> Parts:
    """By the outermost folder that is called as a part is; "" for all where there is only one part."""
    folders = {path: os.path.relpath(os.path.dirname(path), root).split(os.sep) for path in paths}
    named = parts_among(sorted({name for names in folders.values() for name in names}))
    parts = {path: next((named[name] for name in names if name in named), "") for path, names in folders.items()}
    return _of_several(parts)


def _of_several(parts: Parts) -> Parts:
    """One part for all says nothing."""
    return parts if len(set(parts.values()) - {""}) > 1 else dict.fromkeys(parts, "")
