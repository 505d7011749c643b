"""The header of a BMP: run-length coded ones are unpacked in Python, run by run."""

import struct

from tltool.data.decoding.header import Header
from tltool.errors import DataError

MAX_RUN_PIXELS = 1 << 24
MAX_RUN_BYTES = 1 << 23
RUN_BYTES = 3  # of a pixel, while runs are unpacked


def inspect_bmp(data: bytes) -> Header:
    """The header of a BMP.

    Raises:
        DataError: it has too many runs, or pixels in them, as the end of a sentence.
    """
    if data[14:18] < b"\x28" or len(data) < 34:
        return Header(data)
    width, height, compression = struct.unpack_from("<ii4xI", data, 18)
    if compression not in (1, 2):
        return Header(data)
    if abs(width * height) > MAX_RUN_PIXELS:
        raise DataError(f"has {abs(width * height):,} pixels in runs, more than the {MAX_RUN_PIXELS:,} that are decoded")
    if len(data) > MAX_RUN_BYTES:
        raise DataError(f"has {len(data):,} bytes of runs, more than the {MAX_RUN_BYTES:,} that are decoded")
    return Header(data, held=RUN_BYTES * abs(width * height))
