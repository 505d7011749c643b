import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from corpus import CASES, encoded, in_mode, orientation, raw_png, scene, stored
from hypothesis import given, settings, strategies as st
from PIL import Image, features

from tltool.data.decoding.decoder import decode, decode_tiled
from tltool.data.decoding.signatures import FORMATS, sniff
from tltool.errors import DataError, SpecError

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")  # pytest lifts the decoder's own filter
LOSSY = ("JPEG", "WEBP", "AVIF")


def stored_sideways(pixels, value):
    return np.asarray(stored(Image.fromarray(pixels), value))


@pytest.mark.parametrize(("kind", "mode", "options"), CASES)
def test_every_mode_and_format_becomes_rgb_with_the_right_colours(kind, mode, options):
    photo = in_mode(scene(), mode)
    seen = decode(encoded(photo, kind, **options))
    grey = np.repeat(np.asarray(in_mode(scene(), "L"))[..., None], 3, axis=-1)
    wanted = {"1": np.asarray(photo.convert("RGB")), "L": grey, "LA": grey, "I;16": grey, "P": np.asarray(photo.convert("RGB"))}.get(
        mode, scene()
    )
    assert seen.shape == (40, 60, 3) and seen.dtype == np.uint8
    assert seen.flags.writeable and seen.flags.c_contiguous
    assert np.abs(seen.astype(int) - wanted).mean() <= (3 if kind in LOSSY or options else 1)


@pytest.mark.parametrize(("kind", "mode", "options"), [case for case in CASES if case[0] not in ("GIF", "BMP")])
def test_the_eight_orientations_of_a_photo_decode_alike(kind, mode, options):
    upright = in_mode(scene(), mode)
    for size in (None, 24):
        seen = []
        for value in range(1, 9):
            seen.append(decode(encoded(stored(upright, value), kind, exif=orientation(value), **options), size).astype(int))
        codec = "none" if options.get("lossless") else options.get("compression", kind).upper()
        tolerance = {"JPEG": 1, "WEBP": 2, "AVIF": 2}.get(codec, 0)  # grey levels; lossy codecs code a turned photo differently
        assert max(np.abs(other - seen[0]).mean() for other in seen) <= tolerance


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", [(803, 533), (533, 803), (641, 640)])
def test_the_orientations_of_a_large_odd_sized_jpeg_decode_alike_at_a_reduced_scale(fit, shape):
    seen = [
        decode(
            encoded(Image.fromarray(stored_sideways(scene(*shape), value)), "JPEG", quality=95, exif=orientation(value)), 64, fit
        ).astype(int)
        for value in range(1, 9)
    ]
    assert max(np.abs(other - seen[0]).mean() for other in seen) <= 1
    assert max(np.abs(other - seen[0]).max() for other in seen) <= 12


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_a_reduced_jpeg_looks_like_the_whole_one(fit):
    reduced = decode(encoded(Image.fromarray(scene(1203, 801)), "JPEG", quality=95), 64, fit)
    whole = decode(encoded(Image.fromarray(scene(1203, 801)), "PNG"), 64, fit)
    assert np.abs(reduced.astype(int) - whole).mean() <= 1


def test_jpegs_are_decoded_at_the_smallest_scale_that_covers_the_target(monkeypatch):
    from PIL import ImageFile

    loaded = []
    monkeypatch.setattr(
        "PIL.JpegImagePlugin.JpegImageFile.load", lambda photo: loaded.append(photo.size) or ImageFile.ImageFile.load(photo)
    )
    jpeg = encoded(Image.fromarray(scene(1600, 800)), "JPEG")
    decode(jpeg, 100)
    decode(jpeg, 150)
    decode(jpeg, 100, "pad")
    decode(jpeg)
    assert [size for size in loaded if size] and {(200, 100), (400, 200), (200, 100), (1600, 800)} == set(loaded)


def test_crop_takes_the_centre_of_the_longer_side():
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 40:80] = 200
    assert (decode(encoded(Image.fromarray(wide), "PNG"), 40, "crop") == 200).all()
    assert (decode(encoded(Image.fromarray(wide.transpose(1, 0, 2)), "PNG"), 40, "crop") == 200).all()


def test_pad_keeps_the_whole_photo_between_black_borders():
    seen = decode(encoded(Image.new("RGB", (120, 40), (9, 200, 90)), "PNG"), 60, "pad")
    assert (seen[20:40] == (9, 200, 90)).all() and not seen[:20].any() and not seen[40:].any()


def test_stretch_keeps_both_ends():
    seen = decode(encoded(Image.fromarray(scene(300, 100)), "PNG"), 50, "stretch")
    assert seen[0, 0, 0] < 6 and seen[0, -1, 0] > 249 and seen[-1, 0, 1] > 249


