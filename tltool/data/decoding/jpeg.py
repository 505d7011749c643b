"""The headers of a JPEG. Refused is what would keep libjpeg busy for hours (it goes over the whole picture once per scan), and what no
reader here understands; libtiff, too, stops at 100 scans."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tltool.data.decoding.header import Header
from tltool.errors import DataError

MAX_SCANS = 100
MAX_SEGMENTS = 1024  # before the picture: 64 MB
MAX_EXIF_BYTES = 4 << 20  # the standard has room for 64 KB
MAX_JUNK_BYTES = 1 << 16  # between the segments
MARKER_AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # restarts belong to the scan
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
START_OF_SCAN, END_OF_IMAGE, TABLES, APP1 = 0xDA, 0xD9, 0xC4, 0xE1
CHANNELS = (1, 3, 4)
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_BARE_MARKERS = {0x01, *range(0xD0, 0xDA)}  # have no length


class Segment(NamedTuple):
    """A marker and where its content, without the length, starts and ends."""

    marker: int
    start: int
    end: int


def inspect_jpeg(data: bytes) -> Header:
    """The header of a JPEG.

    Raises:
        DataError: what it claims, as the end of a sentence ("has more than 100 scans").
    """
    exif, frame = 0, None
    for segment in segments(data):
        if segment.marker == START_OF_SCAN:
            return _of_scans(data, frame, segment)
        if segment.marker in FRAMES:
            frame = segment
            _require_photo(data, frame)
        exif += (segment.end - segment.start) * (segment.marker == APP1 and data[segment.start : segment.start + 4] == b"Exif")
        if exif > MAX_EXIF_BYTES:
            raise DataError(f"has more than {MAX_EXIF_BYTES >> 20} MB of EXIF")
    return Header(data)


def segments(data: bytes) -> Iterator[Segment]:
    """The segments in front of the picture, the last of them the start of its first scan.

    Raises:
        DataError: there are too many, or too much between them that means nothing.
    """
    place = junk = 0
    for _ in range(MAX_SEGMENTS):
        found = _MARKER.search(data, place)
        junk += (found.start() if found else len(data)) - place
        if junk > MAX_JUNK_BYTES:
            raise DataError(f"has more than {MAX_JUNK_BYTES:,} bytes between its headers that mean nothing")
        if not found:
            return
        segment = segment_at(data, found.start())
        yield segment
        if segment.marker == START_OF_SCAN:
            return
        place = segment.end
    raise DataError(f"has more than {MAX_SEGMENTS:,} headers")


def segment_at(data: bytes, place: int) -> Segment:
    """The segment whose marker is at ``place``."""
    marker, start = data[place + 1], place + 2
    if marker in _BARE_MARKERS:
        return Segment(marker, start, start)
    return Segment(marker, start + 2, start + int.from_bytes(data[start : start + 2], "big"))


def _require_photo(data: bytes, frame: Segment) -> None:
    bits, channels = data[frame.start : frame.start + 1], data[frame.start + 5 : frame.start + 6]
    if bits and bits[0] != 8:
        raise DataError(f"has {bits[0]} bits per channel, which is not supported in a JPEG; save it with 8")
    if channels and channels[0] not in CHANNELS:
        raise DataError(f"has {channels[0]} channels, and a JPEG photo has 1, 3 or 4")


def _of_scans(data: bytes, frame: Segment | None, scan: Segment) -> Header:
    """A frame in sequence whose first scan has all of its channels has no other that counts; others are gathered before they are drawn."""
    if frame is None:
        return Header(data)
    if frame.marker not in PROGRESSIVE and data[scan.start : scan.start + 1] == data[frame.start + 5 : frame.start + 6]:
        return Header(data)
    _check_scans(data, scan.start - 4)
    return Header(data, held=_coefficients(data, frame))


def _coefficients(data: bytes, frame: Segment) -> int:
    """Bytes of all coefficients: two for each sample of each channel, thinned as its sampling factors say."""
    if frame.start + 6 > len(data):
        return 0
    height, width = (int.from_bytes(data[frame.start + i : frame.start + i + 2], "big") for i in (1, 3))
    factors = [(byte >> 4, byte & 15) for byte in data[frame.start + 7 : min(frame.end, frame.start + 18) : 3]]
    most = max((h for h, _ in factors), default=1) * max((v for _, v in factors), default=1)
    return 2 * (width + 32) * (height + 32) * sum(h * v for h, v in factors) // max(1, most)


def _check_scans(data: bytes, place: int) -> None:
    if data.count(b"\xff\xda", place) <= MAX_SCANS:  # quick, and true of nearly all; another file may be appended to the others
        return
    scans = 0
    while found := MARKER_AFTER_SCAN.search(data, place):
        segment = segment_at(data, found.start())
        if segment.marker == END_OF_IMAGE:
            return
        scans += segment.marker == START_OF_SCAN
        if scans > MAX_SCANS:
            raise DataError(f"has more than {MAX_SCANS} scans")
        place = max(segment.end, found.end())
