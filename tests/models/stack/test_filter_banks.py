"""Filters that people designed: what they answer to, and to what not."""

import numpy as np
import pytest

from tltool.models.stack.conv_stack import build_stack
from tltool.models.stack.filter_banks import BANKS, bank
from tltool.specs import ConvStack

SIDE = 21
MIDDLE = SIDE // 2
ANGLES = (0, 45, 90, 135)
TITLES = {
    "edges": ["Laplacian", *(f"line {angle}°" for angle in ANGLES)],  # of the kernels in order
    "gabor": [f"{what} {angle}°" for angle in ANGLES for what in ("line", "edge")],
}


def answers(name: str, photo: np.ndarray, channels: int = 1) -> np.ndarray:
    """What a bank makes of ``photo`` [h, w] from 0 to 1, as grey: [h, w, kernels]."""
    pixels = np.repeat(photo[None, :, :, None] * 255, 3, axis=-1).astype("float32")
    return build_stack(ConvStack(filters=(), first_layer=name, channels=channels), (*photo.shape, 3), seed=0).predict_on_batch(pixels)[0]


def line(angle: int) -> np.ndarray:
    """A bright line through the middle, ``angle`` degrees counter-clockwise from the horizontal."""
    photo, at = np.zeros((SIDE, SIDE)), np.arange(SIDE)
    rows, columns = {0: (MIDDLE, at), 45: (SIDE - 1 - at, at), 90: (at, MIDDLE), 135: (at, at)}[angle]
    photo[rows, columns] = 1
    return photo


@pytest.mark.parametrize("name", BANKS)
def test_kernels_are_square_of_one_odd_side_and_no_two_are_alike(name: str) -> None:
    kernels = np.array(bank(name))
    assert kernels.ndim == 3 and kernels.shape[1] == kernels.shape[2] and kernels.shape[1] % 2 == 1
    assert len(kernels) == len({kernel.tobytes() for kernel in kernels})


@pytest.mark.parametrize(("name", "total"), [("edges", 0), ("sobel", 0), ("gabor", 0), ("blur", 1), ("sharpen", 1)])
def test_a_plain_photo_stays_plain_up_to_its_very_border(name: str, total: int) -> None:
    found = answers(name, np.full((SIDE, SIDE), 0.8))
    np.testing.assert_allclose(found, total * 0.6, atol=1e-5)  # 0.8 of 0…1 is 0.6 of −1…1
    np.testing.assert_allclose(np.array(bank(name)).sum(axis=(1, 2)), total, atol=1e-12)


@pytest.mark.parametrize("name", ["edges", "sobel", "gabor"])
def test_the_positive_cells_of_a_detector_sum_to_one(name: str) -> None:
    np.testing.assert_allclose(np.maximum(bank(name), 0).sum(axis=(1, 2)), 1)


@pytest.mark.parametrize("angle", ANGLES)
@pytest.mark.parametrize("name", ["edges", "gabor"])
def test_a_line_is_answered_most_by_the_detector_of_its_angle(name: str, angle: int) -> None:
    found = dict(zip(TITLES[name], answers(name, line(angle))[MIDDLE, MIDDLE], strict=True))
    lines = {title: value for title, value in found.items() if title.startswith("line")}
    assert max(lines, key=lambda title: lines[title]) == f"line {angle}°"


@pytest.mark.parametrize("angle", ANGLES)
def test_an_edge_is_answered_most_by_the_gabor_filter_of_its_angle(angle: int) -> None:
    rows, columns = np.mgrid[:SIDE, :SIDE] - MIDDLE
    photo = {0: rows, 45: rows + columns, 90: columns, 135: columns - rows}[angle] > 0
    found = dict(zip(TITLES["gabor"], np.abs(answers("gabor", photo.astype(float)))[MIDDLE, MIDDLE], strict=True))
    edges = {title: value for title, value in found.items() if title.startswith("edge")}
    assert max(edges, key=lambda title: edges[title]) == f"edge {angle}°"


def test_sobel_measures_the_slope_in_its_direction() -> None:
    """Brightness that rises by 0.02 of 0…1, so by 0.04 of −1…1, per pixel: the kernels span two pixels."""
    slope = np.arange(SIDE) * 0.02
    for direction, photo in enumerate((np.tile(slope, (SIDE, 1)), np.tile(slope, (SIDE, 1)).T)):
        found = answers("sobel", photo)[1:-1, 1:-1]
        np.testing.assert_allclose(found[..., direction], 0.08, atol=1e-5)
        np.testing.assert_allclose(found[..., 1 - direction], 0, atol=1e-5)


def test_the_laplacian_answers_to_a_point_as_it_is_printed() -> None:
    point = np.zeros((SIDE, SIDE))
    point[MIDDLE, MIDDLE] = 1
    around = slice(MIDDLE - 1, MIDDLE + 2)
    np.testing.assert_allclose(answers("edges", point)[around, around, 0], np.array(bank("edges")[0]) * 2, atol=1e-5)


def test_blurring_spreads_and_sharpening_overshoots() -> None:
    edge = np.tile((np.arange(SIDE) > MIDDLE) * 0.5 + 0.25, (SIDE, 1))
    blurred, sharp = answers("blur", edge)[MIDDLE], answers("sharpen", edge)[MIDDLE]
    assert (np.abs(blurred) <= 0.5 + 1e-5).all() and (np.abs(np.diff(blurred, axis=0)).max(axis=0) < 1).all()
    assert (sharp.max(axis=0) > 0.6).all() and (sharp.min(axis=0) < -0.6).all()


def test_the_binomial_kernels_are_pascal_s() -> None:
    np.testing.assert_allclose(np.array(bank("blur")[1]) * 256, np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]))
    np.testing.assert_allclose(np.array(bank("blur")[0])[1:4, 1:4] * 16, np.outer([1, 2, 1], [1, 2, 1]))


def test_every_colour_is_filtered_for_itself_channel_by_channel() -> None:
    photo = np.zeros((1, SIDE, SIDE, 3), "float32")
    photo[..., 1] = line(90) * 255  # green alone
    found = build_stack(ConvStack(filters=(), first_layer="sobel"), (SIDE, SIDE, 3), seed=0).predict_on_batch(photo)[0]
    assert [bool(np.abs(found[..., i]).max() > 0.1) for i in range(6)] == [False, False, True, False, False, False]
