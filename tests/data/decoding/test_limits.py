"""Small files that would cost hours or gigabytes are refused by what they say of themselves."""

import struct
import time

import numpy as np
import pytest
from corpus import (
    CASES,
    bad_files,
    chunk,
    encoded,
    in_mode,
    many_blocks,
    many_headers,
    many_scans,
    raw_png,
    run_length_bmp,
    scene,
    tiff as directory,
)
from hypothesis import given, settings, strategies as st
from PIL import Image

from tltool.data.decoding import bmp, colour, decoder, gif, jpeg, memory, png, tiff
from tltool.data.decoding.decoder import INSPECTORS, decode
from tltool.data.decoding.gif import MAX_BLOCKS
from tltool.data.decoding.jpeg import MAX_SCANS, MAX_SEGMENTS
from tltool.data.decoding.png import MAX_CHUNKS
from tltool.data.decoding.signatures import sniff
from tltool.data.decoding.tiff import MAX_VALUES, inspect_tiff
from tltool.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")


@pytest.mark.parametrize("name", ["scans.jpg", "headers.jpg", "exif.jpg", "chunks.png", "lists.tif", "runs.bmp", "blocks.gif"])
def test_they_are_refused_before_pillow_is_asked(name, monkeypatch):
    content, reason = bad_files()[name]
    monkeypatch.setattr(decoder, "READERS", {})  # asking Pillow would be a KeyError, and no reason of these
    with pytest.raises(DataError, match=reason):
        decode(content)


@pytest.mark.parametrize("name", ["headers.jpg", "chunks.png", "runs.bmp", "blocks.gif"])
def test_without_the_check_pillow_would_believe_them(name, monkeypatch):
    monkeypatch.setattr(decoder, "INSPECTORS", {})
    content, _ = bad_files()[name]
    if name == "runs.bmp":
        monkeypatch.setattr(memory, "MAX_BYTES", 1 << 20)  # enough is seen without waiting for the runs
        with pytest.raises(DataError, match="of memory"):
            decode(content)
    else:
        assert decode(content, 8).shape == (8, 8, 3)


def test_what_lies_just_below_a_limit_is_decoded():
    assert decode(many_scans(MAX_SCANS - 20), 16).shape == (16, 16, 3)
    assert decode(many_headers(MAX_SEGMENTS - 20), 16).shape == (16, 16, 3)
    assert decode(raw_png(8, 8, 8, 0, bytes(72), before=chunk(b"prVt", b"") * (MAX_CHUNKS - 10)), 8).shape == (8, 8, 3)
    assert decode(many_blocks(MAX_BLOCKS - 20), 8).shape == (8, 8, 3)
    assert decode(run_length_bmp(4, 2, b"\4\1\0\0\4\2\0\1")).shape == (2, 4, 3)


def test_scans_of_another_file_appended_to_a_jpeg_do_not_count():
    whole = encoded(Image.fromarray(scene()), "JPEG")
    assert (decode(whole + b"\xff\xda\0\2" * 1000) == decode(whole)).all()
    thumbnail = b"\xff\xe2" + struct.pack(">H", 6002) + b"\xff\xda" * 3000
    assert (decode(whole[:2] + thumbnail + whole[2:]) == decode(whole)).all()


def test_filler_between_headers_is_counted():
    whole = encoded(Image.fromarray(scene()), "JPEG")
    assert decode(whole[:20] + bytes(1000) + whole[20:]).shape == (40, 60, 3)
    for junk in (bytes(70_000), b"\xff" * 70_000):
        with pytest.raises(DataError, match="mean nothing"):
            decode(whole[:20] + junk + whole[20:])


