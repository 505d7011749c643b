"""What a file may claim before it is decoded. Pillow stops most bombs; these few small files would cost it hours or gigabytes:

* a JPEG of thousands of scans, each of which goes over the whole picture (libtiff stops at 100 as well), or of endless headers;
* a PNG of millions of empty chunks, and a TIFF whose lists are millions long: Pillow reads both in Python, one after the other;
* a run-length coded BMP, whose runs Pillow unpacks in Python, too.

No photo is held back: cameras and programs stay far below every limit.
"""

import re
import struct

from tltool.errors import DataError

MAX_SCANS = 100
MAX_SEGMENTS = 1024  # of a JPEG before its picture: 64 MB
MAX_EXIF_BYTES = 4 << 20  # the standard has room for 64 KB
MAX_JUNK_BYTES = 1 << 16  # between the segments of a JPEG
MAX_CHUNKS = 100_000  # of a PNG: 800 MB at the usual 8 KB each
MAX_VALUES = 1 << 18  # in an entry of a TIFF's directory: four strips for each of 65,536 lines
MAX_RUN_PIXELS = 1 << 24  # of a run-length coded BMP
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # restarts belong to the scan
_BARE_MARKERS = {0x01, *range(0xD0, 0xDA)}  # have no length


def check_claims(data: bytes, kind: str) -> None:
    """Refuse a file that would take unreasonably long or much to decode, by what its headers say.

    Args:
        data: the whole content.
        kind: its format, one of ``decoder.FORMATS``.

    Raises:
        DataError: what it claims, as the end of a sentence ("has more than 100 scans").
    """
    check = {"JPEG": _check_jpeg, "PNG": _check_png, "TIFF": _check_tiff, "BMP": _check_bmp}.get(kind)
    if check:
        check(data)


def _check_jpeg(data: bytes) -> None:
    place, junk, exif, components = 2, 0, 0, b""
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, place)
        junk += (found.start() if found else len(data)) - place
        if junk > MAX_JUNK_BYTES:
            raise DataError(f"has more than {MAX_JUNK_BYTES:,} bytes between its headers that mean nothing")
        if not found:
            return
        marker = data[found.start() + 1]
        if marker == 0xDA:  # a frame in sequence whose first scan has all of its components has no other that counts
            if not components or data[found.end() + 2:found.end() + 3] != components:
                _check_scans(data, found.start())
            return
        if marker in (0xC0, 0xC1):
            components = data[found.end() + 7:found.end() + 8]
        place = _behind(data, found.end(), marker)
        exif += (place - found.end()) * (marker == 0xE1 and data[found.end() + 2:found.end() + 6] == b"Exif")
        if exif > MAX_EXIF_BYTES:
            raise DataError(f"has more than {MAX_EXIF_BYTES >> 20} MB of EXIF")
    raise DataError(f"has more than {MAX_SEGMENTS:,} headers")


def _check_scans(data: bytes, place: int) -> None:
    if data.count(b"\xff\xda", place) <= MAX_SCANS:  # quick, and true of nearly all; another file may be appended to the others
        return
    scans = 0
    while found := _MARKER_AFTER_SCAN.search(data, place):
        marker = data[found.start() + 1]
        if marker == 0xD9:
            return
        scans += marker == 0xDA
        if scans > MAX_SCANS:
            raise DataError(f"has more than {MAX_SCANS} scans")
        place = _behind(data, found.end(), marker)


def _behind(data: bytes, place: int, marker: int) -> int:
    """Where the segment ends whose marker ends at ``place``."""
    return place if marker in _BARE_MARKERS else place + int.from_bytes(data[place:place + 2], "big")


def _check_png(data: bytes) -> None:
    place = 8
    for _ in range(MAX_CHUNKS):
        if place + 12 > len(data) or data[place + 4:place + 8] == b"IEND":
            return
        place += 12 + int.from_bytes(data[place:place + 4], "big")
    raise DataError(f"has more than {MAX_CHUNKS:,} chunks")


def _check_tiff(data: bytes) -> None:
    order, is_big = "<" if data[:2] == b"II" else ">", 0x2B in data[2:4]
    first, number, entry = ("8xQ", "Q", "HHQ8x") if is_big else ("4xI", "H", "HHI4x")
    try:
        place = struct.unpack_from(order + first, data)[0]
        entries = min(struct.unpack_from(order + number, data, place)[0], 1 << 16)
        for i in range(entries):
            _, kind, count = struct.unpack_from(order + entry, data, place + struct.calcsize(number) + i * struct.calcsize("=" + entry))
            if count > MAX_VALUES and kind not in (1, 2, 6, 7):  # bytes and text stay as they are
                raise DataError(f"has a list of {count:,} numbers in its directory, more than the {MAX_VALUES:,} that are read")
    except (struct.error, OverflowError):  # cut short, as its reader will say
        return


def _check_bmp(data: bytes) -> None:
    if data[14:18] < b"\x28" or len(data) < 34:
        return
    width, height, compression = struct.unpack_from("<ii4xI", data, 18)
    if compression in (1, 2) and abs(width * height) > MAX_RUN_PIXELS:
        raise DataError(f"has {abs(width * height):,} pixels in runs, more than the {MAX_RUN_PIXELS:,} that are decoded")
