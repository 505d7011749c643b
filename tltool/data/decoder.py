"""The one decoder: a file or its bytes → uint8 RGB at a size. Training, evaluation, prediction and calibration all read here.

Policy, the same everywhere: only allow-listed formats, by content; the first frame; EXIF orientation applied; alpha over white;
16 bits scaled to 8; then Pillow's antialiased bilinear resize (a triangle filter as wide as the reduction), of the centre square
for ``crop``, of the whole photo on black for ``pad`` (as ``tf.image.resize_with_pad`` and letterboxing phones do), of the whole
photo regardless of its shape for ``stretch``. JPEGs are decoded at the smallest DCT scale that still covers the target.
"""

import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from tltool.data.claims import MAX_EXIF_BYTES, check_claims
from tltool.data.signatures import FORMATS, foreign_kind, sniff
from tltool.errors import DataError, SpecError
from tltool.wording import shown

VERSION = 1  # part of every cache key: raise it when the pixels of any photo change
Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels
FITS = ("crop", "pad", "stretch")
MAX_BYTES = 1 << 30
MAX_PIXELS = 178_956_970  # where Pillow itself speaks of a decompression bomb; 716 MB as Pillow holds it
LARGE_PIXELS = 1 << 25  # photos with more to hold are decoded one at a time, or as many as there are cores would fill the memory
BAND_PIXELS = 1 << 20
_ALONE = threading.Lock()


class Facts(NamedTuple):
    """How a photo is stored: before it is turned upright, and before it becomes RGB."""

    format: str  # one of FORMATS
    width: int
    height: int
    mode: str  # Pillow's name: "RGB", "L", "CMYK", "I;16", …
    orientation: int  # EXIF, 1…8


# Damaged metadata makes Pillow warn about photos that decode well. A filter around each call would not be safe in threads.
warnings.filterwarnings("ignore", module=r"PIL\.")

# EXIF orientation → the turn that undoes it, and which old margin (left, top, right, bottom) becomes each new one
ORIENTATIONS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT, (2, 1, 0, 3)),
    3: (Image.Transpose.ROTATE_180, (2, 3, 0, 1)),
    4: (Image.Transpose.FLIP_TOP_BOTTOM, (0, 3, 2, 1)),
    5: (Image.Transpose.TRANSPOSE, (1, 0, 3, 2)),
    6: (Image.Transpose.ROTATE_270, (3, 0, 1, 2)),
    7: (Image.Transpose.TRANSVERSE, (3, 2, 1, 0)),
    8: (Image.Transpose.ROTATE_90, (1, 2, 3, 0)),
}


def decode(source: Path | str | bytes, size: int | None = None, fit: str = "crop") -> np.ndarray:
    """A photo as uint8 RGB 0–255.

    Args:
        source: path of a file, or a file's content.
        size: side of the square in pixels; None keeps the photo's own size.
        fit: ``crop`` (shorter side to ``size``, then the centre), ``pad`` (longer side, black borders) or ``stretch``.

    Returns:
        [size, size, 3], or [height, width, 3] of the upright photo when ``size`` is None.

    Raises:
        DataError: no regular file, no photo, damaged, or more than ``MAX_PIXELS``. For ``bytes``, which have no name, the message
            is only the end of a sentence ("is empty").
    """
    if fit not in FITS:
        raise SpecError(f"fit must be one of {', '.join(FITS)}. Received: {fit!r}.")
    if isinstance(source, bytes):
        return _decode_bytes(source, size, fit)
    try:
        return _decode_bytes(read_photo(source), size, fit)
    except DataError as error:
        raise DataError(f"A photo must be a whole, readable image file. Received: {shown(source)}, which {error}.") from None


def examine(data: bytes, size: int) -> tuple[np.ndarray, Facts]:
    """A photo's content as a thumbnail and the facts about how it is stored.

    Args:
        data: the content of a file.
        size: side of the thumbnail in pixels, of the whole photo regardless of its shape (``stretch``).

    Returns:
        uint8 RGB [size, size, 3], upright, and the photo's ``Facts``.

    Raises:
        DataError: no photo, damaged, or too large; the message is the end of a sentence ("is empty").
    """
    with _opened(data) as photo:
        kind, mode, (width, height) = sniff(data[:64]), photo.mode, photo.size
        if kind == "TIFF" and _orientation(photo) >= 5:  # Pillow gives its upright size, and turns it when it decodes
            width, height = height, width
        turn = _orientation(photo) if kind == "TIFF" else 0
        pixels = np.require(np.asarray(_resized(photo, size, "stretch")), np.uint8, ["C", "W", "O"])
        return pixels, Facts(kind, width, height, mode, turn or _orientation(photo))


def read_photo(path: Path | str) -> bytes:
    """The content of a regular file that starts like a photo; pipes and devices are refused, never waited for.

    Raises:
        DataError: what is wrong with it, as the end of a sentence ("is empty").
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            _check_regular(file)
            head = file.read(64)
            if not sniff(head):
                raise DataError(f"is {foreign_kind(head)}" if head else "is empty")
            return head + file.read()
    except OSError as error:
        raise DataError(f"cannot be opened: {error.strerror or error}") from None
    except ValueError as error:
        raise error if isinstance(error, DataError) else DataError(f"cannot be opened: {error}") from None


def is_photo(path: Path | str) -> bool:
    """Whether a file can be opened and starts like a photo."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            _check_regular(file)
            return bool(sniff(file.read(64)))
    except (OSError, ValueError):
        return False


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # opening a pipe nobody writes to would wait for ever


