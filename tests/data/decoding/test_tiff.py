"""TIFFs: numbers of every depth come out as bright as they are, and whatever is no photo is refused for what it is."""

import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from corpus import encoded, scene
from PIL import Image

from tltool.data.decoding.decoder import decode
from tltool.errors import DataError

GREY = np.asarray(Image.fromarray(scene()).convert("L"))  # [40, 60]
BYTE, ASCII, SHORT, LONG = 1, 2, 3, 4
SIZES = {BYTE: "B", SHORT: "H", LONG: "I"}


def tiff(
    data: bytes,
    width: int = 60,
    height: int = 40,
    bits: int = 8,
    photometric: int = 1,
    channels: int = 1,
    order: str = "<",
    compression: int = 1,
    below: bytes = b"",
    **more: tuple[int, list[int] | bytes],
) -> bytes:
    """A TIFF of one strip; ``more`` are entries by tag, as ``t271=(ASCII, b"maker")``; ``below`` is a directory for SubIFDs."""
    entries = {
        256: (SHORT, [width]),
        257: (SHORT, [height]),
        258: (SHORT, [bits] * channels),
        259: (SHORT, [compression]),
        262: (SHORT, [photometric]),
        273: (LONG, [0]),
        277: (SHORT, [channels]),
        278: (SHORT, [height]),
        279: (LONG, [len(data)]),
        **{int(tag[1:]): entry for tag, entry in more.items()},
    }
    if below:
        entries[330] = (LONG, [0])
    raw = {
        tag: value if kind == ASCII else struct.pack(f"{order}{len(value)}{SIZES[kind]}", *value) for tag, (kind, value) in entries.items()
    }
    place, outside, places = 8 + 2 + 12 * len(raw) + 4, b"", {}
    for tag in sorted(raw):
        if len(raw[tag]) > 4:
            places[tag] = place + len(outside)
            outside += raw[tag] + b"\0" * (len(raw[tag]) % 2)
    raw[273] = struct.pack(order + "I", place + len(outside))
    if below:
        raw[330] = struct.pack(order + "I", place + len(outside) + len(data) + len(data) % 2)
    rows = [
        struct.pack(order + "HHI", tag, entries[tag][0], len(entries[tag][1]))
        + (struct.pack(order + "I", places[tag]) if tag in places else raw[tag].ljust(4, b"\0"))
        for tag in sorted(raw)
    ]
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IH", 8, len(rows)) + b"".join(rows) + bytes(4) + outside + data + b"\0" * (len(data) % 2) + below


def directory(*entries: tuple[int, int, int]) -> bytes:
    """(tag, kind, number) as a directory of its own, little-endian."""
    return struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries) + bytes(4)


def packed_in_twelve_bits(grey: np.ndarray) -> bytes:
    pairs = (grey.astype(np.uint32) * 4095 // 255).reshape(-1, 2)
    return np.stack([pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], 1).astype(np.uint8).tobytes()


@pytest.mark.parametrize("compression", [1, 8])
def test_twelve_bits_are_as_bright_as_eight(compression):
    data = packed_in_twelve_bits(GREY)
    content = tiff(zlib.compress(data) if compression == 8 else data, bits=12, compression=compression)
    assert np.abs(decode(content).astype(int) - GREY[..., None]).max() <= 1


@pytest.mark.parametrize("bits", [8, 16])
def test_where_0_is_white_the_photo_is_no_negative(bits):
    stored = (255 - GREY).astype("<u2") * 257 if bits == 16 else 255 - GREY
    assert np.abs(decode(tiff(stored.tobytes(), bits=bits, photometric=0)).astype(int) - GREY[..., None]).max() <= 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"bits": 16, "channels": 13}, "has 13 bands"),
        ({"bits": 8, "channels": 5}, "has 5 bands"),
        ({"bits": 16, "t339": (SHORT, [2])}, "signed 16-bit"),
        ({"bits": 32, "t339": (SHORT, [2])}, "signed 32-bit"),
        ({"bits": 32, "t339": (SHORT, [3])}, "32-bit floating-point"),
        ({"bits": 16, "t339": (SHORT, [3])}, "16-bit floating-point"),
        ({"bits": 64, "t339": (SHORT, [3])}, "64-bit floating-point"),
        ({"bits": 32}, "32-bit numbers"),
        ({"bits": 10}, "10 bits per channel"),
        ({"bits": 14}, "14 bits per channel"),
        ({"bits": 12, "channels": 3, "photometric": 2}, "12 bits per channel"),
        ({"bits": 8, "compression": 34712}, "method 34712"),
        ({"bits": 12, "order": ">"}, r"not supported \(1 × 12 bits"),
        ({"bits": 8, "photometric": 99}, "photometric interpretation 99"),
        ({"bits": 8, "photometric": 8, "channels": 3}, "CIELAB"),
    ],
)
def test_numbers_that_are_no_photo_are_refused_for_what_they_are(given, reason):
    with pytest.raises(DataError, match=reason) as caught:
        decode(tiff(bytes(60 * 40 * 8 * 13), **given))
    assert "damaged" not in str(caught.value)


