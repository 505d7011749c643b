"""Small files that would cost hours or gigabytes are refused by what they say of themselves."""

import struct
import time

import numpy as np
import pytest
from corpus import CASES, bad_files, chunk, encoded, in_mode, many_headers, many_scans, raw_png, run_length_bmp, scene, tiff
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tltool.data import claims, decoder
from tltool.data.claims import MAX_CHUNKS, MAX_SCANS, MAX_SEGMENTS, MAX_VALUES, check_claims
from tltool.data.decoder import decode
from tltool.data.signatures import sniff
from tltool.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")


@pytest.mark.parametrize("name", ["scans.jpg", "headers.jpg", "exif.jpg", "chunks.png", "lists.tif", "runs.bmp"])
def test_they_are_refused_before_pillow_is_asked(name, monkeypatch):
    content, reason = bad_files()[name]
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("Pillow was asked"))
    with pytest.raises(DataError, match=reason):
        decode(content)


@pytest.mark.parametrize("name", ["headers.jpg", "chunks.png", "runs.bmp"])
def test_without_the_check_pillow_would_believe_them(name, monkeypatch):
    monkeypatch.setattr(decoder, "check_claims", lambda data, kind: None)
    monkeypatch.setattr(decoder, "MAX_PIXELS", 1 << 20)  # enough is seen without waiting for the runs
    content, _ = bad_files()[name]
    if name == "runs.bmp":
        with pytest.raises(DataError, match="pixels, more than"):
            decode(content)
    else:
        assert decode(content, 8).shape == (8, 8, 3)


def test_what_lies_just_below_a_limit_is_decoded():
    assert decode(many_scans(MAX_SCANS - 20), 16).shape == (16, 16, 3)
    assert decode(many_headers(MAX_SEGMENTS - 20), 16).shape == (16, 16, 3)
    assert decode(raw_png(8, 8, 8, 0, bytes(72), before=chunk(b"prVt", b"") * (MAX_CHUNKS - 10)), 8).shape == (8, 8, 3)
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
        check_claims(tiff([(273, 4, MAX_VALUES + 1, 8)], order=order), "TIFF")
    check_claims(tiff([(273, 4, MAX_VALUES, 8), (700, 1, MAX_VALUES + 1, 8), (270, 2, MAX_VALUES + 1, 8)], order=order), "TIFF")
    mark = b"II+\0" if order == "<" else b"MM\0+"
    big = mark + struct.pack(order + "HHQQHHQQ", 8, 0, 16, 1, 273, 16, MAX_VALUES + 1, 8)
    with pytest.raises(DataError, match="list of"):
        check_claims(big, "TIFF")


@pytest.mark.parametrize(("kind", "mode", "options"), CASES)
def test_what_programs_write_is_far_below_every_limit(kind, mode, options, monkeypatch):
    for name in ("MAX_SCANS", "MAX_SEGMENTS", "MAX_JUNK_BYTES", "MAX_CHUNKS", "MAX_VALUES", "MAX_RUN_PIXELS"):
        monkeypatch.setattr(claims, name, 1 + getattr(claims, name) // 5)
    check_claims(encoded(in_mode(scene(640, 480), mode), kind, **options), kind)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM"]),
    st.binary(max_size=300) | st.lists(st.sampled_from([b"\xff", b"\xda", b"\0", b"\x08", b"\xd9", b"IEND"])).map(b"".join),
)
def test_no_content_makes_the_check_itself_fail(head, rest):
    for kind in {sniff(head + rest) or "JPEG", "PNG", "TIFF", "BMP"}:
        try:
            check_claims(head + rest, kind)
        except DataError as error:
            assert str(error).startswith("has ")


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
    for limit, wanted in ((1000, 1), (10_000, 4)):
        most.clear()
        monkeypatch.setattr(decoder, "LARGE_PIXELS", limit)
        threads = [Thread(target=decode, args=(content, 8)) for _ in range(4)]
        [thread.start() for thread in threads], [thread.join() for thread in threads]
        assert max(most) == 1 if wanted == 1 else max(most) > 1


def test_white_is_laid_under_a_photo_band_by_band(monkeypatch):
    rgba = np.random.default_rng(0).integers(0, 255, (61, 37, 4), np.uint8)
    palette = Image.fromarray(rgba[..., 0]).convert("P")
    contents = [encoded(Image.fromarray(rgba), "PNG"), encoded(palette, "PNG", transparency=3), encoded(palette, "GIF", transparency=3)]
    whole = [decode(content) for content in contents]
    monkeypatch.setattr(decoder, "BAND_PIXELS", 200)
    assert all((decode(content) == seen).all() for content, seen in zip(contents, whole))
