"""Pairs: ``images/x.jpg`` and ``masks/x.png``, a picture whose pixel values are classes, with their names in ``classes.txt``, a line each.

The value 255 counts for nothing; where masks hold nothing but 0 and 255, and no more than two classes are named, 255 is the second one. A
mask is of the upright photo, unless it has the size of the stored picture alone. A photo without a mask was forgotten, and is left out.
"""

import os
from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.class_masks import ClassMask, Region, load_values
from tltool.data.annotations.fields import NO_PHOTO, Unusable, lines_of, name
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.progress import track
from tltool.threads import in_order
from tltool.wording import quoted

NAMES = "classes.txt"

Mask = tuple[int, dict[int, int]]  # its orientation, and how many pixels have each value


def read_pairs(files: Sequence[str], photos: dict[str, Photo], finder: Finder) -> Labels:
    """The labels in some masks.

    Raises:
        DataError: a ``classes.txt`` that cannot be read.
    """
    masks = [file for file in files if os.path.basename(file).lower() != NAMES]
    names = _read_names([file for file in files if file not in set(masks)])
    paths = [finder.stemmed(os.path.basename(file), file) for file in masks]
    read = track(in_order(lambda pair: _read(pair[0], photos.get(pair[1] or "")), zip(masks, paths)), "reading masks", len(masks), "masks")
    found: dict[str, tuple[str, Mask]] = {}
    faults = []
    for file, path, mask in zip(masks, paths, read):
        if path is None:
            faults.append(Fault(file, NO_PHOTO))
        elif path in found:
            faults.append(Fault(file, f"is a second mask of {os.path.basename(path)}; the first counts"))
        elif isinstance(mask, str):
            faults.append(Fault(path, f"has a mask, {os.path.basename(file)}, which {mask}"))
        elif mask:
            found[path] = file, mask
    classes = _classes(names, {value for _, (_, pixels) in found.values() for value in pixels})
    truths = {path: _truth(photos[path], file, mask, classes) for path, (file, mask) in found.items()}
    return Labels(truths, list(classes.values()), faults)


def _read(file: str, photo: Photo | None) -> Mask | str | None:
    """A mask, or what is wrong with it; None where it has no photo."""
    if photo is None:
        return None
    upright = (photo.width, photo.height)
    try:
        values = load_values(file, [upright, photo.stored])
    except Unusable as error:
        return str(error)
    counts = np.bincount(values.ravel(), minlength=256)
    orientation = 1 if values.shape[::-1] == upright else photo.orientation
    return orientation, {int(value): int(counts[value]) for value in np.flatnonzero(counts)}


def _classes(names: list[str], values: set[int]) -> dict[int, str]:
    """The class of every pixel value, in order. Values beyond the names stay without a class, where there are names."""
    if values <= {0, IGNORED} and IGNORED in values and len(names) in (0, 2):
        return dict(zip((0, IGNORED), names or ("0", "255")))
    numbers = range(len(names)) if names else sorted(values - {IGNORED})
    return {value: names[value] if names else str(value) for value in numbers}


def _truth(photo: Photo, file: str, mask: Mask, classes: dict[int, str]) -> Truth:
    """Values of no class are kept under their number, which no class is called."""
    orientation, pixels = mask
    counted = [(value, n) for value, n in pixels.items() if value in classes or value != IGNORED]
    regions = tuple(Region(classes.get(value, str(value)), value, n) for value, n in counted)
    return Truth(photo.width, photo.height, (), ClassMask(file, regions, orientation))


def _read_names(files: Sequence[str]) -> list[str]:
    if not files:
        return []
    try:
        names = [name(line, "a class") for line in lines_of(files[0])]
    except Unusable as error:
        raise DataError(f"The names of classes must be readable. Received: {quoted(files[0])}, which {error}.") from None
    if len(names) > IGNORED or len(set(names)) < len(names):
        raise DataError(
            f"The names of classes must be at most {IGNORED}, and each another. Received: {quoted(files[0])} with {len(names)}, "
            f"{len(names) - len(set(names))} of them twice."
        )
    return names