@pytest.mark.parametrize("order", ["<", ">"])
def test_long_lists_of_a_tiff_are_refused_and_long_texts_are_not(order):
    with pytest.raises(DataError, match="list of"):
        inspect_tiff(directory([(273, 4, MAX_VALUES + 1, 8)], order=order))
    inspect_tiff(directory([(273, 4, MAX_VALUES, 8), (700, 1, MAX_VALUES + 1, 8), (270, 2, MAX_VALUES + 1, 8)], order=order))
    mark = b"II+\0" if order == "<" else b"MM\0+"
    big = mark + struct.pack(order + "HHQQHHQQ", 8, 0, 16, 1, 273, 16, MAX_VALUES + 1, 8)
    with pytest.raises(DataError, match="list of"):
        inspect_tiff(big)


@pytest.mark.parametrize(("kind", "mode", "options"), CASES)
def test_what_programs_write_is_far_below_every_limit(kind, mode, options, monkeypatch):
    limits = {
        jpeg: ("MAX_SCANS", "MAX_SEGMENTS", "MAX_JUNK_BYTES"),
        png: ("MAX_CHUNKS",),
        tiff: ("MAX_VALUES",),
        gif: ("MAX_BLOCKS",),
        bmp: ("MAX_RUN_PIXELS", "MAX_RUN_BYTES"),
    }
    for module, names in limits.items():
        for name in names:
            monkeypatch.setattr(module, name, 1 + getattr(module, name) // 5)
    if kind in INSPECTORS:
        INSPECTORS[kind](encoded(in_mode(scene(640, 480), mode), kind, **options))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM"]),
    st.binary(max_size=300) | st.lists(st.sampled_from([b"\xff", b"\xda", b"\0", b"\x08", b"\xd9", b"IEND"])).map(b"".join),
)
def test_no_content_makes_the_check_itself_fail(head, rest):
    for kind in {sniff(head + rest) or "JPEG", "PNG", "TIFF", "BMP", "GIF", "AVIF"}:
        try:
            INSPECTORS[kind](head + rest)
        except DataError as error:
            assert str(error).startswith(("has ", "is ", "begins "))


@pytest.mark.parametrize(("place", "value", "reason"), [(4, 12, "12 bits per channel"), (9, 2, "2 channels")])
def test_jpegs_that_nobody_here_can_read_are_refused_for_what_they_are(place, value, reason):
    content = bytearray(encoded(Image.fromarray(scene()), "JPEG"))
    content[content.index(b"\xff\xc0") + place] = value
    with pytest.raises(DataError, match=reason):
        decode(bytes(content))


def test_large_photos_are_decoded_one_at_a_time(monkeypatch):
    from threading import Thread

    active, most, real = [], [], Image.Image.resize

    def resize(photo, *args, **options):
        active.append(photo)
        most.append(len(active))
        time.sleep(0.02)
        active.pop()
        return real(photo, *args, **options)

    monkeypatch.setattr(Image.Image, "resize", resize)
    content = encoded(Image.fromarray(scene(64, 64)), "PNG")
    for limit, wanted in ((1000, 1), (1 << 20, 4)):
        most.clear()
        monkeypatch.setattr(memory, "LARGE_BYTES", limit)
        threads = [Thread(target=decode, args=(content, 8)) for _ in range(4)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        assert max(most) == 1 if wanted == 1 else max(most) > 1


@pytest.mark.parametrize("size", [200, 10])
def test_photos_are_converted_part_by_part(monkeypatch, size):
    rgba = np.random.default_rng(0).integers(0, 255, (61, 37, 4), np.uint8)
    palette = Image.fromarray(rgba[..., 0]).convert("P")
    deep = Image.fromarray(rgba[..., 0].astype(np.uint16) * 257)
    contents = [
        encoded(Image.fromarray(rgba), "PNG"),
        encoded(palette, "PNG", transparency=3),
        encoded(palette, "GIF", transparency=3),
        encoded(deep, "PNG"),
        encoded(deep, "TIFF"),
        encoded(Image.fromarray(rgba[..., :3]), "PNG"),
    ]
    whole = [decode(content) for content in contents]
    monkeypatch.setattr(colour, "PART_PIXELS", size)
    assert all((decode(content) == seen).all() for content, seen in zip(contents, whole))
