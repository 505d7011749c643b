"""What kind of labels a folder holds, told by the names and first bytes of its files."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tltool.data.annotations import coco
from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.box_table import is_box_table, read_box_table
from tltool.data.annotations.deeplabcut import is_deeplabcut, read_deeplabcut
from tltool.data.annotations.mask_classes import FILES
from tltool.data.annotations.mask_names import photo_stems
from tltool.data.annotations.pairs import read_pairs
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.voc import read_voc
from tltool.data.annotations.yolo import NAME_LISTS, read_yolo
from tltool.data.decoding.decoder import is_photo
from tltool.data.reading.files import PHOTO_ENDINGS, Tree, ending
from tltool.data.reading.part_names import HEAP_WORDS, PART_WORDS, is_heap, words_of
from tltool.data.reading.tree import draw_tree, grow_tree
from tltool.errors import DataError
from tltool.progress import say
from tltool.reading import open_regular
from tltool.wording import counted, quoted

MASK_WORDS = {"mask", "masks", "label", "labels", "annotation", "annotations", "annot", "gt", "segmentation", "segmentationclass"} | {
    f"{part}annot"
    for part in ("train", "val", "test")  # as a well-known copy of CamVid has them
}
FOLDER_WORDS = MASK_WORDS | HEAP_WORDS | PART_WORDS.keys()
COCO_STEMS = ("annotations", "instances", "person")  # how the names of its own files begin
COCO_KEYS = (b'"images"', b'"annotations"', b'"categories"', b'"file_name"', b'"image_id"')
OBJECT_MASKS = "segmentationobject"  # of VOC, which are neither photos nor classes
PEEKED = 50  # texts that tell whether YOLO has polygons
NAMES_IN_YAML = re.compile(rb"(?m)^names[ \t]*:")
HEAD = 1 << 16  # bytes that tell what a file is
Reader = Callable[[Sequence[str], dict[str, Photo], Finder], Labels]


class Source(NamedTuple):
    """Labels of one form in a folder.

    Attributes:
        form: how they are written, for people.
        tasks: those that such labels may be fit for, the one that uses the most of them first.
        files: that hold them.
        photos: that they may tell of.
    """

    form: str
    tasks: tuple[str, ...]
    files: tuple[str, ...]
    photos: tuple[str, ...]
    reader: Reader


def recognize(root: str, tree: Tree, task: str | None = None) -> Source:
    """The labels of a folder.

    Args:
        tree: what lies below ``root``.
        task: what they are to be used for; None where the folder is to say it.

    Raises:
        DataError: none, of two kinds, or unfit for the task; the tree is told before.
    """
    found = find_sources(root, tree)
    ranks = [source.tasks.index(task) for source in found if task in source.tasks]
    fit = [source for source in found if task is None or (task in source.tasks and source.tasks.index(task) == min(ranks))]
    if len(fit) == 1:
        return fit[0]
    photos = [path for path in tree.files if ending(path) in PHOTO_ENDINGS]
    say(*draw_tree(grow_tree(tree.folders, photos, set(tree.files) - set(photos))))
    if not found:
        raise DataError(
            "Labels must be COCO JSON, Pascal VOC, YOLO, a CSV of boxes, images/ with masks/, or DeepLabCut's CSV. Received: "
            f"{quoted(root)} with {_amounts(tree, photos)}. Export them as COCO."
        )
    if not fit:
        forms = ", ".join(f"{source.form} (--task {source.tasks[0]})" for source in found)
        raise DataError(f"The labels must be fit for --task {task}. Received: {quoted(root)} with {forms}.")
    forms = " and ".join(source.form for source in fit)
    tasks = list(dict.fromkeys(source.tasks[0] for source in fit))
    if task is None and len(tasks) > 1:
        commands = " or ".join(f"`--task {name}`" for name in tasks)
        raise DataError(f"The labels of a folder must be of one kind. Received: {quoted(root)} with {forms}. Say which: {commands}.")
    raise DataError(f"The labels of a folder must be written once. Received: {quoted(root)} with {forms}. Move one of them elsewhere.")


def find_sources(root: str, tree: Tree) -> list[Source]:
    """Labels of every form that a folder holds."""
    masks = [path for path in tree.files if ending(path) == ".png" and _is_among(path, root, _holds_masks)]
    pictures = [path for path in tree.files if ending(path) in PHOTO_ENDINGS or (not ending(path) and is_photo(path))]
    others = {path for path in pictures if _is_among(path, root, OBJECT_MASKS.__eq__)}
    photos = tuple(sorted(set(pictures) - set(masks) - others))
    found = [*_coco(tree.files, photos), *_voc(tree.files, photos), *_yolo(root, tree.files, photos), *_pairs(tree.files, photos, masks)]
    return [*found, *_tables(tree.files, photos, {task for source in found for task in source.tasks})]


def _coco(files: Sequence[str], photos: tuple[str, ...]) -> list[Source]:
    """COCO JSONs, those with points apart from those without; one without annotations goes with either."""
    seen = {file: kinds for file in files if ending(file) == ".json" and (kinds := _peek(file)) is not None}
    empty = [file for file, kinds in seen.items() if not kinds]
    groups = {
        "COCO JSON with points": [file for file, kinds in seen.items() if "points" in kinds],
        "COCO JSON": [file for file, kinds in seen.items() if kinds and "points" not in kinds],
    }
    if not any(groups.values()):
        groups, empty = {"COCO JSON": empty}, []
    kinds_of = {form: {kind for file in group for kind in seen[file]} for form, group in groups.items()}
    return [Source(form, _tasks(kinds_of[form]), (*its, *empty), photos, coco.read_coco) for form, its in groups.items() if its]


def _peek(file: str) -> set[str] | None:
    """What a JSON's labels are; None where it is no COCO, neither by its keys nor by its name."""
    named = "coco" in os.path.basename(file).lower() or _stem(file).split("_")[0] in COCO_STEMS
    head = _head(file)
    if not named and sum(key in head for key in COCO_KEYS) < 2:
        return None
    try:
        kinds = coco.peek(file)
    except (OSError, ValueError):
        kinds, named = None, True
    return {"boxes"} if kinds is None and named else kinds  # its reader says what is wrong