CAMERA = {"t271": (ASCII, b"NIKON CORPORATION\0"), "t272": (ASCII, b"NIKON D7200\0")}
PREVIEW = {"t254": (LONG, [1])}
RGB_ = bytes(60 * 40 * 3)


@pytest.mark.parametrize(
    "content",
    [
        tiff(RGB_, photometric=2, channels=3, **CAMERA, **PREVIEW),
        tiff(RGB_, photometric=2, channels=3, t272=CAMERA["t272"], below=directory((262, SHORT, 32803))),
        tiff(RGB_, photometric=2, channels=3, t272=CAMERA["t272"], below=directory((262, SHORT, 34892))),
        tiff(RGB_, photometric=2, channels=3, t272=CAMERA["t272"], t50706=(BYTE, [1, 4, 0, 0])),
        tiff(bytes(60 * 40 * 2), bits=16, photometric=32803, t272=CAMERA["t272"]),
    ],
    ids=["preview of a camera", "sensor", "linear raw", "dng", "sensor only"],
)
def test_camera_raws_are_refused_by_name_with_what_to_do(content):
    with pytest.raises(DataError, match=r"camera raw file \(NIKON D7200\).*export it as JPEG"):
        decode(content)


def test_a_preview_is_not_taken_for_the_photo_behind_it():
    with pytest.raises(DataError, match="preview instead of the photo"):
        decode(tiff(RGB_, photometric=2, channels=3, **PREVIEW, below=directory((256, SHORT, 600))))
    assert decode(tiff(RGB_, photometric=2, channels=3, **PREVIEW)).shape == (40, 60, 3)  # there is no other
    assert decode(tiff(RGB_, photometric=2, channels=3, **CAMERA)).shape == (40, 60, 3)  # a camera's own TIFF


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0" + bytes(30), "camera raw"),
        (b"\0\0\0\x18ftypcrx " + bytes(30), "CR3"),
        (b"IIRO\x08\0\0\0" + bytes(30), "ORF"),
        (b"IIU\0\x08\0\0\0" + bytes(30), "RW2"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(30), "RAF"),
        (b"FOVb" + bytes(30), "X3F"),
        (b"\xff\x0a" + bytes(30), "JPEG XL"),
        (b"\0\0\0\x0cjP  " + bytes(30), "JPEG 2000"),
        (b"8BPS\0\1" + bytes(30), "Photoshop"),
    ],
)
def test_other_cameras_and_programs_are_known_by_their_first_bytes(head, kind):
    with pytest.raises(DataError, match=f"{kind}.*export it as JPEG"):
        decode(head if kind != "camera raw" else head[:16] + directory((262, SHORT, 6)))


def test_pillow_says_nothing_on_stderr(tmp_path):
    contents = [
        tiff(bytes(60 * 40 * 26), bits=16, channels=13),
        tiff(b"no deflate", compression=8),
        encoded(Image.fromarray(scene()), "TIFF", compression="tiff_lzw")[:-300],
    ]
    for i, content in enumerate(contents):
        (tmp_path / f"{i}.tif").write_bytes(content)
    program = (
        "import sys\nfrom tltool.data.decoding import decoder\nfrom tltool.errors import DataError\ndecoder.INSPECTORS.pop('TIFF')\n"
        "for path in sys.argv[1:]:\n    try: decoder.decode(path, 32)\n    except DataError: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *map(str, tmp_path.iterdir())], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
