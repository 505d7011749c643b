"""How much memory a photo will take to decode, known from its header, and how much is allowed.

Pixels alone say little: Pillow holds 1, 2 or 4 bytes for each and a pointer for every line, a conversion needs both forms at once, and the
readers of WebP and AVIF keep several copies. A WebP may have about 50 megapixels, an AVIF as many (32 with more than 8 bits), a PNG 75 with
alpha and 130 without, a progressive JPEG 100 or more, and any other JPEG as many as the format can hold.
"""

from PIL import Image

from tltool.data.decoding.colour import is_transparent
from tltool.data.decoding.header import Header
from tltool.errors import DataError

MAX_BYTES = 656 << 20  # for one photo, all that is held at the same time
LARGE_BYTES = 128 << 20  # photos that need more are decoded one at a time, or as many as there are cores would fill the memory
PIXEL_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}  # as Pillow holds it; 4 for the others
READER_BYTES = {"WEBP": 12, "AVIF": 13, "GIF": 3}  # that a pixel takes, all in all, while these decode it: measured
DEEP_BYTES = {"AVIF": 20}  # the same, with more than 8 bits per channel
FILE_COPIES = {"WEBP": 2, "AVIF": 2}  # of the file, that these hold with ours
LINE_BYTES = 8  # a pointer
LARGEST_SIDE = 1024  # of the square that is reckoned with, whatever its side, so that all commands refuse the same photos
COLUMN_BYTES = 16  # of the weights that resizing needs, for each pixel along a side


def require_memory(photo: Image.Image, header: Header, file_bytes: int, turns: bool, is_fitted: bool) -> int:
    """The most bytes that decoding will hold at a time: the file; then the bitmap with what its reader needs, the bitmap with its
    conversion, that with its turned self, or that with what resizing or copying it out needs.

    Args:
        photo: opened, not yet loaded, and already reduced where the format can.
        file_bytes: of the file, and of what was made of it for Pillow.
        turns: whether its orientation may have to be undone.
        is_fitted: whether it becomes a square; else it is copied out at its own size.

    Raises:
        DataError: that is more than is allowed, as the end of a sentence.
    """
    width, height = photo.size
    stored = _bitmap(width, height, PIXEL_BYTES.get(photo.mode, 4))
    is_grey = photo.mode in ("1", "L") or photo.mode.startswith("I;16")
    final = _bitmap(width, height, 1 if is_grey and not is_transparent(photo) else 4)
    is_final = photo.mode in ("RGB", "L") and not is_transparent(photo)
    bytes_of = READER_BYTES if header.depth <= 8 else READER_BYTES | DEEP_BYTES
    reading = max(bytes_of.get(photo.format or "", 0) * width * height, stored + header.held)
    converting = stored + (0 if is_final else final)
    turning = 2 * final if turns else final
    lines = max(width, height) if turns else height
    sizing = turning + (4 * LARGEST_SIDE * lines + COLUMN_BYTES * (width + height) if is_fitted else 3 * width * height)
    needed = file_bytes * FILE_COPIES.get(photo.format or "", 1) + max(reading, converting, turning, sizing)
    if needed > MAX_BYTES:
        raise DataError(
            f"has {width} × {height} pixels and would take {needed / 1e6:,.0f} MB of memory to decode, more than the "
            f"{MAX_BYTES / 1e6:,.0f} MB that are given to one photo; save it smaller"
        )
    return needed


def _bitmap(width: int, height: int, pixel_bytes: int) -> int:
    return height * (LINE_BYTES + (width * pixel_bytes + 3) // 4 * 4)
