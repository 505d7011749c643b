"""The directories of a TIFF: what its numbers are, and whether they are a photo at all.

Pillow's reader knows a fixed list of layouts and calls the others damaged; a camera raw it takes for the small preview that comes first.
"""

import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from PIL.TiffImagePlugin import COMPRESSION_INFO

from tltool.data.decoding.header import Header
from tltool.data.decoding.memory import MAX_BYTES
from tltool.errors import DataError
from tltool.wording import shown

MAX_VALUES = 1 << 18  # of an entry: four strips for each of 65,536 lines
MAX_ENTRIES = 1 << 16
MAX_TEXT = 1 << 10  # of a text that is read
MAX_CHANNELS = 6  # red, green, blue (and black), and what Pillow passes over behind them
SUBFILE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
MAKE, MODEL, OFFSETS, ORIENTATION, CHANNELS, ROWS, SIZES = 271, 272, 273, 274, 277, 278, 279
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_SIZES, SUB_DIRECTORIES, KINDS_OF_NUMBERS, DNG_VERSION = 322, 323, 324, 325, 330, 339, 50706
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, YCBCR, SENSOR, LINEAR_RAW = 0, 1, 2, 3, 6, 32803, 34892
TAGS = {
    SUBFILE,
    WIDTH,
    LENGTH,
    BITS,
    COMPRESSION,
    PHOTOMETRIC,
    MAKE,
    MODEL,
    OFFSETS,
    ORIENTATION,
    CHANNELS,
    ROWS,
    SIZES,
    TILE_WIDTH,
    TILE_LENGTH,
    TILE_OFFSETS,
    TILE_SIZES,
    SUB_DIRECTORIES,
    KINDS_OF_NUMBERS,
    DNG_VERSION,
}  # whose values are read
LETTERS = {1: "B", 2: "s", 3: "H", 4: "I", 13: "I", 16: "Q"}  # of the kinds of entries that these may have
BYTES = {1: 1, 2: 1, 6: 1, 7: 1}  # kinds of entries that stay as they are, however long


class Directory(NamedTuple):
    """The entries of one directory that count here, by tag; how long the texts and bytes in it are; and where the next one is."""

    values: dict[int, tuple]
    text_bytes: int
    next: int

    def first(self, tag: int, default: int) -> int:
        """The first number of an entry, or ``default``."""
        return next((value for value in self.values.get(tag, ()) if isinstance(value, int)), default)

    def text(self, tag: int) -> str:
        return b"".join(value for value in self.values.get(tag, ()) if isinstance(value, bytes)).rstrip(b"\0 ").decode("latin-1")


def inspect_tiff(data: bytes) -> Header:
    """The header of a TIFF.

    Raises:
        DataError: it is a camera raw, or holds numbers that are no photo or that no reader here understands, or has lists that Pillow
            would read for minutes; the end of a sentence.
    """
    directories = list(_directories(data))
    if not directories:  # cut short, as its reader will say
        return Header(data)
    first = directories[0]
    _refuse_raws(data, directories)
    _require_photo(first)
    bits, channels = first.first(BITS, 1), first.first(CHANNELS, 1)
    if len(data) + 3 * first.text_bytes > MAX_BYTES:  # Pillow copies all of it when it opens the file
        raise DataError(f"has {first.text_bytes / 1e6:,.0f} MB of metadata, which is too much to be read; save it without")
    held = 3 * first.text_bytes + _part_bytes(first, bits, channels, len(data))
    white = (1 << bits) - 1 if channels == 1 and bits > 8 else 65535
    is_negative = bits == 16 and first.first(PHOTOMETRIC, BLACK_IS_ZERO) == WHITE_IS_ZERO  # with fewer bits, Pillow sees to it
    return Header(data, held, bits, first.first(ORIENTATION, 1) > 1, white, is_negative)


def describe_layout(data: bytes) -> str:
    """What the first directory says of the pixels, in a few words, where that is all there; "" where it is not."""
    first = next(_directories(data), None)
    if first is None or not {WIDTH, LENGTH} <= first.values.keys():
        return ""
    order = "II" if data[:2] == b"II" else "MM"
    return (
        f"{first.first(CHANNELS, 1)} × {first.first(BITS, 1)} bits, photometric interpretation {first.first(PHOTOMETRIC, 0)}, byte "
        f"order {order}"
    )


def _directories(data: bytes) -> Iterator[Directory]:
    """The first directory, the one behind it, and those below the first.

    Raises:
        DataError: a list in it is too long to be read.
    """
    order, is_big = "<" if data[:2] == b"II" else ">", 0x2B in data[2:4]
    try:
        first = _directory(data, struct.unpack_from(order + ("8xQ" if is_big else "4xI"), data)[0], order, is_big)
        yield first
        below = [place for place in first.values.get(SUB_DIRECTORIES, ()) if isinstance(place, int)]
        for place in [first.next, *below[:8]]:
            if place:
                yield _directory(data, place, order, is_big)
    except (struct.error, OverflowError):
        return


