"""Bombs are refused before they take memory, and honest photos are not; peaks are those of a freshly started process."""

import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from corpus import raw_png
from PIL import Image

from tltool.data.decoding import memory
from tltool.data.decoding.header import Header

PROGRAM = """
import json, sys
from pathlib import Path
from tltool.data.decoding import decoder
from tltool.errors import DataError
def peak():
    return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
works = {"fitted": lambda data: decoder.decode(data, 224), "whole": decoder.decode, "examined": lambda data: decoder.examine(data, 32)}
names, paths = sys.argv[1].split(), sys.argv[2:]
for path in paths:
    outcomes = []
    for work in map(works.get, names):
        try:
            work(Path(path).read_bytes())
            outcomes.append("photo")
        except DataError as error:
            outcomes.append(str(error))
    print(json.dumps([peak(), *outcomes]))
"""


def outcomes(tmp_path, works, *contents):
    """For each content: the peak so far, in MiB, and what came of it by each of ``works``."""
    paths = [tmp_path / str(i) for i in range(len(contents))]
    for path, content in zip(paths, contents):
        path.write_bytes(content)
    done = subprocess.run([sys.executable, "-c", PROGRAM, works, *map(str, paths)], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def tiled(side):
    """A TIFF of 16 × 16 pixels in one tile of ``side`` × ``side``."""
    values = [
        (256, 3, 16),
        (257, 3, 16),
        (258, 3, 8),
        (259, 3, 8),
        (262, 3, 2),
        (277, 3, 3),
        (284, 3, 1),
        (322, 4, side),
        (323, 4, side),
        (324, 4, 8 + 2 + 11 * 12 + 4),
        (325, 4, 0),
    ]
    rows = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in values)
    return b"II*\0" + struct.pack("<IH", 8, len(values)) + rows + bytes(4)


def webp(width, height):
    """A lossless WebP of one colour, in 34 bytes."""
    stream = b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14 | 1 << 28) + bytes.fromhex("071011118888fe07")
    return b"RIFF" + struct.pack("<I", 26) + b"WEBPVP8L" + struct.pack("<I", len(stream)) + stream + b"\0"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_bombs_are_refused_for_the_memory_they_need_before_they_take_it(tmp_path):
    bombs = [
        raw_png(13_340, 13_340, 8, 6, b""),
        raw_png(13_340, 13_340, 16, 6, b""),
        raw_png(1, 178_000_000, 1, 0, b""),
        raw_png(178_000_000, 1, 8, 2, b""),
        raw_png(50_000, 50_000, 1, 0, b""),
        tiled(20_000),
        webp(16_383, 10_860),
    ]
    for peak, *reasons in outcomes(tmp_path, "fitted whole examined", *bombs):
        assert peak < 250 and all("MB of memory" in reason for reason in reasons), reasons


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_largest_photos_that_are_read_stay_below_700_megabytes(tmp_path):
    packer, line = zlib.compressobj(1), b"\0" + bytes((200, 9, 9, 255)) * 10_000
    rows = b"".join(packer.compress(line * 100) for _ in range(60)) + packer.flush()
    for peak, seen in outcomes(tmp_path, "fitted", webp(8000, 6000), raw_png(10_000, 6_000, 8, 6, rows, packed=True)):
        assert peak < 700 and seen == "photo"


def test_what_a_photo_takes_is_reckoned_from_its_header():
    photo = Image.new("RGBA", (5000, 4000))
    needed = memory.require_memory(photo, Header(b""), 0, turns=False, is_fitted=True)
    assert needed == 2 * 4000 * (5000 * 4 + 8)  # itself and its opaque self
    grey = Image.fromarray(np.zeros((5000, 8000), np.uint16))
    assert memory.require_memory(grey, Header(b"", held=90_000_000), 1000, turns=False, is_fitted=True) == (
        1000 + 5000 * (2 * 8000 + 8) + 90_000_000
    )
