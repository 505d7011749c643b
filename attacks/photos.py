"""Photos of every format and kind, damaged by chance, through the decoder: whole, at a size, and as a thumbnail."""

import random
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, features

from attacks.arena import Case, Victim
from attacks.mutations import mutate
from tltool.errors import DataError

COUNT = 10_000
SIZE = (160, 120)
LOOKS = ("crop", "pad", "stretch", "whole", "thumbnail")


def attack(ground: Path, scale: float, seed: int) -> Iterator[Case]:
    chance, kinds = random.Random(seed), seeds()
    file = ground / "photo"
    with Victim(ground) as victim:
        for number in range(int(COUNT * scale)):
            kind = chance.choice(list(kinds))
            how, damaged = mutate(chance, kinds[kind])
            file.write_bytes(damaged)
            verdict = victim.call("attacks.photos:look_at", str(file))
            if not verdict.survived:
                (ground / f"lost-{number}-{kind}").write_bytes(damaged)
            yield Case(kind, f"{number} {how}", verdict)


def make_thumbnails(file: str) -> None:
    """All that is ever done with a photo."""
    refusals = [refusal for name in LOOKS for refusal in refused(lambda name=name: look(file, name))]
    if refusals:
        raise DataError(refusals[0])


def look(file: str, name: str) -> np.ndarray:
    """``file`` at its own size, as a thumbnail, or fitted into a square."""
    from tltool.data.decoding import decoder

    if name == "thumbnail":
        return decoder.examine(Path(file).read_bytes(), 32)[0]
    return decoder.decode(Path(file)) if name == "whole" else decoder.decode(Path(file), 224, name)


def refused(seen: Callable[[], np.ndarray]) -> list[str]:
    """Why ``seen`` gave no pixels; the error itself would hold the memory of all that it went through."""
    try:
        pixels = seen()
    except DataError as error:
        return [str(error)]
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 3, (pixels.dtype, pixels.shape)
    return []


def seeds() -> dict[str, bytes]:
    """A small good photo of each kind."""
    colour = Image.fromarray(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)).resize(SIZE)
    deep = Image.fromarray(np.arange(SIZE[0] * SIZE[1], dtype=np.uint16).reshape(SIZE[1], SIZE[0]))
    exif = Image.Exif()
    exif[0x112], exif[0x10F], exif[0x11A] = 6, "camera", 72.0
    frames: dict[str, Any] = {"save_all": True, "append_images": [colour.rotate(angle) for angle in (90, 180)]}
    kinds = {
        "jpeg": saved(colour, "JPEG"),
        "jpeg-exif": saved(colour, "JPEG", exif=exif, icc_profile=b"x" * 3000),
        "jpeg-progressive": saved(colour, "JPEG", progressive=True),
        "jpeg-cmyk": saved(colour.convert("CMYK"), "JPEG"),
        "jpeg-grey": saved(colour.convert("L"), "JPEG"),
        "mpo": saved(colour, "MPO", **frames),
        "png": saved(colour, "PNG"),
        "png-alpha": saved(colour.convert("RGBA"), "PNG", exif=exif),
        "png-palette": saved(colour.quantize(16), "PNG", transparency=3),
        "png-16": saved(deep, "PNG"),
        "png-1": saved(colour.convert("1"), "PNG"),
        "png-animated": saved(colour, "PNG", **frames),
        "gif": saved(colour, "GIF"),
        "gif-animated": saved(colour, "GIF", **frames),
        "webp": saved(colour, "WEBP"),
        "webp-lossless": saved(colour.convert("RGBA"), "WEBP", lossless=True, exif=exif.tobytes()),
        "webp-animated": saved(colour, "WEBP", **frames),
        "bmp": saved(colour, "BMP"),
        "bmp-palette": saved(colour.quantize(16), "BMP"),
        "tiff-16": saved(deep, "TIFF"),
        "tiff-cmyk": saved(colour.convert("CMYK"), "TIFF"),
        "tiff-fax": saved(colour.convert("1"), "TIFF", compression="group4"),
        "jpeg2000": saved(colour, "JPEG2000"),
        "ppm": saved(colour, "PPM"),
        "tga": saved(colour, "TGA"),
        "ico": saved(colour, "ICO"),
        "pdf": saved(colour, "PDF"),
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    }
    tiffs = {f"tiff-{how}": saved(colour, "TIFF", compression=how) for how in ("raw", "tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")}
    avif = {"avif": saved(colour, "AVIF", exif=exif.tobytes())} if features.check("avif") else {}
    return kinds | tiffs | avif


def saved(photo: Image.Image, form: str, **how: Any) -> bytes:
    file = BytesIO()
    photo.save(file, form, **how)
    return file.getvalue()
