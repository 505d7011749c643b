"""Small files that ask for much memory or time: sizes that lie, sizes that are true, and stretches that inflate."""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, features

from attacks import photos
from attacks.arena import Case, Victim

SHORT, LONG = 3, 4  # types of a TIFF entry


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    """Each look at each bomb in a victim of its own: what one takes is neither hidden nor raised by what was taken before."""
    bombs = list(BOMBS.items())
    for name, make in bombs[: max(1, int(len(bombs) * scale))]:
        file = ground / name
        file.write_bytes(make())
        for look in ("crop", "whole", "thumbnail"):
            with Victim(ground) as victim:
                yield Case(name.split()[0], f"{name}, {look}", victim.call("attacks.bombs:look", str(file), look))


def look(file: str, name: str) -> None:
    photos.look(file, name)


def png(width: int, height: int, bits: int = 8, colour: int = 2, interlaced: bool = False, extra: bytes = b"") -> bytes:
    """A PNG all of zeros, of its true size."""
    row = 1 + (width * bits * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] + 7) // 8
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced))
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + header + palette + extra + chunk(b"IDAT", zeros(row * height)) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def zeros(count: int) -> bytes:
    """``count`` zeros, deflated."""
    squeezed = zlib.compressobj(9)
    parts = [squeezed.compress(bytes(min(1 << 20, count - start))) for start in range(0, count, 1 << 20)]
    return b"".join([*parts, squeezed.flush()])


def text_png(kind: bytes, before: bytes, size: int = 200 << 20) -> bytes:
    """A small photo with an ancillary chunk that inflates to ``size``."""
    return png(64, 64, extra=chunk(kind, before + zeros(size)))


def tiff(
    width: int,
    height: int,
    data: bytes,
    samples: int = 3,
    bits: int = 8,
    compression: int = 8,
    tile: tuple[int, int] | None = None,
    rows: int | None = None,
    directories: int = 1,
) -> bytes:
    """A TIFF of one tile or strip, deflated unless said otherwise; its last directory leads back to the first where there are several."""
    size = [(322, LONG, tile[0]), (323, LONG, tile[1])] if tile else [(278, LONG, rows or height)]
    places = [(324, LONG, 8), (325, LONG, len(data))] if tile else [(273, LONG, 8), (279, LONG, len(data))]
    entries = sorted(
        [
            (256, LONG, width),
            (257, LONG, height),
            (258, SHORT, bits),
            (259, SHORT, compression),
            (262, SHORT, 2 if samples > 1 else 1),
            (277, SHORT, samples),
            *size,
            *places,
        ]
    )
    start = 8 + len(data) + len(data) % 2
    following = struct.pack("<I", start if directories > 1 else 0)
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", start) + data.ljust(start - 8, b"\0") + directory + following


def webp(width: int, height: int, lossless: bool) -> bytes:
    """A header that claims a size, and nothing behind it."""
    if lossless:
        body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(5)
    else:
        body = b"VP8 " + struct.pack("<I", 10) + b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def saved(form: str, width: int, height: int, mode: str = "RGB", **how: object) -> bytes:
    """What Pillow makes of one flat colour."""
    file = BytesIO()
    Image.new(mode, (width, height)).save(file, form, **how)
    return file.getvalue()


