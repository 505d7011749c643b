"""Pairs: ``images/x.jpg`` and ``masks/x.png``, a picture whose pixel values are classes, with their names in ``classes.txt``, a line each;
or whose colours are, with a list of them (``mask_classes``). A mask may have words more in its name than its photo (``mask_names``).

The value 255 counts for nothing; where masks hold nothing but 0 and 255, and no more than two classes are named, 255 is the second one. A
mask is of the upright photo, unless it has the size of the stored picture alone. A photo without a mask was forgotten, and is left out.
"""

import os
from collections.abc import Sequence

import numpy as np

from tltool.data.annotations.annotated import Labels
from tltool.data.annotations.class_masks import COLOUR, ClassMask, Region, load_values
from tltool.data.annotations.fields import NO_PHOTO, Unusable
from tltool.data.annotations.mask_classes import FILES, Named, read_classes
from tltool.data.annotations.mask_names import photo_stems, rank
from tltool.data.annotations.photos import Finder, Photo
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED
from tltool.data.samples import Fault
from tltool.progress import track
from tltool.threads import in_order

STRANGERS = 5  # colours of no class that are told

Mask = tuple[int, dict[int, int]]  # its orientation, and how many pixels have each value


def read_pairs(files: Sequence[str], photos: dict[str, Photo], finder: Finder) -> Labels:
    """The labels in some masks.

    Raises:
        DataError: a list of classes that cannot be read.
    """
    named = read_classes([file for file in files if os.path.basename(file).lower() in FILES])
    masks, paths = _paired([file for file in files if os.path.basename(file).lower() not in FILES], finder)
    coloured = any(colour is not None for _, colour in named)

    def read_one(pair: tuple[str, str | None]) -> Mask | str | None:
        return _read(pair[0], photos.get(pair[1] or ""), coloured)

    read = track(in_order(read_one, zip(masks, paths)), "reading masks", len(masks), "masks")
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
    classes = _classes(named, {value for _, (_, pixels) in found.values() for value in pixels})
    truths = {path: _truth(photos[path], file, mask, classes) for path, (file, mask) in found.items()}
    return Labels(truths, list(dict.fromkeys(classes.values())), faults)


def _paired(files: Sequence[str], finder: Finder) -> tuple[list[str], list[str | None]]:
    """Masks, and the photo of each; where a photo has several, those that are no class maps are left aside."""
    paths = {file: next(filter(None, (finder.named(stem, file) for stem in photo_stems(_stem(file)))), None) for file in files}
    best: dict[str | None, int] = {}
    for file, path in paths.items():
        best[path] = min(rank(_stem(file)), best.get(path, 9))
    masks = [file for file, path in paths.items() if path is None or rank(_stem(file)) == best[path]]
    return masks, [paths[file] for file in masks]


def _stem(file: str) -> str:
    return os.path.splitext(os.path.basename(file))[0]


def _read(file: str, photo: Photo | None, coloured: bool) -> Mask | str | None:
    """A mask, or what is wrong with it; None where it has no photo."""
    if photo is None:
        return None
    upright = (photo.width, photo.height)
    try:
        values = load_values(file, [upright, photo.stored], coloured)
    except Unusable as error:
        return str(error)
    there, counts = np.unique(values, return_counts=True)
    orientation = 1 if values.shape[::-1] == upright else photo.orientation
    return orientation, dict(zip(there.tolist(), counts.tolist(), strict=True))


def _classes(named: list[Named], values: set[int]) -> dict[int, str]:
    """The class of every pixel value, in order. Values beyond the names stay without a class, where there are names."""
    names = [label for label, _ in named]
    if values <= {0, IGNORED} and IGNORED in values and len(names) in (0, 2):
        return dict(zip((0, IGNORED), names or ("0", "255")))
    numbers = range(len(names)) if names else sorted(values - {IGNORED})
    of_colours = {colour: label for label, colour in named if colour is not None}
    return {value: names[value] if names else str(value) for value in numbers} | of_colours


def _truth(photo: Photo, file: str, mask: Mask, classes: dict[int, str]) -> Truth:
    """Values of no class are kept under their number, which no class is called; of such colours those that are seen most."""
    orientation, pixels = mask
    colours = sorted((value for value in pixels if value >= COLOUR and value not in classes), key=lambda value: -pixels[value])
    silent = {IGNORED, *colours[STRANGERS:]} - classes.keys()
    regions = tuple(Region(classes.get(value, _told(value)), value, n) for value, n in pixels.items() if value not in silent)
    return Truth(photo.width, photo.height, (), ClassMask(file, regions, orientation))


def _told(value: int) -> str:
    return f"#{value - COLOUR:06x}" if value >= COLOUR else str(value)
