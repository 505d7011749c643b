"""What is true of a photo, tile by tile."""

import numpy as np
import pytest

from tltool.data.annotations.cutting import cut
from tltool.data.annotations.masks import Polygons, RunLengths, encode, framed
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.tiles import Tiling


def photo_of(*corners: tuple[float, float, float, float], crowd: bool = False) -> Truth:
    return Truth(100, 100, tuple(Instance(Box.of("ant", its, crowd)) for its in corners))


def boxes(truth: Truth) -> list[tuple[tuple[float, ...], bool]]:
    return [(box.corners, box.crowd) for box in truth.boxes]


def test_boxes_are_said_in_pixels_of_their_tile_and_cut_to_it() -> None:
    assert [(tile.left, tile.top, tile.width) for tile in Tiling(100, 100, 2).tiles[:3]] == [(0, 0, 56), (44, 0, 56), (0, 44, 56)]
    first, second, third, fourth, whole = cut(photo_of((40, 10, 60, 20)), 2)
    assert boxes(first) == [((40, 10, 56, 20), False)]
    assert boxes(second) == [((0, 10, 16, 20), False)]
    assert boxes(third) == boxes(fourth) == []
    assert boxes(whole) == [((40, 10, 60, 20), False)]
    assert (first.width, first.height, whole.width) == (56, 56, 100)


def test_what_a_tile_shows_little_of_counts_for_nothing_there() -> None:
    first, second, *_ = cut(photo_of((53, 10, 73, 20)), 2)
    assert boxes(first) == [((53, 10, 56, 20), True)]
    assert boxes(second) == [((9, 10, 29, 20), False)]


def test_what_the_tiles_hold_counts_for_nothing_in_the_whole_photo() -> None:
    *_, whole = cut(photo_of((50, 50, 55, 55), (10, 10, 30, 30)), 2)
    assert boxes(whole) == [((50, 50, 55, 55), True), ((10, 10, 30, 30), False)]


def test_a_crowd_stays_one_and_a_box_without_area_is_left_out() -> None:
    first, *_ = cut(photo_of((5, 5, 40, 40), crowd=True), 2)
    assert boxes(first) == [((5, 5, 40, 40), True)]
    assert not any(tile.boxes for tile in cut(photo_of((20, 20, 10, 10), (-9, -9, -1, -1)), 2))


@pytest.mark.parametrize("kind", ["runs", "polygons"])
def test_masks_are_cut_as_their_pixels_are(kind: str) -> None:
    outline = Polygons(((10.0, 70.0, 65.0, 12.0, 81.0, 55.0),))
    mask = outline if kind == "polygons" else outline.runs(120, 90)
    truth = Truth(120, 90, (Instance(Box("ant", 10, 12, 81, 70), mask),))
    for tile, seen in zip(Tiling(120, 90, 3).tiles, cut(truth, 3), strict=True):
        left, top, right, bottom = tile.corners
        pixels = truth.mask(0)[top:bottom, left:right]
        assert bool(seen.instances) == bool(pixels.any())
        if seen.instances:
            np.testing.assert_array_equal(seen.mask(0), pixels)


def test_a_mask_comes_back_to_where_it_was() -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (20, 30), np.uint8)
    around = framed(encode(pixels), (30, 20), (-7, -5), (60, 50))
    assert isinstance(around, RunLengths)
    expected = np.zeros((50, 60), np.uint8)
    expected[5:25, 7:37] = pixels
    np.testing.assert_array_equal(around.decode(60, 50), expected)
    assert framed(around, (60, 50), (7, 5), (30, 20)) == encode(pixels)


def test_nothing_is_left_of_a_mask_that_lies_elsewhere() -> None:
    pixels = np.zeros((20, 30), np.uint8)
    pixels[3:6, 4:9] = 1
    assert framed(encode(pixels), (30, 20), (10, 0), (20, 20)) is None
    assert framed(encode(np.zeros((20, 30))), (30, 20), (0, 0), (30, 20)) is None
