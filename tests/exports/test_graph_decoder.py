from io import BytesIO

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tltool.data.decoding.decoder import decode as pillow_decode
from tltool.exports.graph_decoder import decode

SHAPES = [(91, 67), (67, 91), (400, 301), (30, 22)]


def photo(shape: tuple[int, int]) -> Image.Image:
    y, x = np.mgrid[: shape[1], : shape[0]]
    noise = np.random.default_rng(0).integers(-30, 30, (shape[1], shape[0], 3))
    waves = np.stack([128 + 80 * np.sin(x / 9), 128 + 80 * np.cos(y / 5), (x + y) % 256], axis=-1)
    return Image.fromarray(np.clip(waves + noise, 0, 255).astype("uint8"))


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    content = BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def gap(content: bytes, fit: str, size: int = 48) -> np.ndarray:
    found = decode(tf, tf.constant(content), size, fit).numpy()
    assert found.shape == (size, size, 3)
    return np.abs(found - pillow_decode(content, size, fit))


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_graph_gives_the_pixels_of_the_decoder_for_training(fit: str, shape: tuple[int, int]) -> None:
    for content in (encode(photo(shape), "JPEG"), encode(photo(shape), "PNG"), encode(photo(shape), "BMP")):
        difference = gap(content, fit)
        assert difference.max() <= 1 and difference.mean() < 0.05  # a level where rounding is a tie


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["little", "big"])
def test_exif_orientation_is_undone(orientation: int, order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[0x010F], exif[0x0112] = "maker", orientation
    for fit in ("crop", "pad"):
        difference = gap(encode(photo((91, 67)), "JPEG", exif=exif), fit)
        assert difference.max() <= 1 and difference.mean() < 0.05


def test_an_orientation_that_does_not_exist_is_ignored() -> None:
    exif = Image.Exif()
    exif[0x0112] = 9
    assert gap(encode(photo((60, 50)), "JPEG", exif=exif), "crop").max() <= 1


def test_transparent_parts_become_white() -> None:
    seen = photo((60, 50))
    seen.putalpha(Image.linear_gradient("L").resize(seen.size))
    assert gap(encode(seen, "PNG"), "crop").max() <= 1


def test_grey_photos_get_three_channels() -> None:
    for kind in ("JPEG", "PNG"):
        assert gap(encode(photo((60, 50)).convert("L"), kind), "crop").max() <= 1
