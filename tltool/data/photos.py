"""Photos as people have them → ``Samples``: in class folders or a list, or with labels in files of their own beside them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tltool.data.annotations.folder import read_annotated
from tltool.data.annotations.recognition import find_sources
from tltool.data.annotations.table import as_samples
from tltool.data.reading.files import list_files
from tltool.data.reading.folder import read_classes
from tltool.data.reading.part_names import HEAP_WORDS, NOTE_WORDS, PART_WORDS, is_heap
from tltool.data.reading.recognition import AUTO
from tltool.data.samples import Samples
from tltool.progress import say
from tltool.specs.sources import as_source
from tltool.task import task_named
from tltool.wording import shown

if TYPE_CHECKING:
    import pandas

PLAIN_WORDS = HEAP_WORDS | PART_WORDS.keys() | NOTE_WORDS  # of folders that are no classes


def read_photos(data: "Path | str | pandas.DataFrame", complete: bool = True, keep: bool = True, task: str = AUTO) -> Samples:
    """List photos with their labels, and leave out whatever is no photo or has labels that cannot be used.

    A folder with COCO JSON, Pascal VOC, YOLO, images with masks or DeepLabCut's points is read as ``data.annotations`` does; everything
    else as ``data.reading``.

    Args:
        data: a folder, a CSV or a DataFrame.
        task: what is asked of the photos; ``auto`` sees it from the labels.
        complete: read every file, and ask for what training needs; measuring does not.
        keep: note in the cache what the files contain, so that the next command need not read them.

    Raises:
        DataError: no such folder, no photos or labels in it, or labels that do not fit the task.
        SpecError: neither a path nor a table, or an unknown task.
    """
    source = as_source(data)
    if isinstance(source, Path) and os.path.isdir(source) and _is_annotated(os.path.abspath(source), task):
        annotated = read_annotated(source, None if task == AUTO else task)
        return as_samples(annotated, annotated.tasks[0] if task == AUTO else task)
    return read_classes(source, complete, keep, task)


def _is_annotated(folder: str, task: str) -> bool:
    """Whether the labels that count lie in files beside the photos: the task asks for such, or there are some and no class folders."""
    if task != AUTO:
        return task_named(task).labels.ANNOTATED
    tree = list_files(folder)
    found = find_sources(folder, tree)
    if not found:
        return False
    names = {name for path in found[0].photos for name in os.path.relpath(os.path.dirname(path), folder).split(os.sep)} - {"."}
    classes = sorted(name for name in names if not is_heap(name, PLAIN_WORDS))
    if len(classes) < 2:
        return True
    say(
        f"The photos are taken for --task classify, because they lie in folders such as {shown(classes[0])} and {shown(classes[1])}. "
        f"Beside them is {found[0].form}: to learn from that, say --task {found[0].tasks[0]}."
    )
    return False
