"""A folder of photos with labels → ``Annotated``; whatever was left out is told."""

import os
from collections import Counter
from pathlib import Path

from tltool.data.annotations.annotated import Annotated, Labels
from tltool.data.annotations.fields import FORGOTTEN
from tltool.data.annotations.fitness import fitted
from tltool.data.annotations.layout import draw_annotated
from tltool.data.annotations.parts import parts_of, tells_parts
from tltool.data.annotations.photos import Finder, Photo, measure_photos
from tltool.data.annotations.recognition import Source, recognize
from tltool.data.reading.files import Tree, ending, list_files
from tltool.data.reading.places import existing_path
from tltool.data.samples import Fault, warn_of
from tltool.errors import DataError
from tltool.progress import say
from tltool.wording import quoted


def read_annotated(folder: Path | str, task: str | None = None) -> Annotated:
    """Photos with the labels that lie in their folder. Nothing in it is changed.

    A photo whose labels cannot be read is a fault and left out, as is one that the labels do not tell of; ``findings.faults_of`` says
    what is odd about the labels that were read.

    Args:
        task: what the labels are to be used for, where a folder holds more than one kind; photos that do not fit it are left out.

    Raises:
        DataError: no such folder, no labels of a known form or of two, or none that can be used, or none that is fit for the task.
    """
    root = existing_path(folder)
    if not os.path.isdir(root):
        raise DataError(f"Photos and their labels must lie in a folder. Received: {quoted(root)}, a file. Give the folder that it lies in.")
    tree = list_files(root)
    source = recognize(root, tree, task)
    photos, broken = measure_photos(source.photos)
    labels = source.reader(source.files, photos, Finder(photos))
    annotated = fitted(_assembled(root, tree, source, photos, labels, broken), task)
    say(*draw_annotated(annotated).split("\n"))
    warn_of(annotated.faults)
    return annotated


def _assembled(root: str, tree: Tree, source: Source, photos: dict[str, Photo], labels: Labels, broken: list[Fault]) -> Annotated:
    paths = sorted(labels.truths)
    parts, lost = parts_of(root, tree.files, paths, labels.parts)
    told = {fault.path for fault in (*labels.faults, *broken)}
    forgotten = [Fault(path, FORGOTTEN) for path in photos if path not in labels.truths and path not in told]
    used = {*source.files, *source.photos, *(path for path in tree.files if tells_parts(root, path))}
    return Annotated(
        root,
        source.form,
        [photos[path] for path in paths],
        [labels.truths[path] for path in paths],
        [parts[path] for path in paths],
        labels.classes,
        labels.points,
        labels.flip_pairs,
        sorted([*tree.faults, *broken, *labels.faults, *lost, *forgotten]),
        dict(Counter(ending(path) or "without ending" for path in tree.files if path not in used)),
    )
