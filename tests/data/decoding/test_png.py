"""PNGs: the picture is held to its checksums, and metadata never cost a photo."""

import struct
import zlib

import numpy as np
import pytest
from corpus import chunk, encoded, orientation, scene
from PIL import Image, PngImagePlugin

from tltool.data.decoding.decoder import decode
from tltool.errors import DataError

PNG = encoded(Image.fromarray(scene()), "PNG")
LONG = zlib.compress(b"a" * 2_000_000)


def spoilt(name: bytes, content: bytes) -> bytes:
    return chunk(name, content)[:-1] + b"x"


def with_chunk(extra: bytes, png: bytes = PNG) -> bytes:
    return png[:33] + extra + png[33:]


@pytest.mark.parametrize(
    "extra",
    [
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LONG),
        chunk(b"zTXt", b"workflow\0\0" + LONG),
        chunk(b"iCCP", b"icc\0\0" + LONG),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + LONG),
        chunk(b"zTXt", b"Raw profile type exif\0\0not deflate"),
        chunk(b"iCCP", b"icc\0\1" + zlib.compress(b"a")),
        spoilt(b"tEXt", b"Comment\0hello"),
        spoilt(b"tIME", bytes(7)),
        chunk(b"gAMA", b"\0"),
        chunk(b"pHYs", b"\0"),
        chunk(b"cHRM", b"\0"),
        chunk(b"sRGB", b""),
        spoilt(b"tRNS", bytes(6)),
        spoilt(b"eXIf", orientation(6)[6:]),
        chunk(b"acTL", b"\0"),
        chunk(b"fcTL", b"\0"),
        chunk(b"prVt", bytes(99)),
        chunk(b"tEXt", b"\xff" * 40),
        chunk(b"zTXt", b"a\0\0") * 2000,
    ],
)
def test_no_metadata_cost_a_photo(extra):
    assert (decode(with_chunk(extra)) == scene()).all()
    behind = PNG[:-12] + extra + PNG[-12:]
    assert (decode(behind) == scene()).all()


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_a_wrong_checksum_of_the_picture_is_damage(name):
    place = PNG.index(name)
    end = place + 4 + struct.unpack(">I", PNG[place - 4 : place])[0]
    with pytest.raises(DataError, match=f"is damaged: the checksum of its {name.decode()}"):
        decode(PNG[:end] + b"xxxx" + PNG[end + 4 :])


def test_the_orientation_is_found_wherever_programs_put_it():
    turned = np.asarray(Image.fromarray(scene()).rotate(270, expand=True))
    profile = b"\nexif\n%8d\n" % len(orientation(6)) + orientation(6).hex().encode() + b"\n"
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    for extra in (
        chunk(b"eXIf", orientation(6)[6:]),
        chunk(b"tEXt", b"Raw profile type exif\0" + profile),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
    ):
        for png in (with_chunk(extra), PNG[:-12] + extra + PNG[-12:]):
            assert (decode(png) == turned).all()


def test_a_chunk_that_must_be_understood_is_named():
    with pytest.raises(DataError, match="'CgBI'"):
        decode(with_chunk(chunk(b"CgBI", bytes(4))))


def test_a_missing_end_is_no_loss():
    assert (decode(PNG[:-12]) == scene()).all() and (decode(PNG + b"something behind it") == scene()).all()


def test_transparency_counts_where_it_is_sound():
    grey = encoded(Image.new("L", (9, 9), 7), "PNG")
    assert (decode(with_chunk(chunk(b"tRNS", b"\0\7"), grey)) == 255).all()
    assert (decode(with_chunk(spoilt(b"tRNS", b"\0\7"), grey)) == 7).all()


def test_the_first_frame_of_an_animation_is_that_of_its_plain_form():
    info = PngImagePlugin.PngInfo()
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    for default in (False, True):
        content = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], default_image=default, pnginfo=info)
        assert (decode(content) == (255, 0, 0)).all()
