"""Pillow's readers of the formats that are read here. Asking them by name keeps every other one out, and lets memory rather than pixels
be what is limited: ``Image.open`` refuses photos of 200 megapixels, which some phones take."""

import ctypes
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import PIL
from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile


class WebPFile(WebPImageFile):
    """A WebP of which the first frame counts: once that is there, libwebp's two canvases go before Pillow makes its own."""

    def load_prepare(self) -> None:
        self._decoder = None
        super().load_prepare()


class AvifFile(AvifImageFile):
    """An AVIF of which the first frame counts: once that is there, libavif's planes go before Pillow makes its own."""

    def load_prepare(self) -> None:
        self._decoder = None
        super().load_prepare()


READERS: dict[str, Callable[[BinaryIO], Image.Image]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "BMP": BmpImageFile,
    "GIF": GifImageFile,
    "WEBP": WebPFile,
    "TIFF": TiffImageFile,
    "AVIF": AvifFile,
}


def hush_libtiff() -> None:
    """Keep Pillow's libtiff from writing what it thinks of a damaged file to stderr, which Pillow has no way to say.

    The library lies beside Pillow in its wheels for Linux and for macOS; in one that lies elsewhere, nothing is changed.
    """
    package = Path(PIL.__file__).parent
    for library in (*package.parent.glob("pillow.libs/libtiff*"), *package.glob(".dylibs/libtiff*")):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(str(library)).TIFFSetErrorHandler(None)


hush_libtiff()
