"""Places: points, boxes and masks come to lie where the decoder puts the pixels, for every fit and every turn of the camera."""

import io

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from tltool.data.decoding.decoder import decode
from tltool.data.geometry import IGNORED, TURNS, Placement, place

FITS = ("crop", "pad", "stretch")
SHAPES = st.tuples(st.integers(1, 500), st.integers(1, 500))


def jpeg(photo: np.ndarray, orientation: int) -> bytes:
    """As a camera stores it, with the way it was held."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    Image.fromarray(photo).save(file, "JPEG", quality=98, subsampling=0, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("shape", [(200, 120), (120, 200)])
def test_a_spot_lies_where_its_placement_says(shape: tuple[int, int], orientation: int, fit: str) -> None:
    stored = np.zeros((*shape[::-1], 3), "uint8")
    x, y = shape[0] // 2 - 20, shape[1] // 2 + 12  # off the centre, and inside every crop
    stored[y - 4 : y + 4, x - 4 : x + 4] = 255
    seen = decode(jpeg(stored, orientation), 100, fit)[..., 0].astype(float)
    rows, columns = np.mgrid[:100, :100] + 0.5
    found = np.array([(columns * seen).sum(), (rows * seen).sum()]) / seen.sum()
    np.testing.assert_allclose(place(shape, 100, fit, orientation).points([[x, y]])[0], found, atol=0.35)


@settings(max_examples=60, deadline=None)
@given(
    shape=SHAPES, size=st.integers(1, 300), fit=st.sampled_from(FITS), orientation=st.sampled_from(sorted(TURNS)), seed=st.integers(0, 99)
)
def test_there_and_back_is_where_it_was(shape: tuple[int, int], size: int, fit: str, orientation: int, seed: int) -> None:
    there = place(shape, size, fit, orientation)
    points = np.random.default_rng(seed).uniform(0, shape, (5, 2))
    np.testing.assert_allclose(there.inverse().points(there.points(points)), points, atol=1e-6)
    left_top, right_bottom = points.min(axis=0), points.max(axis=0)
    box = np.concatenate([left_top, right_bottom])[None]
    np.testing.assert_allclose(there.inverse().boxes(there.boxes(box)), box, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(shape=SHAPES, size=st.integers(2, 300), orientation=st.sampled_from(sorted(TURNS)))
def test_a_whole_photo_fills_the_square_is_inside_it_or_covers_it(shape: tuple[int, int], size: int, orientation: int) -> None:
    whole = [[0, 0, *shape]]
    np.testing.assert_allclose(place(shape, size, "stretch", orientation).boxes(whole), [[0, 0, size, size]], atol=1e-6)
    (padded,), (cropped,) = (place(shape, size, fit, orientation).boxes(whole) for fit in ("pad", "crop"))
    assert padded.min() >= -1e-6 and padded.max() <= size + 1e-6
    assert cropped[:2].max() <= 1e-6 and cropped[2:].min() >= size - 1e-6


def test_one_after_the_other_is_one_matrix() -> None:
    first, second = place((30, 20), 10, "crop", 6), Placement(np.array([[0, 2, 1], [1, 0, -3]], float))
    points = [[1.5, 2], [7, 9]]
    np.testing.assert_allclose(first.then(second).points(points), second.points(first.points(points)))


@pytest.mark.parametrize("orientation", TURNS)
def test_a_mask_is_turned_as_the_photo_is_and_ignored_beyond_it(orientation: int) -> None:
    mask = np.arange(24, dtype="uint8").reshape(4, 6)
    upright = (
        np.array(Image.fromarray(mask).transpose({2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}[orientation])) if orientation > 1 else mask
    )
    moved = place((6, 4), 6, "pad", orientation).mask(mask, (6, 6))
    inside = moved[1:5] if upright.shape == (4, 6) else moved[:, 1:5]
    np.testing.assert_array_equal(inside, upright)
    assert (moved == IGNORED).sum() == 12


def test_a_point_that_is_not_there_stays_so() -> None:
    assert np.isnan(place((30, 20), 10, "crop").points([[np.nan, np.nan]])).all()
