"""JPEGs that lost part of their data and decode all the same: libjpeg draws something for any data and never complains through Pillow.

Three marks of it, none of which an encoder leaves:

* a stretch of zeros in the coded picture, where the codes say that zeros mean something: a lost sector of a disk;
* the picture is complete long before its data are: a stretch was replaced by codes that stand for more than it did;
* the data end long before the picture is complete, and the rest is filled in.

A few changed bits that keep the length of what they stand for leave none, and neither does most of what befalls progressive JPEGs.
"""

import re
from io import BytesIO

from PIL import Image

from tltool.data.decoding.jpeg import FRAMES, MARKER_AFTER_SCAN, PROGRESSIVE, START_OF_SCAN, TABLES, Segment, segment_at, segments

ZEROS = re.compile(rb"\0{64,}")
SEQUENTIAL = {0xC0, 0xC1}
MAX_SCANS = 100
BLOCKS = 256  # pieces in which a picture's data are handed out, of at least ``LEAST`` bytes
LEAST = 512
MOST_LEFT = 0.02  # share of the data that may be left when the picture is complete
MOST_LATE = 0.02  # share of the lines that may come after the end of the data, beside the last few that libjpeg holds back
HELD_BACK = 48


class Watched(BytesIO):
    """The content of a JPEG, read in small pieces, that notes how much of the picture was drawn when its data ended.

    Attributes:
        photo: what is being decoded, once it is opened.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.photo: Image.Image | None = None
        self._data = data
        self._headers = list(segments(data))
        self._frame = next((one for one in self._headers if one.marker in FRAMES), None)
        self._start, self._end = self._single_scan()
        self._drawn: int | None = None

    def read(self, size: int | None = -1) -> bytes:
        place = self.tell()
        if self.photo is None or not self._end:
            return super().read(size)
        if place < self._end:
            piece = max(LEAST, (self._end - self._start) // BLOCKS)
            return super().read(min(piece, self._end - place))
        if self._drawn is None:
            self._drawn = _lines(self.photo)
        return super().read(size)

    def damage(self) -> str:
        """What is wrong with the picture that was decoded, in a few words; "" where nothing shows."""
        if self._frame is None or self.photo is None:
            return ""
        if _has_zeros(self._data, self._headers, self._frame):
            return "zeros in the picture's data"
        if not self._end:
            return ""
        if self._drawn is None:
            left = self._end - self.tell()
            return "data left over" if left > MOST_LEFT * (self._end - self._start) and left > 4 * LEAST else ""
        scale = self.photo.height / max(1, int.from_bytes(self._data[self._frame.start + 1 : self._frame.start + 3], "big"))
        late = _lines(self.photo) - self._drawn
        return "data that end too early" if late > MOST_LATE * self.photo.height + HELD_BACK * scale else ""

    def _single_scan(self) -> tuple[int, int]:
        """Where the data of the picture start and end, where they are all in one scan that is drawn as it is read; else 0, 0."""
        if self._frame is None or self._frame.marker not in SEQUENTIAL or self._headers[-1].marker != START_OF_SCAN:
            return 0, 0
        scan = self._headers[-1]
        if self._data[scan.start : scan.start + 1] != self._data[self._frame.start + 5 : self._frame.start + 6]:
            return 0, 0
        found = MARKER_AFTER_SCAN.search(self._data, scan.end)
        return (scan.end, found.start()) if found else (0, 0)


def _lines(photo: Image.Image) -> int:
    """How many lines were drawn, black ones at the bottom not counted."""
    box = photo.im.getbbox()
    return box[3] if box else 0


def _has_zeros(data: bytes, headers: list[Segment], frame: Segment) -> bool:
    """Whether a scan has a long stretch of zeros that codes of its own would not make: where its shortest code for the waves of a block
    is "no more of them", a blank part is all zeros, and the same goes for scans of brightness alone."""
    if not ZEROS.search(data, frame.end):
        return False
    tables: dict[int, int] = {}
    scan = headers[-1]
    for one in headers:
        tables |= _shortest_codes(data, one)
    for _ in range(MAX_SCANS):
        found = MARKER_AFTER_SCAN.search(data, scan.end)
        end = found.start() if found else len(data)
        if scan.marker == START_OF_SCAN and _zeros_mean_waves(data, scan, frame, tables) and ZEROS.search(data, scan.end, end):
            return True
        if not found or data[end + 1] == 0xD9:
            return False
        scan = segment_at(data, end)
        tables |= _shortest_codes(data, scan)
    return False


def _shortest_codes(data: bytes, tables: Segment) -> dict[int, int]:
    """What a code of zeros alone stands for, by the number of each table for waves in a segment."""
    found: dict[int, int] = {}
    place = tables.start
    while tables.marker == TABLES and place + 17 <= min(tables.end, len(data)):
        values = sum(data[place + 1 : place + 17])
        if data[place] >> 4 and values and place + 17 < len(data):
            found[data[place] & 15] = data[place + 17]
        place += 17 + values
    return found


def _zeros_mean_waves(data: bytes, scan: Segment, frame: Segment, tables: dict[int, int]) -> bool:
    channels = data[scan.start] if scan.start < len(data) else 0
    ends = data[scan.start + 1 + 2 * channels : scan.start + 2 + 2 * channels]
    if frame.marker in PROGRESSIVE:
        return bool(ends and ends[0])  # the first wave that this scan is about; 0 is brightness
    number = data[scan.start + 2 : scan.start + 3]
    return frame.marker in SEQUENTIAL and bool(number) and tables.get(number[0] & 15, 0) & 15 != 0
