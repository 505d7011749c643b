"""What COCO JSONs beside photos call them and their classes, and how large they say that a photo is, for whoever writes about the same
photos."""

import math
import os
from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any, NamedTuple

from tltool.data.annotations.coco import is_id, read_coco, records_of
from tltool.data.annotations.photos import Finder
from tltool.data.annotations.recognition import Source, find_sources
from tltool.data.reading.files import list_files


class Ids(NamedTuple):
    """What one file calls its images and categories; whole numbers or texts.

    Attributes:
        images: by the photo's path without links.
        categories: by the name of the class.
        file: that says so; "" where none does.
        sizes: width and height that images are said to have, by the photo's path without links.
    """

    images: Mapping[str, Any] = {}
    categories: Mapping[str, Any] = {}
    file: str = ""
    sizes: Mapping[str, tuple[Any, Any]] = {}


def ids_beside(folder: str, task: str, photos: Collection[str]) -> Ids:
    """Those of one file, the one that names the most of the ``photos``: of several, each has ids of its own.

    Args:
        folder: of photos with their labels.
        task: that the labels were used for.
        photos: paths without links.

    Raises:
        DataError: a file that cannot be read, or is no JSON any more.
    """
    sources = [source for source in find_sources(folder, list_files(folder)) if source.reader is read_coco and task in source.tasks]
    source = min(sources, key=lambda source: source.tasks.index(task), default=None)
    files = [_ids_in(file, source) for file in source.files] if source else []
    return max(files, key=lambda ids: len(ids.images.keys() & set(photos)), default=Ids())


def numbered(names: Iterable[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """An id for each of the ``names``: the ``known`` one, or else the next whole number above all that are known, from 1 on."""
    whole = (int(key) for key in known.values() if not isinstance(key, str) and math.isfinite(key))
    free = count(1 + max(whole, default=0))
    return {name: known[name] if name in known else next(free) for name in dict.fromkeys(names)}


def _ids_in(file: str, source: Source) -> Ids:
    finder, images, categories, sizes = Finder(source.photos), dict[str, Any](), dict[str, Any](), dict[str, tuple[Any, Any]]()
    for key, record in records_of(file):
        if not isinstance(record, dict) or not is_id(record.get("id")):
            continue
        if key == "categories" and isinstance(record.get("name"), str):
            categories.setdefault(record["name"], record["id"])
        elif key == "images" and isinstance(record.get("file_name"), str) and (path := finder.named(record["file_name"], file)):
            images.setdefault(os.path.realpath(path), record["id"])
            if (size := (record.get("width"), record.get("height"))) != (None, None):
                sizes.setdefault(os.path.realpath(path), size)
    return Ids(images, categories, file, sizes)
