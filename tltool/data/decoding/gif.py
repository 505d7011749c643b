"""The blocks of a GIF in front of its first picture, which Pillow reads in Python, one after the other."""

from tltool.data.decoding.header import Header
from tltool.errors import DataError

MAX_BLOCKS = 100_000  # 25 MB at their usual 255 bytes
EXTENSION = 0x21


def inspect_gif(data: bytes) -> Header:
    """The header of a GIF.

    Raises:
        DataError: it has too many blocks, as the end of a sentence.
    """
    flags = data[10] if len(data) > 10 else 0
    place = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    blocks = 0
    while place < len(data) and data[place] == EXTENSION:
        place += 2
        while place < len(data):
            length, blocks = data[place], blocks + 1
            if blocks > MAX_BLOCKS:
                raise DataError(f"has more than {MAX_BLOCKS:,} blocks in front of its picture")
            place += 1 + length
            if not length:
                break
    return Header(data)
