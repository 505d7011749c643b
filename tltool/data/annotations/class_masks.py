"""A picture whose pixel values, or colours, are classes: loaded without trust, turned as its photo is, its values made class indices."""

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
COLOURED_MODES = ("RGB", "RGBA", "P")
COLOUR = 1 << 24  # from here on a value is a colour


class Region(NamedTuple):
    """The pixels of one class in a mask: their value, 0…255 or a colour as ``colour_of`` has it, and how many there are."""

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


def colour_of(red: int, green: int, blue: int) -> int:
    """The value of pixels of that colour, each part 0…255."""
    return COLOUR | red << 16 | green << 8 | blue


def load_values(path: str, sizes: Sequence[tuple[int, int]], coloured: bool = False) -> np.ndarray:
    """The pixel values of a mask as stored, uint8 [height, width]; indices where it has a palette, 0 and 1 where it has one bit.

    Args:
        sizes: (width, height) that it may have; nothing is decoded of any other.
        coloured: take colours as values where it has some, int32 [height, width].

    Raises:
        Unusable: no PNG, of more than 8 bits, damaged, or of another size; or in colours where they are not asked for.
    """
    try:
        content = read_bytes(path, LARGEST)
        if content[:8] != b"\x89PNG\r\n\x1a\n":
            raise Unusable("is no PNG; other formats change the values of pixels")
        with PngImageFile(io.BytesIO(inspect_png(content).content)) as picture:
            _check(picture, sizes, (*MODES, *COLOURED_MODES) if coloured else MODES)
            if not coloured or picture.mode not in COLOURED_MODES:
                return np.array(picture).astype(np.uint8)
            red, green, blue = np.moveaxis(np.array(picture.convert("RGB")).astype(np.int32), 2, 0)
            return COLOUR | red << 16 | green << 8 | blue
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
        values = load_values(mask.path, [stored], any(region.value >= COLOUR for region in mask.regions))
    except Unusable as error:
        raise DataError(f"A mask must be as it was when it was read. Received: {quoted(mask.path)}, which {error}.") from None
    found = _indices(values, {region.value: classes.index(region.label) for region in mask.regions if region.label in classes})
    return found if mask.orientation == 1 else turn(stored, mask.orientation).mask(found, (width, height))


def _indices(values: np.ndarray, places: dict[int, int]) -> np.ndarray:
    """The place of every value, uint8; ``IGNORED`` for those that have none."""
    if values.dtype == np.uint8:
        return np.array([places.get(value, IGNORED) for value in range(256)], np.uint8)[values]
    known = np.array([*sorted(places), 2 * COLOUR])  # the last one is beyond all colours
    at = np.searchsorted(known, values)
    indices = np.array([places.get(value, IGNORED) for value in known.tolist()], np.uint8)
    return np.where(known[at] == values, indices[at], np.uint8(IGNORED))


def _check(picture: Image.Image, sizes: Sequence[tuple[int, int]], modes: Sequence[str]) -> None:
    if picture.mode not in modes:
        how = "" if picture.mode not in COLOURED_MODES else ", or say in class_dict.csv which class each colour (name, r, g, b) is"
        raise Unusable(f"is of the mode {picture.mode}; write each class as a number from 0 to 254, in grey or with a palette{how}")
    if picture.size not in sizes:
        wanted = f"{sizes[0][0]} × {sizes[0][1]}"
        raise Unusable(f"has {picture.width} × {picture.height} pixels for a photo of {wanted}")