def test_resizing_is_antialiased():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(decode(encoded(Image.fromarray(stripes), "PNG"), 64).astype(int) - 127).max() <= 12


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 2)])
@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_the_smallest_and_thinnest_photos_are_resized(shape, fit):
    for kind in ("PNG", "JPEG"):
        assert decode(encoded(Image.new("RGB", shape, "red"), kind), 32, fit).shape == (32, 32, 3)


def test_alpha_is_laid_over_white():
    for mode, colour in (("RGBA", (0, 0, 0, 0)), ("LA", (0, 0))):
        for kind in ("PNG", "TIFF"):
            assert (decode(encoded(Image.new(mode, (9, 9), colour), kind)) == 255).all()
    half = decode(encoded(Image.new("RGBA", (9, 9), (255, 0, 0, 128)), "PNG"))
    assert np.abs(half[0, 0].astype(int) - (255, 127, 127)).max() <= 1


def test_transparency_of_palettes_and_of_single_colours_is_laid_over_white():
    palette = Image.new("P", (9, 9), 1)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    for kind in ("PNG", "GIF"):
        assert (decode(encoded(palette, kind, transparency=1)) == 255).all()
    assert (decode(encoded(Image.new("RGB", (9, 9), (1, 2, 3)), "PNG", transparency=(1, 2, 3))) == 255).all()
    assert (decode(encoded(Image.new("L", (9, 9), 7), "PNG", transparency=7)) == 255).all()


@pytest.mark.parametrize("value", [0, 128, 257, 32768, 65535])
def test_sixteen_bits_are_scaled_and_not_cut(value):
    wanted = round(value / 257)
    for kind in ("PNG", "TIFF"):
        assert (decode(encoded(Image.fromarray(np.full((5, 7), value, np.uint16)), kind)) == wanted).all()
    big_endian = (
        b"MM\0*"
        + struct.pack(">I", 8)
        + struct.pack(">H", 8)
        + b"".join(
            struct.pack(">HHII", tag, kind, 1, number << 16 if kind == 3 else number)
            for tag, kind, number in (
                (256, 3, 1),
                (257, 3, 1),
                (258, 3, 16),
                (259, 3, 1),
                (262, 3, 1),
                (273, 4, 110),
                (277, 3, 1),
                (279, 4, 2),
            )
        )
        + struct.pack(">IH", 0, value)
    )
    assert (decode(big_endian[:-2] + struct.pack(">H", value)) == wanted).all()


