"""The one decoder: a file or its bytes → uint8 RGB at a size. Training, evaluation, prediction and calibration all read here.

Policy, the same everywhere: only allow-listed formats, by content; the first frame; EXIF orientation applied; alpha over white;
more than 8 bits scaled to 8; then Pillow's antialiased bilinear resize (a triangle filter as wide as the reduction), of the centre square
for ``crop``, of the whole photo on black for ``pad`` (as ``tf.image.resize_with_pad`` and letterboxing phones do), of the whole
photo regardless of its shape for ``stretch``. JPEGs are decoded at the smallest DCT scale that still covers the target. What each format
says of itself is read first (``data.decoding``), and no photo takes more than ``memory.MAX_BYTES``.
"""

import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO, FileIO
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
from PIL import Image

from tltool.data.decoding import memory
from tltool.data.decoding.avif import inspect_avif
from tltool.data.decoding.bmp import inspect_bmp
from tltool.data.decoding.colour import as_array, grey_histogram, highest_alpha, in_colour
from tltool.data.decoding.geometry import FITS, Box, covering, fitted, orientation_of, turned
from tltool.data.decoding.gif import inspect_gif
from tltool.data.decoding.header import Header
from tltool.data.decoding.jpeg import inspect_jpeg
from tltool.data.decoding.png import inspect_png
from tltool.data.decoding.readers import READERS
from tltool.data.decoding.rot import Watched
from tltool.data.decoding.signatures import foreign_kind, sniff
from tltool.data.decoding.tiff import describe_layout, inspect_tiff
from tltool.data.geometry import Frame
from tltool.data.tiles import Tiling
from tltool.errors import DataError, SpecError
from tltool.reading import Unfit, open_regular

VERSION = 2  # part of every cache key: raise it when the pixels of any photo change, or what is said of it
MAX_FILE_BYTES = 1 << 29
INSPECTORS: dict[str, Callable[[bytes], Header]] = {
    "JPEG": inspect_jpeg,
    "PNG": inspect_png,
    "TIFF": inspect_tiff,
    "BMP": inspect_bmp,
    "GIF": inspect_gif,
    "AVIF": inspect_avif,
}
NO_MARGINS = (0.0, 0.0, 0.0, 0.0)
_ALONE = threading.Lock()

# Damaged metadata makes Pillow warn about photos that decode well. A filter around each call would not be safe in threads.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())  # Python prints the errors that nobody listens to


class Facts(NamedTuple):
    """How a photo is stored, before it is turned upright and becomes RGB, and what its pixels are like.

    Grey levels are counted in 8 bits, where a JPEG is as small as it may be for the thumbnail.
    """

    format: str  # one of signatures.FORMATS
    width: int
    height: int
    mode: str  # Pillow's name: "RGB", "L", "CMYK", "I;16", …
    orientation: int  # EXIF, 1…8
    depth: int  # bits per channel
    levels: int  # grey levels that occur, 1…256
    darkest: int  # the lowest of them
    brightest: int
    alpha: int  # the highest there is: 0 where nothing can be seen, 255 where the photo is opaque
    damage: str  # a few words on what is wrong with a JPEG that decodes all the same; "" for nothing


class _Loaded(NamedTuple):
    """A photo that was decoded, as Pillow holds it: ``shape`` (width, height), ``turn`` (EXIF orientation) as they are stored,
    ``orientation`` as it is still to be undone, and ``margins`` (left, top, right, bottom) that decoding at a reduced scale added."""

    photo: Image.Image
    header: Header
    shape: tuple[int, int]
    turn: int
    orientation: int
    margins: Box


