"""JPEGs that lost data and decode all the same are known by it, and whole ones of every kind are not."""

import io

import numpy as np
import pytest
from PIL import Image

from tltool.data.decoding.decoder import examine
from tltool.data.decoding.jpeg import segments

KINDS = [{}, {"quality": 95, "subsampling": 0}, {"quality": 30}, {"optimize": True}, {"progressive": True}]


def jpeg(**options) -> bytearray:
    """A photo with something everywhere, 640 × 480."""
    coarse = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC).save(file, "JPEG", **options)
    return bytearray(file.getvalue())


def damage(content: bytes) -> str:
    return examine(bytes(content), 32)[1].damage


def middle(content: bytes) -> int:
    start = list(segments(bytes(content)))[-1].end
    return start + (len(content) - start) // 2


@pytest.mark.parametrize("options", KINDS)
def test_a_lost_sector_is_found(options):
    content = jpeg(**options)
    content[middle(content) : middle(content) + 512] = bytes(512)
    assert damage(content) in ("zeros in the picture's data", "data left over")


@pytest.mark.parametrize("options", KINDS[:4])
def test_data_that_end_before_the_picture_does_are_found(options):
    content = jpeg(**options)
    assert damage(content[: middle(content)] + b"\xff\xd9") == "data that end too early"


@pytest.mark.parametrize("options", KINDS[:4])
def test_data_that_are_left_when_the_picture_is_complete_are_found(options):
    content = jpeg(**options)
    here = middle(content)
    assert damage(content[:here] + content[here - 6000 : here] + content[here:]) == "data left over"


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("colour", [None, "white", "black", (9, 99, 200)])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_whole_photos_are_whole_blank_ones_too(options, colour, mode):
    photo = Image.open(io.BytesIO(jpeg())) if colour is None else Image.new("RGB", (2000, 1500), colour)
    file = io.BytesIO()
    photo.convert(mode).save(file, "JPEG", **options)
    assert damage(file.getvalue()) == "" and damage(file.getvalue() + bytes(999)) == ""


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (17, 9), (3000, 8), (8, 3000)])
def test_the_smallest_and_thinnest_are_whole(shape):
    for options in KINDS:
        file = io.BytesIO()
        Image.effect_noise(shape, 90).save(file, "JPEG", **options)
        assert damage(file.getvalue()) == ""


def test_restarts_and_a_picture_half_black_are_no_damage():
    half = Image.fromarray(np.asarray(Image.open(io.BytesIO(jpeg()))).copy())
    half.paste((0, 0, 0), (0, 100, 640, 480))
    for options in ({"restart_marker_rows": 1}, {"restart_marker_blocks": 3}, {}):
        file = io.BytesIO()
        half.save(file, "JPEG", **options)
        assert damage(file.getvalue()) == ""


def test_real_photos_are_whole(clothing):
    photos = sorted(clothing.glob("*/*/*.jpg"))[::19]
    assert [photo for photo in photos if damage(photo.read_bytes())] == []