@pytest.mark.parametrize(("colour", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_sixteen_bit_png_with_colour_or_alpha_is_scaled(colour, channels):
    opaque = [40000] * (channels - (channels % 2 == 0)) + [65535] * (channels % 2 == 0)
    row = b"\0" + struct.pack(f">{channels}H", *opaque) * 3
    assert np.abs(decode(raw_png(3, 2, 16, colour, row * 2)).astype(int) - 40000 / 257).max() <= 1


@pytest.mark.parametrize(("mode", "what"), [("I", "signed 32-bit"), ("F", "32-bit floating-point")])
def test_32_bit_pixels_are_refused_because_nobody_knows_their_white(mode, what):
    with pytest.raises(DataError, match=what):
        decode(encoded(Image.new(mode, (5, 5)), "TIFF"))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_an_animation_counts(kind):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
    seen = decode(encoded(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert np.abs(seen.astype(int) - (255, 0, 0)).max() <= 3


def test_a_wrong_ending_changes_nothing(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(encoded(Image.fromarray(scene()), "PNG"))
    (tmp_path / "photo").write_bytes(encoded(Image.fromarray(scene()), "PNG"))
    assert (decode(tmp_path / "photo.jpg") == scene()).all() and (decode(str(tmp_path / "photo")) == scene()).all()


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("GIF", {}), ("BMP", {}), ("WEBP", {}), ("TIFF", {})]
)
def test_a_photo_cut_short_anywhere_is_refused(kind, options):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    whole = encoded(Image.fromarray(noise), kind, **options)
    for percent in range(0, 100, 4):
        with pytest.raises(DataError):
            decode(whole[: len(whole) * percent // 100], 32)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><p>404", "HTML"),
        (b"\n  <?xml?><svg/>", "XML"),
        (b"%PDF-1.7 ", "PDF"),
        (b"PK\x03\x04..", "zip"),
        (b"\0\0\0\x18ftypheic\0\0", "HEIC"),
        (b"\0\0\0\x18ftypisom", "video"),
        (b"BM, said the text file.........", "not a photo"),
        (b"\xff\xd8\xff", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"GIF89a", "damaged"),
        (b"%!PS-Adobe", "not a photo"),
    ],
)
def test_whatever_is_no_photo_is_named_with_its_reason(tmp_path, content, reason):
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(DataError, match=reason) as caught:
        decode(tmp_path / "x.jpg")
    assert str(tmp_path / "x.jpg") in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(DataError, match=reason):
        decode(content)


def test_nothing_is_printed_whatever_the_file(tmp_path):
    large = raw_png(10_000, 9_500, 1, 0, (b"\0" + bytes(1250)) * 9_500)
    torn = encoded(Image.fromarray(scene()), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    for i, content in enumerate(
        (large, torn, encoded(Image.fromarray(scene()), "TIFF")[:-200], encoded(Image.fromarray(scene()), "TIFF")[:60])
    ):
        (tmp_path / str(i)).write_bytes(content)
    program = (
        "import sys\nfrom tltool.data.decoding.decoder import decode\nfrom tltool.errors import DataError\n"
        "for path in sys.argv[1:]:\n    try: decode(path, 32)\n    except DataError: pass\n"
        "assert 'pandas' not in sys.modules and 'keras' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program, *(str(tmp_path / str(i)) for i in range(4))], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_photo_with_damaged_metadata_is_still_a_photo():
    assert decode(encoded(Image.fromarray(scene()), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")).shape == (40, 60, 3)


def test_pipes_devices_folders_and_missing_files_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    outcomes = []

    def attempt():
        for path in (tmp_path / "pipe.jpg", tmp_path / "folder.jpg", tmp_path / "loop.jpg", tmp_path / "none.jpg", "/dev/zero", "a\0b"):
            with pytest.raises(DataError) as caught:
                decode(path)
            outcomes.append(str(caught.value))

    worker = threading.Thread(target=attempt, daemon=True)
    worker.start()
    worker.join(20)
    assert len(outcomes) == 6 and "regular" in outcomes[0] and "No such file" in outcomes[3]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused_with_that_reason(tmp_path):
    (tmp_path / "x.png").write_bytes(encoded(Image.fromarray(scene()), "PNG"))
    (tmp_path / "x.png").chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        decode(tmp_path / "x.png")


def test_an_unknown_fit_is_refused():
    with pytest.raises(SpecError, match="crop, pad, stretch"):
        decode(encoded(Image.fromarray(scene()), "PNG"), 32, "squeeze")


def test_formats_outside_the_list_are_never_handed_to_pillow():
    for kind in ("PPM", "TGA", "ICO", "PCX", "SGI"):
        with pytest.raises(DataError, match="not a photo"):
            decode(encoded(Image.fromarray(scene(32, 32)), kind))


def test_formats_are_known_by_content():
    for kind in FORMATS:
        assert sniff(encoded(Image.fromarray(scene()), kind)[:64]) == kind
    assert "AVIF" in FORMATS or not features.check("avif")


WHOLE = {kind: encoded(Image.fromarray(scene(20, 14)), kind) for kind in FORMATS if kind != "AVIF"}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(WHOLE)), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8), st.sampled_from([None, 8])
)
def test_a_damaged_file_gives_a_photo_or_a_data_error(kind, changes, size):
    damaged = bytearray(WHOLE[kind])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        assert decode(bytes(damaged), size).dtype == np.uint8
    except DataError as error:
        assert str(error)


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_tiles_are_decoded_as_photos_of_their_own_are(tmp_path: Path, fit: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (9, 14, 3), np.uint8)).resize((140, 90))
    photo.save(tmp_path / "whole.png", exif=exif)
    squares, tiling = decode_tiled(tmp_path / "whole.png", 32, fit, 3)
    upright = Image.fromarray(decode(tmp_path / "whole.png"))
    assert (tiling.width, tiling.height) == upright.size and squares.shape == (10, 32, 32, 3)
    for tile, square in zip(tiling.tiles, squares, strict=True):
        upright.crop(tile.corners).save(tmp_path / "tile.png")
        away = np.abs(square.astype(int) - decode(tmp_path / "tile.png", 32, fit))
        assert away.mean() < 1, "but for the pixels beyond its border, which the filter sees"


def test_tiles_of_a_jpeg_that_is_decoded_at_a_reduced_scale_are_where_they_should_be(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 1601)[None, :, None], (1203, 1601, 3)).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "large.jpg", quality=95)
    squares, tiling = decode_tiled(tmp_path / "large.jpg", 32, "stretch", 2)
    for tile, square in zip(tiling.tiles, squares, strict=True):
        left, _, right, _ = (255 * side / 1601 for side in tile.corners)
        assert square[16, 0, 0] == pytest.approx(left + (right - left) / 64, abs=2)
        assert square[16, -1, 0] == pytest.approx(right - (right - left) / 64, abs=2)


def test_what_is_no_photo_has_no_tiles(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"A photo must be a whole, readable image file\. Received: .*a\.jpg"):
        decode_tiled(tmp_path / "a.jpg", 32, "pad", 2)
    with pytest.raises(DataError, match=r"^is "):
        decode_tiled(b"nothing", 32, "pad", 2)
