"""A picture whose pixel values are classes: loaded without trust, turned as its photo is, its values made class indices."""

import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from tltool.data.annotations.fields import Unusable
from tltool.data.decoding.png import inspect_png
from tltool.data.geometry import IGNORED, turn
from tltool.errors import DataError
from tltool.reading import read_bytes
from tltool.wording import quoted

LARGEST = 1 << 28  # bytes of a file
MODES = ("1", "L", "P")


class Region(NamedTuple):
    """The pixels of one class in a mask: their value, and how many there are."""

    label: str
    value: int
    pixels: int


class ClassMask(NamedTuple):
    """A PNG with a class for every pixel.

    Attributes:
        path: absolute.
        regions: the classes that occur in it; pixels of any other value count for nothing.
        orientation: EXIF's, of a photo whose mask is of the stored picture; 1 where it is of the upright one.
    """

    path: str
    regions: tuple[Region, ...]
    orientation: int = 1


def load_values(path: str, sizes: Sequence[tuple[int, int]]) -> np.ndarray:
    """The pixel values of a mask as stored, uint8 [height, width]; indices where it has a palette, 0 and 1 where it has one bit.

    Args:
        sizes: (width, height) that it may have; nothing is decoded of any other.

    Raises:
        Unusable: no PNG, in colours or of more than 8 bits, damaged, or of another size.
    """
    try:
        content = read_bytes(path, LARGEST)
        if content[:8] != b"\x89PNG\r\n\x1a\n":
            raise Unusable("is no PNG; other formats change the values of pixels")
        with PngImageFile(io.BytesIO(inspect_png(content).content)) as picture:
            _check(picture, sizes)
            return np.array(picture).astype(np.uint8)
    except Unusable:
        raise
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or error}") from None
    except Exception as error:  # of damaged files Pillow's readers leak SyntaxError, struct.error, …
        raise Unusable(f"is damaged or cut short: {str(error) or type(error).__name__}") from None


def class_map(mask: ClassMask, width: int, height: int, classes: Sequence[str]) -> np.ndarray:
    """Class indices uint8 [height, width] of an upright photo of that size; 255 for pixels of none of the classes.

    Raises:
        DataError: the mask is gone, or has changed.
    """
    stored = (height, width) if mask.orientation >= 5 else (width, height)
    try:
        values = load_values(mask.path, [stored])
    except Unusable as error:
        raise DataError(f"A mask must be as it was when it was read. Received: {quoted(mask.path)}, which {error}.") from None
    indices = np.full(256, IGNORED, np.uint8)
    for region in mask.regions:
        if region.label in classes:
            indices[region.value] = classes.index(region.label)
    found = indices[values]
    return found if mask.orientation == 1 else turn(stored, mask.orientation).mask(found, (width, height))


def _check(picture: Image.Image, sizes: Sequence[tuple[int, int]]) -> None:
    if picture.mode not in MODES:
        raise Unusable(f"is of the mode {picture.mode}; write each class as a number from 0 to 254, in grey or with a palette")
    if picture.size not in sizes:
        wanted = f"{sizes[0][0]} × {sizes[0][1]}"
        raise Unusable(f"has {picture.width} × {picture.height} pixels for a photo of {wanted}")