def jpeg_of_many_scans(width: int = 8000, height: int = 8000, scans: int = 500) -> bytes:
    """A progressive JPEG whose last scan is there again and again."""
    whole = saved("JPEG", width, height, progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[start:-2] * scans + b"\xff\xd9"


def jpeg_of_claims(width: int, height: int) -> bytes:
    """A small JPEG whose frame header claims a size."""
    whole = bytearray(saved("JPEG", 64, 64))
    frame = whole.index(b"\xff\xc0")
    whole[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def bmp(width: int, height: int, bits: int = 24, compression: int = 0, data: bytes = b"") -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    palette = bytes(1024) if bits == 8 else b""
    start = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + palette + data


def gif(width: int, height: int, frames: int = 1) -> bytes:
    """Frames of 2 × 2 on a screen that is larger."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + b"\x02\x03\x84\x51\x00\x00"
    return head + frame * frames + b"\x3b"


def noisy_png(side: int, bits: int) -> bytes:
    """An honest photo that cannot be squeezed."""
    file = BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 4), np.uint8)
    Image.fromarray(pixels if bits == 8 else pixels.view(np.uint16)[..., 0].copy()).save(file, "PNG", compress_level=1)
    return file.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "png 178 megapixels in one column": partial(png, 1, 178_000_000, 8, 0),
    "png 178 megapixels in one row": partial(png, 178_000_000, 1, 8, 0),
    "png 13,000 square, colour": partial(png, 13_000, 13_000),
    "png 13,000 square, 16 bits, alpha": partial(png, 13_000, 13_000, 16, 6),
    "png 13,000 square, interlaced": partial(png, 13_000, 13_000, 8, 6, True),
    "png 30,000 square, one bit": partial(png, 30_000, 30_000, 1, 0),
    "png 12,000 square, palette": partial(png, 12_000, 12_000, 8, 3),
    "png claims 2^31 square": lambda: png(64, 64).replace(struct.pack(">II", 64, 64), struct.pack(">II", 2**31 - 1, 2**31 - 1), 1),
    "png text of 200 MB": partial(text_png, b"zTXt", b"k\0\0"),
    "png international text of 200 MB": partial(text_png, b"iTXt", b"k\0\1\0\0\0"),
    "png profile of 200 MB": partial(text_png, b"iCCP", b"k\0\0"),
    "png 4,000 texts": lambda: png(64, 64, extra=chunk(b"zTXt", b"k\0\0" + zeros(60_000)) * 4000),
    "png noise, 7,000 square, alpha": partial(noisy_png, 7000, 8),
    "png noise, 9,000 square, 16 bits": partial(noisy_png, 9000, 16),
    "webp lossy header claims 16,383 square": partial(webp, 16_383, 16_383, False),
    "webp lossless header claims 16,384 square": partial(webp, 16_384, 16_384, True),
    "webp 13,000 square": partial(saved, "WEBP", 13_000, 13_000),
    "webp 10,000 square, lossless": partial(saved, "WEBP", 10_000, 10_000, lossless=True),
    "webp 9,000 square, alpha": partial(saved, "WEBP", 9000, 9000, "RGBA"),
    "tiff tile of 20,000 square": lambda: tiff(16, 16, zeros(20_000 * 20_000 * 3), tile=(20_000, 20_000)),
    "tiff tile claims 60,000 square": lambda: tiff(16, 16, zeros(1000), tile=(60_000, 60_000)),
    "tiff strip of 13,000 square": lambda: tiff(13_000, 13_000, zeros(13_000 * 13_000 * 3)),
    "tiff strip claims 2^31 rows": lambda: tiff(64, 64, zeros(1000), rows=2**31 - 1),
    "tiff 16-bit strip of 9,000 square": lambda: tiff(9000, 9000, zeros(9000 * 9000 * 2), samples=1, bits=16),
    "tiff raw, claims 40,000 square": lambda: tiff(40_000, 40_000, bytes(100), compression=1),
    "tiff lzw of 12,000 square": partial(saved, "TIFF", 12_000, 12_000, compression="tiff_lzw"),
    "tiff fax of 13,000 square": partial(saved, "TIFF", 13_000, 13_000, "1", compression="group4"),
    "tiff directories in a circle": lambda: tiff(64, 64, zeros(64 * 64 * 3), directories=2),
    "tiff 65,535 samples": lambda: tiff(64, 64, zeros(1000), samples=65_535),
    "jpeg 13,000 square": partial(saved, "JPEG", 13_000, 13_000),
    "jpeg 13,000 square, progressive": partial(saved, "JPEG", 13_000, 13_000, progressive=True),
    "jpeg 10,000 square, CMYK": partial(saved, "JPEG", 10_000, 10_000, "CMYK"),
    "jpeg claims 65,500 square": partial(jpeg_of_claims, 65_500, 65_500),
    "jpeg of 500 scans": jpeg_of_many_scans,
    "bmp claims 40,000 square": partial(bmp, 40_000, 40_000),
    "bmp claims 2^31 rows": partial(bmp, 8, -(2**31)),
    "bmp run lengths, 12,000 square": lambda: bmp(12_000, 12_000, 8, 1, b"\xff\0" * 600_000 + b"\0\1"),
    "gif screen of 65,535 square": partial(gif, 65_535, 65_535),
    "gif 100,000 frames": partial(gif, 64, 64, 100_000),
    "gif 13,000 square": partial(saved, "GIF", 13_000, 13_000, "P"),
    "ppm claims 10^9 square": lambda: b"P6 1000000000 1000000000 255\n",
}
if features.check("avif"):
    BOMBS |= {
        "avif 13,000 square": partial(saved, "AVIF", 13_000, 13_000, speed=10),
        "avif 8,000 square, alpha": partial(saved, "AVIF", 8000, 8000, "RGBA", speed=10),
    }
