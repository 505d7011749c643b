"""Answers as masks, whose pixel values are classes as in those that one learns from."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED
from tltool.figures.palette import hue_of, rgb
from tltool.tasks.segment.class_maps import paint


def values_of(classes: Sequence[str]) -> np.ndarray:
    """The pixel value of every class, uint8 [classes]: its own number where all classes are called by one, as those of masks without a
    ``classes.txt`` are, and its place among the classes otherwise."""
    numbers = [int(name) for name in classes if name.isascii() and name.isdecimal() and int(name) <= IGNORED]
    return np.array(numbers if len(set(numbers)) == len(classes) else range(len(classes)), np.uint8)


def mask_of(answer: Truth, classes: Sequence[str]) -> Image.Image:
    """The class of every pixel as a picture with a palette, whose values are those of the classes; ``IGNORED`` where nothing is said."""
    values = values_of(classes)
    table = np.full(IGNORED + 1, IGNORED, np.uint8)
    table[: len(classes)] = values
    picture = Image.fromarray(table[paint(answer, classes)])
    picture.putpalette(_palette(values))
    return picture


def _palette(values: np.ndarray) -> list[int]:
    """The colour of every value: those of the classes, and black."""
    palette = np.zeros((IGNORED + 1, 3), int)
    palette[values] = [rgb(hue_of(place)) for place in range(len(values))]
    return [int(part) for part in palette.ravel()]