def _check_regular(file: BinaryIO) -> None:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise DataError("is not a regular file")
    if status.st_size > MAX_BYTES:
        raise DataError(f"is {status.st_size:,} bytes long, more than the {MAX_BYTES:,} that are read")


def _decode_bytes(data: bytes, size: int | None, fit: str) -> np.ndarray:
    with _opened(data) as photo:
        return np.require(np.asarray(_resized(photo, size, fit)), np.uint8, ["C", "W", "O"])


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """A photo whose header is read; whatever goes wrong with it is a ``DataError`` that ends a sentence."""
    if not (kind := sniff(data[:64])):
        raise DataError(f"is {foreign_kind(data[:64])}" if data else "is empty")
    try:
        check_claims(data, kind)
        with Image.open(BytesIO(data), formats=FORMATS) as photo:
            if photo.width * photo.height > MAX_PIXELS:
                raise DataError(f"has {photo.width} × {photo.height} pixels, more than the {MAX_PIXELS:,} that are decoded")
            yield photo
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(f"would decode to more than {MAX_PIXELS:,} pixels") from None
    except UnidentifiedImageError:
        raise DataError("starts like a photo and is damaged or cut short") from None
    except MemoryError:
        raise DataError("needs more memory than there is") from None
    except Exception as error:  # from damaged files Pillow's readers leak OSError, SyntaxError, struct.error, KeyError, …
        raise DataError(f"is damaged or cut short: {str(error) or type(error).__name__}") from None


def _resized(photo: Image.Image, size: int | None, fit: str) -> Image.Image:
    whole = photo.width * photo.height if photo.info.get("progressive") else 0  # its coefficients are held, at any scale
    drafted = photo.draft(None, _covering(photo.size, size, fit)) if size else None
    with _ALONE if max(whole, photo.width * photo.height) > LARGE_PIXELS else nullcontext():
        photo.load()
        # the last drafted column and row may stand for less than a pixel
        margins = (0.0, 0.0, photo.width - drafted[1][2], photo.height - drafted[1][3]) if drafted else (0.0,) * 4
        turn, order = ORIENTATIONS.get(_orientation(photo), (None, (0, 1, 2, 3)))
        upright = _rgb(photo) if turn is None else _rgb(photo).transpose(turn)
        left, top, right, bottom = (margins[i] for i in order)
        if size is None:
            return upright.convert("RGB")
        return _fitted(upright, (left, top, upright.width - right, upright.height - bottom), size, fit)


def _orientation(photo: Image.Image) -> int:
    try:
        if len(photo.info.get("exif", b"")) > MAX_EXIF_BYTES:
            return 1
        value = photo.getexif().get(0x0112, 1)
        return int(value) if value in ORIENTATIONS else 1
    except Exception:  # pixels are fine without their metadata
        return 1


def _covering(shape: tuple[float, float], size: int, fit: str) -> tuple[int, int]:
    """The smallest (width, height) that ``draft`` must not go below."""
    if fit != "pad":
        return size, size
    width, height = (max(1, round(size * side / max(shape))) for side in shape)
    return width, height


def _fitted(photo: Image.Image, box: Box, size: int, fit: str) -> Image.Image:
    """The part ``box`` of an upright photo as a square of side ``size``."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    if fit == "crop":
        short = min(width, height)
        left, top = left + (width - short) / 2, top + (height - short) / 2
        box, shape = (left, top, left + short, top + short), (size, size)
    elif fit == "pad":
        shape = _covering((width, height), size, fit)
    else:
        shape = (size, size)
    small = photo.resize(shape, Image.Resampling.BILINEAR, box=_within(box, photo.size))
    small = small if small.mode == "RGB" else small.convert("RGB")
    if small.size == (size, size):
        return small
    square = Image.new("RGB", (size, size))
    square.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
    return square


def _within(box: Box, shape: tuple[int, int]) -> Box:
    """``box`` without the last bit of rounding that would reach beyond the photo."""
    return max(box[0], 0.0), max(box[1], 0.0), min(box[2], float(shape[0])), min(box[3], float(shape[1]))


def _rgb(photo: Image.Image) -> Image.Image:
    """Any mode as RGB, or as L where the photo is grey."""
    if photo.mode.startswith("I;16"):
        return Image.fromarray(((np.asarray(photo).astype(np.uint32) + 128) // 257).astype(np.uint8))
    if photo.mode in ("I", "F"):  # there is no agreed white to scale by
        raise DataError("has 32-bit pixels, which are not supported; save it with 8 or 16 bits")
    if photo.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in photo.info:
        return _over_white(photo)
    return photo if photo.mode in ("RGB", "L") else photo.convert("RGB")


def _over_white(photo: Image.Image) -> Image.Image:
    """A photo with transparency on white, a few lines at a time: a large one need not be in memory four times."""
    result, lines = Image.new("RGB", photo.size), max(1, BAND_PIXELS // photo.width)
    for top in range(0, photo.height, lines):
        seen = photo.crop((0, top, photo.width, min(top + lines, photo.height))).convert("RGBA")
        result.paste(Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB"), (0, top))
    return result