def decode(source: Path | str | bytes, size: int | None = None, fit: str = "crop") -> np.ndarray:
    """A photo as uint8 RGB 0–255.

    Args:
        source: path of a file, or a file's content.
        size: side of the square in pixels; None keeps the photo's own size.
        fit: ``crop`` (shorter side to ``size``, then the centre), ``pad`` (longer side, black borders) or ``stretch``.

    Returns:
        [size, size, 3], or [height, width, 3] of the upright photo when ``size`` is None.

    Raises:
        DataError: no regular file, no photo, damaged, or more than is allowed to decode. For ``bytes``, which have no name, the message
            is only the end of a sentence ("is empty").
    """
    if fit not in FITS:
        raise SpecError(f"fit must be one of {', '.join(FITS)}. Received: {fit!r}.")
    if isinstance(source, bytes):
        return _decode_bytes(source, size, fit)
    try:
        return _decode_bytes(read_photo(source), size, fit)
    except DataError as error:
        raise _no_photo(source, error) from None


def decode_framed(path: Path | str, size: int, fit: str) -> tuple[np.ndarray, Frame]:
    """``decode``, and where the upright photo lies in the square.

    Raises:
        DataError: as ``decode``.
    """
    try:
        with _loaded(read_photo(path), size, fit) as loaded:
            upright, box = _upright(loaded)
            width, height = loaded.shape[::-1] if loaded.turn >= 5 else loaded.shape
            return _writeable(fitted(upright, box, size, fit)), Frame(width, height, size, fit)
    except DataError as error:
        raise _no_photo(path, error) from None


def decode_tiled(source: Path | str | bytes, size: int, fit: str, across: int) -> tuple[np.ndarray, Tiling]:
    """``decode`` of every tile of a photo, each as if it were a photo of its own.

    Returns:
        uint8 RGB [tiles, size, size, 3] in the order of ``Tiling.tiles``, and the tiling of the upright photo.

    Raises:
        DataError: as ``decode``.
    """
    try:
        data = source if isinstance(source, bytes) else read_photo(source)
        with _loaded(data, size * across, fit) as loaded:
            upright, (left, top, right, bottom) = _upright(loaded)
            tiling = Tiling(*(loaded.shape[::-1] if loaded.turn >= 5 else loaded.shape), across)
            scale = np.array([(right - left) / tiling.width, (bottom - top) / tiling.height] * 2)
            parts = [tuple((np.array(tile.corners) * scale + [left, top] * 2).tolist()) for tile in tiling.tiles]
            return np.stack([np.asarray(fitted(upright, part, size, fit)) for part in parts]), tiling
    except DataError as error:
        raise error if isinstance(source, bytes) else _no_photo(source, error) from None


def examine(data: bytes, size: int) -> tuple[np.ndarray, Facts]:
    """A photo's content as a thumbnail and the facts about how it is stored.

    Args:
        data: the content of a file.
        size: side of the thumbnail in pixels, of the whole photo regardless of its shape (``stretch``).

    Returns:
        uint8 RGB [size, size, 3], upright, and the photo's ``Facts``.

    Raises:
        DataError: no photo, damaged, or more than is allowed to decode; the message is the end of a sentence ("is empty").
    """
    kind = sniff(data[:64])
    stream = Watched(data) if kind == "JPEG" else None
    with _loaded(data, size, "stretch", stream) as loaded:
        damage, alpha = stream.damage() if stream else "", highest_alpha(loaded.photo)
        upright, box = _upright(loaded)
        grey = np.flatnonzero(grey_histogram(upright))
        facts = Facts(
            kind, *loaded.shape, loaded.photo.mode, loaded.turn, loaded.header.depth, len(grey), int(grey[0]), int(grey[-1]), alpha, damage
        )
        return _writeable(fitted(upright, box, size, "stretch")), facts


def read_photo(path: Path | str) -> bytes:
    """The content of a regular file that starts like a photo; pipes and devices are refused, never waited for.

    Raises:
        DataError: what is wrong with it, as the end of a sentence ("is empty").
    """
    try:
        with open_regular(path, MAX_FILE_BYTES) as file:
            content = cast(FileIO, file.raw)  # a buffer would have all of it in memory twice
            head = content.read(64) or b""
            if not sniff(head):
                raise DataError(f"is {foreign_kind(head)}" if head else "is empty")
            content.seek(0)
            return content.readall()
    except Unfit as error:
        raise DataError(error.strerror) from None
    except OSError as error:
        raise DataError(f"cannot be opened: {error.strerror or error}") from None


