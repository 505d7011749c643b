"""Tiles cover their photo, overlap, and hold what is small."""

import numpy as np
import pytest

from tltool.data.tiles import Tiling, magnified, tiles_in


@pytest.mark.parametrize("across", range(2, 9))
@pytest.mark.parametrize("size", [(1, 7), (3, 2), (101, 64), (640, 480), (4001, 999)])
def test_tiles_show_every_pixel_and_the_last_one_all(size: tuple[int, int], across: int) -> None:
    *parts, whole = Tiling(*size, across).tiles
    shown = np.zeros(size[::-1], int)
    for left, top, right, bottom in (part.corners for part in parts):
        assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
        shown[top:bottom, left:right] += 1
    assert shown.min() >= 1 and len(parts) == across**2 == tiles_in(across) - 1
    assert whole.corners == (0, 0, *size)


def test_tiles_are_alike_and_overlap_by_a_fifth() -> None:
    *parts, _ = Tiling(640, 480, 3).tiles
    assert {(part.width, part.height) for part in parts} == {(247, 185)}
    assert [part.left for part in parts[:3]] == [0, 196, 393] and [part.top for part in parts[::3]] == [0, 148, 295]
    assert pytest.approx(magnified(3), rel=0.01) == 640 / 247


@pytest.mark.parametrize("across", [2, 3, 8])
def test_what_tiles_hold_lies_in_one_of_them_wherever_it_is(across: int) -> None:
    tiling, random = Tiling(640, 481, across), np.random.default_rng(0)
    wide = max(side for side in range(640) if tiling.holds((0, 0, side, 1)))
    high = max(side for side in range(481) if tiling.holds((0, 0, 1, side)))
    assert wide > 0.15 * 640 / magnified(across) and high > 0.15 * 481 / magnified(across)
    for _ in range(200):
        x, y = random.uniform(0, 640 - wide), random.uniform(0, 481 - high)
        corners = np.array([tile.corners for tile in tiling.tiles[:-1]])
        assert ((corners[:, :2] <= (x, y)) & (corners[:, 2:] >= (x + wide, y + high))).all(axis=1).any()


def test_a_photo_without_tiles_is_one() -> None:
    assert tiles_in(None) == 1
