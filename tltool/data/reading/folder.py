"""Photos with a label each → ``Samples``: a folder of class folders, a CSV or a DataFrame. Every fault is found."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from tltool.data.cache.hashes import Content, hash_photos
from tltool.data.reading.files import PHOTO_ENDINGS, ending, list_files
from tltool.data.reading.layouts import class_folders
from tltool.data.reading.listing import Row, read_csv, read_frame, read_rows
from tltool.data.reading.places import existing_path
from tltool.data.reading.recognition import AUTO, recognize_task, task_of_folders
from tltool.data.reading.tree import grow_tree
from tltool.data.samples import COLUMNS, Fault, Samples, no_readable_photo, warn_of
from tltool.errors import DataError
from tltool.progress import say
from tltool.specs.sources import as_source
from tltool.task import Listing, task_named
from tltool.wording import counted, quoted, shown

if TYPE_CHECKING:
    import pandas

Wanted = dict[str, list[Fault]]  # the classes there should be, each with the files in it that cannot be used


def read_classes(data: "Path | str | pandas.DataFrame", complete: bool = True, keep: bool = True, task: str = AUTO) -> Samples:
    """List photos with their labels, hash their contents and leave out whatever is no photo.

    Photos are known by content (``decoder.FORMATS``), not by name. Whether one decodes to its end is seen by ``decode_once``.
    Links to files inside the folder are followed; links that lead out of it and links to folders are faults. A CSV or a DataFrame
    may name any file.

    Args:
        data: a folder ``class/photo`` or ``train|val|test/class/photo``; a CSV or a DataFrame with the columns path and label
            and, optionally, split and group (paths relative to the CSV or to the working directory).
        task: what is asked of the photos, which says how a list is labelled; ``auto`` sees it from the list.
        complete: read every file, and ask for at least two classes and a readable photo in each, as training needs; measuring does not.
        keep: note in the cache what the files contain, so that the next command need not read them.

    Raises:
        DataError: no such folder, no photo in it, one class only, a class without a readable photo, or a layout that would mislead.
        SpecError: neither a path nor a table.
    """
    source = as_source(data)
    if not isinstance(source, Path):
        samples = _from_listing(read_frame(source), os.getcwd(), complete, keep, task)
    elif os.path.isdir(path := existing_path(source)):
        samples = _from_folder(path, complete, keep, task_of_folders(path, task))
    elif path.lower().endswith((".csv", ".tsv")) and os.path.isfile(path):
        samples = _from_listing(read_csv(path), os.path.dirname(path), complete, keep, task)
    else:
        raise DataError(
            f"The photos must be in a folder with one subfolder per class, or listed in a CSV. Received: {quoted(path)}, which is neither."
        )
    say(*samples.layout.split("\n"))
    warn_of(samples.faults)
    return samples


def draw_layout(where: str, samples: Samples, most: int = 25) -> str:
    """The photos as a small tree with counts, at most ``most`` classes of it."""
    lines = [
        f"{shown(name)}  {', '.join(f'{n} {part}'.strip() for part, n in amounts.items())}" for name, amounts in samples.counts().items()
    ]
    if len(lines) > most:
        lines[most:] = [f"… {len(lines) - most} more classes"]
    tree = [f"{'└──' if i == len(lines) - 1 else '├──'} {line}" for i, line in enumerate(lines)]
    ignored = [f"ignored: {_amounts(samples.ignored)}"] if samples.ignored else []
    if unlabelled := sum(not names for names in samples.names):
        ignored.append(f"with none of these labels: {counted(unlabelled, samples.kind)}")
    amounts = f"{counted(len(samples), samples.kind)}, {counted(len(samples.classes), 'class')}"
    return "\n".join([f"{shown(where)}  {amounts}", *tree, *ignored])


def _from_folder(root: str, complete: bool, keep: bool, task: str) -> Samples:
    found = list_files(root)
    contents = dict(zip(found.files, hash_photos(found.files, root, afresh=complete, keep=keep), strict=True))
    photos = [path for path, content in contents.items() if content.sha256]
    places = class_folders(grow_tree(found.folders, photos, contents.keys() - set(photos)))
    rows, faults = [], list(found.faults)
    ignored: Counter[str] = Counter()
    for path, content in contents.items():
        place = _above(path, places)
        if not content.sha256 and ending(path) not in PHOTO_ENDINGS:
            ignored[ending(path) or "without ending"] += 1
        elif not content.sha256:
            faults.append(Fault(path, content.reason))
        elif place is None:
            faults.append(Fault(path, "is not in a class folder"))
        else:
            rows.append(Row(path, _label(place), split=places[place]))
    wanted: Wanted = {_label(place): [] for place in places}
    for fault in faults:
        if place := _above(fault.path, places):
            wanted[_label(place)].append(fault)
    return _samples(rows, contents, sorted(faults), ignored, root, wanted, complete, task)


def _label(folder: str) -> str:
    """The class a folder stands for; composed, because macOS writes an accent apart and others do not."""
    return normalize("NFC", os.path.basename(folder))


def _above(path: str, places: dict[str, str]) -> str | None:
    """The class folder that ``path`` is, or is somewhere below."""
    while path not in places:
        if path == os.path.dirname(path):
            return None
        path = os.path.dirname(path)
    return path


def _from_listing(listing: Listing, start: str, complete: bool, keep: bool, asked: str) -> Samples:
    task, where = recognize_task(listing, asked), listing.source
    rows, faults = read_rows(listing, task, start)
    paths = [row.path for row in rows]
    contents = dict(zip(paths, hash_photos(paths, where, afresh=complete, keep=keep), strict=True))
    names = {row.path: task_named(task).labels.names(row.label) for row in rows}
    wanted: Wanted = {name: [] for its in names.values() for name in its}
    unusable = [Fault(path, contents[path].reason) for path in paths if not contents[path].sha256]
    for fault in unusable:
        for name in names[fault.path]:
            wanted[name].append(fault)
    good = [row for row in rows if contents[row.path].sha256]
    return _samples(good, contents, sorted([*faults, *unusable]), Counter(), where, wanted, complete, task)


def _samples(
    rows: list[Row],
    contents: dict[str, Content],
    faults: list[Fault],
    ignored: Counter[str],
    where: str,
    wanted: Wanted,
    complete: bool,
    task: str,
) -> Samples:
    """Rows as ``Samples``, once there are the classes that are wanted; if not ``complete``, once there is any photo."""
    import pandas

    classes = sorted({name for row in rows for name in task_named(task).labels.names(row.label)})
    for name in classes:
        if name.splitlines() != [name] or any("\ud800" <= sign <= "\udfff" for sign in name):  # surrogates: bytes that are no UTF-8
            raise DataError(
                f"A class name must be one line of readable text. Received: {quoted(name)}. Rename the class"
                + ("." if os.path.isdir(where) else ", or save the CSV as UTF-8.")
            )
    if not rows:
        others = [f"unusable: {len(faults)} files, such as {faults[0]}"] if faults else []
        others += [f"ignored: {_amounts(ignored)}"] if ignored else []
        raise DataError(
            f"There must be readable photos. Received: {quoted(where)}, which has none" + (f" ({'; '.join(others)})." if others else ".")
        )
    empty = None if complete else sorted(set(wanted) - set(classes))
    for name, its in sorted(wanted.items()) if complete else ():
        if name not in classes:
            raise no_readable_photo(name, its, _amounts(ignored))
    if complete and len(classes) < 2 and not task_named(task).labels.ANNOTATED:
        raise DataError(
            "There must be photos of at least two classes, one subfolder each. "
            f"Received: {f'only class {quoted(classes[0])}' if classes else 'no class'} in {quoted(where)}."
        )
    table = pandas.DataFrame(
        [(row.path, contents[row.path].sha256, row.label, row.group, row.split) for row in rows], columns=list(COLUMNS), dtype=object
    )
    samples = Samples(table, classes, faults, dict(ignored), empty=empty, task=task)
    return replace(samples, layout=draw_layout(where, samples))


def _amounts(ignored: dict[str, int]) -> str:
    return ", ".join(f"{n} {shown(kind)}" for kind, n in sorted(ignored.items()))