def _tasks(kinds: set[str]) -> tuple[str, ...]:
    """Those that labels of some kinds may be fit for."""
    needed = {"landmarks": "points", "instances": "masks", "segment": "masks"}
    return (*(task for task, kind in needed.items() if kind in kinds), "detect", "localize")


def _voc(files: Sequence[str], photos: tuple[str, ...]) -> list[Source]:
    sheets = tuple(path for path in files if ending(path) == ".xml" and b"<annotation" in _head(path))
    return [Source("Pascal VOC", ("detect", "localize"), sheets, photos, read_voc)] if sheets else []


def _pairs(files: Sequence[str], photos: tuple[str, ...], masks: list[str]) -> list[Source]:
    """Masks that are called as photos are."""
    stems = {_stem(path) for path in photos}
    if not any(stem in stems for path in masks for stem in photo_stems(_stem(path))):
        return []
    names = sorted(
        (path for path in files if os.path.basename(path).lower() in FILES), key=lambda path: FILES.index(os.path.basename(path).lower())
    )
    return [Source("images with masks", ("segment",), (*masks, *names[:1]), photos, read_pairs)]


def _tables(files: Sequence[str], photos: tuple[str, ...], known: set[str]) -> Iterator[Source]:
    """CSVs of points, and of boxes; beside other labels for the ``known`` tasks those say the same once more."""
    tables = [path for path in files if ending(path) == ".csv"]
    points, boxes, of_boxes = tuple(filter(is_deeplabcut, tables)), tuple(filter(is_box_table, tables)), ("detect", "localize")
    if points:
        yield Source("DeepLabCut CSV", ("landmarks",), points, photos, read_deeplabcut)
    if boxes and not known & {*of_boxes}:
        yield Source("CSV of boxes", of_boxes, boxes, photos, read_box_table)


def _yolo(root: str, files: Sequence[str], photos: tuple[str, ...]) -> list[Source]:
    """``labels/*.txt``, or ``.txt`` beside their photos that hold numbers."""
    stems, folders = {_stem(path) for path in photos}, {os.path.dirname(path) for path in photos}
    labels = {path for path in files if ending(path) == ".txt" and _is_among(path, root, "labels".__eq__)}
    beside = {path for path in files if ending(path) == ".txt" and os.path.dirname(path) in folders and _stem(path) in stems}
    texts = sorted(labels | {path for path in beside if _head(path).lstrip()[:1] in (b"", *(b"%d" % i for i in range(10)))})
    names = [path for path in files if ending(path) in (".yaml", ".yml") and NAMES_IN_YAML.search(_head(path))]
    lists = [path for path in files if os.path.basename(path).lower() in NAME_LISTS]
    if not any(_stem(path) in stems for path in texts):
        return []
    points = any(b"kpt_shape" in _head(path) for path in names)
    wide = any(len(line.split()) > 5 for path in texts[:PEEKED] for line in _head(path).splitlines())
    kinds = {"points"} if points else {"masks"} if wide else {"boxes"}
    return [Source("YOLO", _tasks(kinds), tuple(dict.fromkeys([*names, *lists, *texts])), photos, read_yolo)]


def _is_among(path: str, root: str, meant: Callable[[str], bool]) -> bool:
    """Whether one of the folders below ``root`` in which a file lies is meant."""
    return any(map(meant, os.path.relpath(os.path.dirname(path), root).lower().split(os.sep)))


def _holds_masks(name: str) -> bool:
    return is_heap(name, FOLDER_WORDS) and bool(MASK_WORDS & set(words_of(name)))


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0].lower()


def _head(path: str) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(HEAD)
    except OSError:
        return b""


def _amounts(tree: Tree, photos: Sequence[str]) -> str:
    others: dict[str, int] = {}
    for path in set(tree.files) - set(photos):
        others[ending(path) or "without ending"] = others.get(ending(path) or "without ending", 0) + 1
    return ", ".join([counted(len(photos), "photo"), *(f"{n} {kind}" for kind, n in sorted(others.items())[:5])])
