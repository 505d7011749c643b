"""A folder as bad as they come, made by code: every format, mode and orientation, and every kind of file that is no photo."""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from tltool.data.decoding.geometry import ORIENTATIONS
from tltool.data.decoding.signatures import FORMATS

CASES = [
    ("JPEG", "RGB", {"quality": 95}),
    ("JPEG", "RGB", {"quality": 95, "progressive": True}),
    ("JPEG", "L", {}),
    ("JPEG", "CMYK", {"quality": 95}),
    ("PNG", "1", {}),
    ("PNG", "L", {}),
    ("PNG", "LA", {}),
    ("PNG", "P", {}),
    ("PNG", "RGB", {}),
    ("PNG", "RGBA", {}),
    ("PNG", "I;16", {}),
    ("GIF", "L", {}),
    ("GIF", "P", {}),
    ("BMP", "1", {}),
    ("BMP", "L", {}),
    ("BMP", "P", {}),
    ("BMP", "RGB", {}),
    ("BMP", "RGBA", {}),
    ("WEBP", "RGB", {"quality": 95}),
    ("WEBP", "RGB", {"lossless": True}),
    ("WEBP", "RGBA", {"lossless": True}),
    ("TIFF", "1", {}),
    ("TIFF", "L", {}),
    ("TIFF", "LA", {}),
    ("TIFF", "P", {}),
    ("TIFF", "RGB", {}),
    ("TIFF", "RGBA", {}),
    ("TIFF", "CMYK", {}),
    ("TIFF", "I;16", {}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("TIFF", "RGB", {"compression": "jpeg", "quality": 95}),
]
CASES += [("AVIF", "RGB", {"quality": 95}), ("AVIF", "RGBA", {"quality": 95})] if "AVIF" in FORMATS else []
WITHOUT_EXIF = ("GIF", "BMP")
STRANGE = [
    "with space.png",
    'it\'s "quoted".png',
    "🐱.png",
    "<script>alert(1)<",
    "two\nlines.png",
    "-rf.png",
    "=cmd|calc.png",
    "a,b;c.png",
    "back\\slash.png",
    "%s{0}.png",
    "tab\there.png",
    "cr\rhere.png",
    os.fsdecode(b"caf\xe9.png"),
]


class Corpus(NamedTuple):
    """Names of the good photos, and of everything that must be named, each with a pattern of its reason."""

    good: set[str]
    bad: dict[str, str]


# Photos


def scene(width: int = 60, height: int = 40) -> np.ndarray:
    """A picture in which no turn and no flip looks like another: smooth, red to the right, green downwards, blue in a corner."""
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack([x, y, (255 - x) * (255 - y) / 255], axis=-1).astype(np.uint8)


def picture(seed: int, width: int = 60, height: int = 40) -> np.ndarray:
    """A smooth picture like no other: uint8 [height, width, 3]."""
    coarse = np.random.default_rng(seed).integers(0, 255, (4, 6, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def in_mode(pixels: np.ndarray, mode: str) -> Image.Image:
    photo = Image.fromarray(pixels)
    if mode == "I;16":
        return Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    return photo.convert(mode, dither=Image.Dither.NONE)


def encoded(photo: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    photo.save(file, kind, **options)
    return file.getvalue()


def orientation(value: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif.tobytes()


def stored(upright: Image.Image, value: int) -> Image.Image:
    """An upright photo as a camera stores it that then says ``orientation = value``."""
    return upright if value == 1 else upright.transpose(ORIENTATIONS[{6: 8, 8: 6}.get(value, value)][0])


def photos() -> Iterator[tuple[str, np.ndarray, bytes]]:
    """Every mode and format in every orientation it can hold: a name, the upright pixels [40, 60, 3], the file's content."""
    for i, (kind, mode, options) in enumerate(CASES):
        for value in (1,) if kind in WITHOUT_EXIF else range(1, 9):
            pixels = picture(10 * i + value)
            upright = in_mode(pixels, mode)
            rgb = np.asarray(in_mode(pixels, "L" if mode in ("LA", "I;16") else mode).convert("RGB"))
            exif = {} if kind in WITHOUT_EXIF else {"exif": orientation(value)}
            yield f"{kind}-{mode.replace(';', '')}-{i}-{value}.jpg", rgb, encoded(stored(upright, value), kind, **exif, **options)
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        frames = [Image.fromarray(picture(1000 + len(kind) + k)) for k in range(3)]
        rgb = np.asarray(frames[0].quantize().convert("RGB") if kind == "GIF" else frames[0])
        yield f"animated-{kind}.jpg", rgb, encoded(frames[0], kind, save_all=True, append_images=frames[1:])


# Files that are none


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def raw_png(width: int, height: int, depth: int, colour: int, rows: bytes, before: bytes = b"", packed: bool = False) -> bytes:
    """A PNG of uncompressed (or ``packed``) rows, with chunks ``before`` them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = rows if packed else zlib.compress(rows)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@cache
def bomb() -> bytes:
    """A whole PNG of 50,000 × 50,000 pixels in some 300 KB."""
    packer = zlib.compressobj(1)
    rows = b"".join([packer.compress(bytes(6251 * 100)) for _ in range(500)]) + packer.flush()  # one bit a pixel, and a byte a line
    return raw_png(50_000, 50_000, 1, 0, rows, packed=True)


def many_scans(n: int) -> bytes:
    """A progressive JPEG whose last scan is repeated ``n`` times."""
    whole = encoded(Image.fromarray(scene(64, 64)), "JPEG", progressive=True)
    last = whole[whole.rfind(b"\xff\xda") : -2]
    return whole[:-2] + last * n + whole[-2:]


def many_headers(n: int, segment: bytes = b"\xff\xfe\0\2") -> bytes:
    whole = encoded(Image.fromarray(scene()), "JPEG")
    return whole[:2] + segment * n + whole[2:]


def many_blocks(n: int) -> bytes:
    """A GIF with ``n`` empty comments in front of its picture."""
    whole = encoded(Image.fromarray(scene()).quantize(), "GIF")
    place = 13 + (3 << (whole[10] & 7) + 1)
    return whole[:place] + b"\x21\xfe\0" * n + whole[place:]


def tiff(entries: list[tuple[int, int, int, int]], rest: bytes = b"", order: str = "<") -> bytes:
    """A TIFF of a directory's (tag, type, count, value) and whatever follows."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    return start + b"".join(struct.pack(order + "HHII", *entry) for entry in entries) + bytes(4) + rest


def run_length_bmp(width: int, height: int, runs: bytes) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 0, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(1024) + runs


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Names, contents and patterns of the reasons."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    jpeg = encoded(Image.fromarray(noise), "JPEG", quality=90)
    lists = tiff([(256, 3, 1, 9), (257, 3, 1, 9), (258, 3, 1, 8), (262, 3, 1, 1), (273, 3, 300_000, 200), (279, 3, 300_000, 200)])
    files = {
        "empty.jpg": (b"", "is empty"),
        "page.jpg": (b"<!DOCTYPE html><p>404 Not Found", "HTML"),
        "drawing.png": (b"\n<?xml version='1.0'?><svg/>", "XML"),
        "text.jpg": (b"BM, said the text file, and went on for a while.", "not a photo"),
        "document.jpg": (b"%PDF-1.7 ", "PDF"),
        "archive.jpg": (b"PK\x03\x04" + bytes(30), "zip"),
        "phone.jpg": (b"\0\0\0\x18ftypheic" + bytes(30), "HEIC"),
        "film.jpg": (b"\0\0\0\x18ftypisom" + bytes(30), "video"),
        "bomb.png": (bomb(), "MB of memory"),
        "large.png": (raw_png(20_000, 9_000, 8, 2, b""), "MB of memory"),
        "scans.jpg": (many_scans(200), "scans"),
        "headers.jpg": (many_headers(2000), "headers"),
        "exif.jpg": (many_headers(100, b"\xff\xe1" + struct.pack(">H", 60_000) + b"Exif\0\0" + bytes(59_992)), "EXIF"),
        "chunks.png": (raw_png(8, 8, 8, 0, bytes(72), before=chunk(b"prVt", b"") * 110_000), "chunks"),
        "lists.tif": (lists + bytes(600_200), "list of 300,000"),
        "runs.bmp": (run_length_bmp(170_000_000, 1, b"\x01\x01\0\0" * 2), "in runs"),
        "blocks.gif": (many_blocks(110_000), "blocks in front"),
        "float.tif": (encoded(Image.new("F", (9, 9)), "TIFF"), "32-bit"),
        "<img src=x onerror=alert(1)>.jpg": (b"", "is empty"),
        "no\nphoto.jpg": (b"", "is empty"),
        "=HYPERLINK(1).jpg": (b"", "is empty"),
    }
    files |= {f"cut {percent:02}%.jpg": (jpeg[: len(jpeg) * percent // 100], "cut short|not a photo") for percent in range(4, 100, 4)}
    for kind in [kind for kind in FORMATS if kind != "JPEG"]:
        whole = encoded(Image.fromarray(noise), kind)
        files[f"half.{kind.lower()}"] = (whole[: len(whole) // 2], "damaged or cut short")
    return files


# The folder


def plant(root: Path) -> Corpus:
    """Write everything below ``root / "photos"``, as two classes of several photos each; what is linked to lies beside it."""
    folder, bad = root / "photos", {}
    for name in ("cat", "dog/inner", ".owl"):
        (folder / name).mkdir(parents=True)
    good = {name: content for name, _, content in photos()}
    good |= {name: encoded(Image.fromarray(picture(2000 + i)), "PNG") for i, name in enumerate(STRANGE)}
    for i, (name, content) in enumerate(good.items()):
        (folder / ("cat", "dog/inner")[i % 2] / name).write_bytes(content)
    for name, (content, reason) in bad_files().items():
        (folder / "cat" / name).write_bytes(content)
        bad[name] = reason
    (root / "outside.png").write_bytes(encoded(Image.fromarray(picture(3000)), "PNG"))
    (folder / ".owl" / "1.png").write_bytes(encoded(Image.fromarray(picture(3001)), "PNG"))
    (folder / "loose.png").write_bytes(encoded(Image.fromarray(picture(3002)), "PNG"))
    (folder / "dog" / "notes.txt").write_text("no photo")
    (folder / "dog" / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(30))
    os.mkfifo(folder / "cat" / "pipe.jpg")
    links = {
        "loop.jpg": "loop.jpg",
        "there.jpg": "back.jpg",
        "back.jpg": "there.jpg",
        "gone.jpg": "nowhere",
        "up": "..",
        "out.png": "../../outside.png",
    }
    for name, target in links.items():
        (folder / "cat" / name).symlink_to(target)
    bad |= {
        ".owl": "hidden folder",
        "loose.png": "not in a class folder",
        "pipe.jpg": "regular file",
        "up": "link to a folder",
        "out.png": "leads out",
        "gone.jpg": "No such file",
    } | dict.fromkeys(("loop.jpg", "there.jpg", "back.jpg"), "symbolic links")
    return Corpus(set(good), bad)


def snapshot(root: Path) -> dict[str, tuple]:
    """Everything below ``root``: names, kinds, modes, times and contents."""
    found = {}
    for folder, folders, names in os.walk(root):
        for path in (os.path.join(folder, name) for name in (*folders, *names, ".")):
            status = os.lstat(path)
            content = Path(path).read_bytes() if os.path.isfile(path) and not os.path.islink(path) else None
            target = os.readlink(path) if os.path.islink(path) else None
            found[path] = (status.st_mtime_ns, status.st_ctime_ns, status.st_mode, content, target)
    return found


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read everything; for a while, be nobody."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def smoothed(pixels: np.ndarray) -> np.ndarray:
    """For comparing through lossy codecs."""
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.BoxBlur(2))).astype(int)