def is_photo(path: Path | str) -> bool:
    """Whether a file can be opened and starts like a photo."""
    try:
        with open_regular(path, MAX_FILE_BYTES) as file:
            return bool(sniff(file.read(64)))
    except OSError:
        return False


def _no_photo(path: Path | str, error: DataError) -> DataError:
    return DataError(f"A photo must be a whole, readable image file. Received: {path}, which {error}.")


def _decode_bytes(data: bytes, size: int | None, fit: str) -> np.ndarray:
    with _loaded(data, size, fit) as loaded:
        upright, box = _upright(loaded)
        return as_array(upright) if size is None else _writeable(fitted(upright, box, size, fit))


@contextmanager
def _loaded(data: bytes, size: int | None, fit: str, stream: Watched | None = None) -> Iterator[_Loaded]:
    """A photo that will be fitted into ``size``, decoded at the smallest scale for that; whatever goes wrong with it, here or in what is
    done with it, is a ``DataError`` that ends a sentence."""
    with _true_reason(data) as kind:
        header = INSPECTORS.get(kind, Header)(data)
        with READERS[kind](stream or BytesIO(header.content)) as photo:
            shape, turn = photo.size, 1 if kind == "PNG" else orientation_of(photo)  # a PNG may say it behind its picture
            if kind == "TIFF" and turn >= 5:  # Pillow gives its upright size, and turns it when it decodes
                shape = shape[1], shape[0]
            drafted = photo.draft(None, covering(photo.size, size, fit)) if size else None
            file_bytes = len(data) + len(header.content) * (header.content is not data)
            needed = memory.require_memory(photo, header, file_bytes, header.turns or turn > 1, is_fitted=size is not None)
            with _ALONE if needed > memory.LARGE_BYTES else nullcontext():
                if stream:
                    stream.photo = photo
                photo.load()
                # the last drafted column and row may stand for less than a pixel
                margins = (0.0, 0.0, photo.width - drafted[1][2], photo.height - drafted[1][3]) if drafted else NO_MARGINS
                orientation = orientation_of(photo)
                yield _Loaded(photo, header, shape, turn if kind == "TIFF" else orientation, orientation, margins)


@contextmanager
def _true_reason(data: bytes) -> Iterator[str]:
    """The format of a photo; what it raises meanwhile becomes the reason that people can do something about."""
    if not (kind := sniff(data[:64])):
        raise DataError(f"is {foreign_kind(data[:64])}" if data else "is empty")
    try:
        yield kind
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError("has more pixels than are decoded") from None
    except MemoryError:
        raise DataError("needs more memory than there is") from None
    except Exception as error:  # from damaged files Pillow's readers leak OSError, SyntaxError, struct.error, KeyError, …
        if kind == "TIFF" and isinstance(error, SyntaxError) and (layout := describe_layout(data)):
            raise DataError(f"stores its pixels in a way that is not supported ({layout}); save it as RGB with 8 bits") from None
        raise DataError(f"is damaged or cut short: {str(error) or type(error).__name__}") from None


def _upright(loaded: _Loaded) -> tuple[Image.Image, Box]:
    """A photo as upright RGB or grey, and the part of it that counts."""
    picture = in_colour(loaded.photo, loaded.header)
    if picture is not loaded.photo:
        loaded.photo.close()  # a large one is not needed twice
    return turned(picture, loaded.margins, loaded.orientation)


def _writeable(photo: Image.Image) -> np.ndarray:
    return np.require(np.asarray(photo), np.uint8, ["C", "W", "O"])
