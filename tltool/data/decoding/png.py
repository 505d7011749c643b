"""The chunks of a PNG: those that make the picture are held to their checksums and go on to Pillow, the others stay behind.

A photo is whole whatever its metadata look like, as every browser has it: Pillow would refuse it for a comment with a wrong checksum or a
profile that inflates to more than a megabyte, and pass over the checksum of the picture itself.
"""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from tltool.data.decoding.header import Header
from tltool.data.decoding.jpeg import MAX_EXIF_BYTES
from tltool.errors import DataError

MAX_CHUNKS = 100_000  # 800 MB at the usual 8 KB each
MAX_TEXT_BYTES = 1 << 20  # inflated
PICTURE = (b"IHDR", b"PLTE", b"IDAT")
ORIENTATION = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")  # texts that may say which side is up


class Chunk(NamedTuple):
    """A chunk's name, its content, and all of it: length, name, content and checksum."""

    name: bytes
    content: memoryview
    whole: memoryview

    @property
    def is_sound(self) -> bool:
        return zlib.crc32(self.content, zlib.crc32(self.name)).to_bytes(4, "big") == bytes(self.whole[-4:])


def inspect_png(data: bytes) -> Header:
    """The header of a PNG, and its content without what does not make the picture.

    Raises:
        DataError: it is damaged or cut short, or has too many chunks; the end of a sentence.
    """
    chunks, kept, said = list(_chunks(data)), [], set()
    for chunk in chunks:
        if chunk.name in PICTURE:
            if not chunk.is_sound:
                raise DataError(f"is damaged: the checksum of its {chunk.name.decode()} chunk does not fit what is in it")
            kept.append(chunk.whole)
        elif chunk.name[:1].isupper() and chunk.name != b"IEND":
            raise DataError(f"has a chunk that must be understood and is not known ({chunk.name.decode('latin-1')!r})")
        elif chunk.name not in said and _counts(chunk):
            said.add(chunk.name)
            kept.append(chunk.whole)
    content = data if len(kept) == len(chunks) else b"".join((data[:8], *kept, b"\0\0\0\0IEND\xaeB`\x82"))
    return Header(content, depth=data[24] if len(data) > 24 else 8, turns=bool(said - {b"tRNS"}))


def _chunks(data: bytes) -> Iterator[Chunk]:
    view, place = memoryview(data), 8
    for _ in range(MAX_CHUNKS):
        end, name = place + 12 + int.from_bytes(view[place : place + 4], "big"), bytes(view[place + 4 : place + 8])
        if name in PICTURE and end > len(data):
            raise DataError("is damaged or cut short")
        if name == b"IEND" or end > len(data) or not name.isalpha():  # what is there may be all of the picture, as Pillow will see
            return
        yield Chunk(name, view[place + 8 : end - 4], view[place:end])
        place = end
    raise DataError(f"has more than {MAX_CHUNKS:,} chunks")


def _counts(chunk: Chunk) -> bool:
    """Whether a chunk that photos need not have changes how this one looks, and is fit to be read: transparency, and what may hold the
    orientation."""
    if chunk.name == b"tRNS":
        return chunk.is_sound
    if chunk.name == b"eXIf":
        return len(chunk.content) <= MAX_EXIF_BYTES and chunk.is_sound
    if chunk.name not in (b"tEXt", b"zTXt", b"iTXt") or not bytes(chunk.content[:22]).startswith(ORIENTATION):
        return False
    return len(chunk.content) <= MAX_TEXT_BYTES and chunk.is_sound and _inflates(chunk)


def _inflates(chunk: Chunk) -> bool:
    """Whether a text is not compressed, or is so to no more than ``MAX_TEXT_BYTES``."""
    _, _, rest = bytes(chunk.content).partition(b"\0")
    if chunk.name == b"tEXt" or (chunk.name == b"iTXt" and rest[:1] == b"\0"):
        return True
    packed = rest[1:] if chunk.name == b"zTXt" else rest[2:].split(b"\0", 2)[-1]
    try:
        return len(zlib.decompressobj().decompress(packed, MAX_TEXT_BYTES)) < MAX_TEXT_BYTES
    except zlib.error:
        return False
