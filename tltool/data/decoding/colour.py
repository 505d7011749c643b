"""Every mode of Pillow → RGB, or L where the photo is grey: alpha over white, more than 8 bits scaled to 8.

Large photos are converted a part at a time, so that nothing is in memory more often than it must.
"""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from tltool.data.decoding.header import Header
from tltool.errors import DataError

PART_PIXELS = 1 << 20
Part = tuple[int, int, int, int]  # left, top, right, bottom, in pixels
WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")


def parts(photo: Image.Image) -> Iterator[Part]:
    """A photo in parts of at most ``PART_PIXELS``, from the top."""
    width = min(photo.width, PART_PIXELS)
    lines = max(1, PART_PIXELS // width)
    for top in range(0, photo.height, lines):
        for left in range(0, photo.width, width):
            yield left, top, min(left + width, photo.width), min(top + lines, photo.height)


def is_transparent(photo: Image.Image) -> bool:
    """Whether a photo has alpha, a transparent colour or a palette with transparency."""
    return photo.mode in WITH_ALPHA or "transparency" in photo.info


def in_colour(photo: Image.Image, header: Header) -> Image.Image:
    """A photo as RGB, or as L where it is grey; the same object where it is so already.

    Raises:
        DataError: its numbers have no agreed white, as the end of a sentence.
    """
    if photo.mode.startswith("I;16"):
        return _in_eight_bits(photo, header)
    if photo.mode in ("I", "F"):
        raise DataError("has 32-bit numbers, which have no agreed white; save it with 8 or 16 bits")
    if photo.mode == "LAB":
        raise DataError("has CIELAB colours, which are not supported; save it as RGB")
    if is_transparent(photo):
        return _over_white(photo)
    if photo.mode in ("RGB", "L"):
        return photo
    return photo.convert("L" if photo.mode == "1" else "RGB")


def highest_alpha(photo: Image.Image) -> int:
    """0 where nothing of a photo can be seen, 255 where it is opaque somewhere or altogether."""
    if not is_transparent(photo):
        return 255
    highest = 0
    for part in parts(photo):
        highest = max(highest, int(np.asarray(photo.crop(part).convert("RGBA").getchannel("A")).max()))
        if highest == 255:
            break
    return highest


def grey_histogram(photo: Image.Image) -> np.ndarray:
    """How many pixels have each grey level: int64 [256]."""
    return np.sum([photo.crop(part).convert("L").histogram() for part in parts(photo)], axis=0)


def as_array(photo: Image.Image) -> np.ndarray:
    """An RGB or grey photo as uint8 RGB [height, width, 3]."""
    pixels = np.empty((photo.height, photo.width, 3), np.uint8)
    for left, top, right, bottom in parts(photo):
        pixels[top:bottom, left:right] = np.asarray(photo.crop((left, top, right, bottom)).convert("RGB"))
    return pixels


def _in_eight_bits(photo: Image.Image, header: Header) -> Image.Image:
    result = Image.new("L", photo.size)
    for part in parts(photo):
        values = np.minimum(np.asarray(photo.crop(part)).astype(np.uint32), header.white)
        grey = ((values * 255 + header.white // 2) // header.white).astype(np.uint8)
        result.paste(Image.fromarray(255 - grey if header.is_negative else grey), part[:2])
    return result


def _over_white(photo: Image.Image) -> Image.Image:
    result = Image.new("RGB", photo.size)
    for part in parts(photo):
        seen = photo.crop(part).convert("RGBA")
        result.paste(Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB"), part[:2])
    return result
