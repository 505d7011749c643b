"""Answers as files of their own: a PNG for each photo, whose pixel values are classes as in the masks that one learns from."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tltool.atomic import draft
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED
from tltool.errors import RunError
from tltool.tasks.segment.class_maps import paint
from tltool.tasks.segment.palette import colour_of
from tltool.wording import quoted


def values_of(classes: Sequence[str]) -> np.ndarray:
    """The pixel value of every class, uint8 [classes]: its own number where all classes are called by one, as those of masks without a
    ``classes.txt`` are, and its place among the classes otherwise."""
    numbers = [int(name) for name in classes if name.isascii() and name.isdecimal() and int(name) <= IGNORED]
    return np.array(numbers if len(set(numbers)) == len(classes) else range(len(classes)), np.uint8)


def names_of(photos: Sequence[str]) -> list[str]:
    """A file name for the mask of each photo, each another: ``x.png`` of ``x.jpg``, with a number where that is taken."""
    names: list[str] = []
    taken: set[str] = set()
    for stem in (Path(photo).stem for photo in photos):
        name = next(name for name in _proposed(stem) if name.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names


def write_mask(answer: Truth, classes: Sequence[str], file: Path) -> None:
    """The class of every pixel as a PNG with a palette; ``IGNORED`` where nothing is said.

    Raises:
        RunError: something is there, or it cannot be written.
    """
    if file.exists() or file.is_symlink():
        raise RunError(f"A mask must not replace anything. Received: {quoted(file)}, which exists. Choose another folder.")
    values = values_of(classes)
    table = np.full(IGNORED + 1, IGNORED, np.uint8)
    table[: len(classes)] = values
    picture = Image.fromarray(table[paint(answer, classes)])
    picture.putpalette(_palette(values))
    facts = PngInfo()
    facts.add_text("Software", "tltool")
    with draft(file, RunError) as beside:
        picture.save(beside, format="PNG", pnginfo=facts)


def _proposed(stem: str) -> Iterator[str]:
    yield f"{stem}.png"
    yield from (f"{stem}-{number}.png" for number in count(2))


def _palette(values: np.ndarray) -> list[int]:
    """The colour of every value: those of the classes, and black."""
    palette = np.zeros((IGNORED + 1, 3), int)
    palette[values] = [colour_of(place) for place in range(len(values))]
    return [int(part) for part in palette.ravel()]