def _directory(data: bytes, place: int, order: str, is_big: bool) -> Directory:
    number, entry, inline = ("Q", "HHQ", 8) if is_big else ("H", "HHI", 4)
    entries = min(struct.unpack_from(order + number, data, place)[0], MAX_ENTRIES)
    values: dict[int, tuple] = {}
    text_bytes, place = 0, place + struct.calcsize(order + number)
    for _ in range(entries):
        tag, kind, count = struct.unpack_from(order + entry, data, place)
        if count > MAX_VALUES and kind not in BYTES:
            raise DataError(f"has a list of {count:,} numbers in its directory, more than the {MAX_VALUES:,} that are read")
        text_bytes += min(count * BYTES.get(kind, 0), len(data))
        place += struct.calcsize(order + entry)
        if tag in TAGS and kind in LETTERS and (count <= MAX_TEXT or kind not in BYTES):
            values[tag] = _values(data, place, f"{order}{count}{LETTERS[kind]}", order, inline)
        place += inline
    following = struct.unpack_from(order + ("Q" if is_big else "I"), data, place)[0] if place + inline <= len(data) else 0
    return Directory(values, text_bytes, following)


def _values(data: bytes, place: int, form: str, order: str, inline: int) -> tuple:
    """The values of an entry: in its own last bytes where they fit, or where these point to."""
    if struct.calcsize(form) > inline:
        place = struct.unpack_from(order + ("Q" if inline == 8 else "I"), data, place)[0]
    return struct.unpack_from(form, data, place) if place + struct.calcsize(form) <= len(data) else ()


def _refuse_raws(data: bytes, directories: list[Directory]) -> None:
    """A camera raw begins with a small preview, which is not the photo."""
    first = directories[0]
    is_preview = bool(first.first(SUBFILE, 0) & 1)
    has_sensor = any(one.first(PHOTOMETRIC, 0) in (SENSOR, LINEAR_RAW) or DNG_VERSION in one.values for one in directories)
    if has_sensor or data[8:10] == b"CR" or (is_preview and MAKE in first.values):
        camera = first.text(MODEL) or first.text(MAKE)
        raise DataError(f"is a camera raw file{f' ({shown(camera)})' if camera else ''}, which is not developed here; export it as JPEG")
    if is_preview and len(directories) > 1:
        raise DataError("begins with a small preview instead of the photo itself; save it again, as a TIFF of one picture or as JPEG")


def _require_photo(first: Directory) -> None:
    channels, kinds = first.first(CHANNELS, 1), set(first.values.get(KINDS_OF_NUMBERS, ()))
    bits, colours = set(first.values.get(BITS, ())) or {1}, first.first(PHOTOMETRIC, WHITE_IS_ZERO)
    how, most = "/".join(map(str, sorted(bits))), max(bits)
    if first.first(COMPRESSION, 1) not in COMPRESSION_INFO:
        raise DataError(f"is compressed by method {first.first(COMPRESSION, 1)}, which is not supported; save it without, or as PNG")
    if channels > MAX_CHANNELS or (channels > 2 and colours in (WHITE_IS_ZERO, BLACK_IS_ZERO, PALETTE)):
        raise DataError(f"has {channels} bands, and a photo has 1, 3 or 4; save three of them as RGB")
    if kinds & {3, 6}:
        raise DataError(f"has {how}-bit floating-point numbers, which have no agreed white; save it with 8 or 16 bits")
    if kinds & {2, 5} and most > 8:
        raise DataError(f"has signed {how}-bit numbers, which have no agreed black and white; save it with 8 or 16 bits, from 0 on")
    if most > 16:
        raise DataError(f"has {how}-bit numbers, which have no agreed white; save it with 8 or 16 bits")
    if len(bits) > 1 or (not bits <= {1, 2, 4, 8, 16} and (bits != {12} or channels > 1)):
        raise DataError(f"has {how} bits per channel, which is not supported; save it with 8 or 16 bits")


def _part_bytes(first: Directory, bits: int, channels: int, most: int) -> int:
    """What the largest strip or tile takes: as it is stored, up to ``most`` bytes, and unpacked by libtiff, which makes of YCbCr red,
    green, blue and alpha. Uncompressed ones are read up to where the next begins."""
    if first.first(COMPRESSION, 1) == 1:
        places = sorted(first.values.get(OFFSETS, ()) or first.values.get(TILE_OFFSETS, ()))
        return 2 * min(most, max((after - place for place, after in pairwise(places)), default=0))
    width, rows = first.first(WIDTH, 0), min(first.first(ROWS, 1 << 32), first.first(LENGTH, 0))
    if TILE_WIDTH in first.values:
        width, rows = first.first(TILE_WIDTH, 0), first.first(TILE_LENGTH, 0)
    pixel_bytes = max(4.0 if first.first(PHOTOMETRIC, 0) == YCBCR else 0.0, bits * channels / 8)
    stored = max(first.values.get(SIZES, ()) or first.values.get(TILE_SIZES, ()) or (0,))
    return int(width * rows * pixel_bytes) + min(most, stored)
