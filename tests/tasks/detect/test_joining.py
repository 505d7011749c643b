"""What was found in tiles, put together: every object once, and none lost."""

import numpy as np
import pytest
from discs import marked, row_of_discs

from tltool.data.annotations.cutting import cut
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.tiles import Tiling
from tltool.tasks.detect.joining import MOST, joined
from tltool.tasks.detect.matches import BOXES
from tltool.tasks.instances.masks import MASKS

TILING = Tiling(100, 100, 2)  # four tiles of 56 pixels, of which two share 12


def said(*boxes: tuple[int, str, tuple[float, float, float, float], float]) -> list[Truth]:
    """What each tile says: the number of a tile, then a class, a box in pixels of the *photo*, and a score."""
    found: list[list[Instance]] = [[] for _ in TILING.tiles]
    for number, label, corners, score in boxes:
        x, y = TILING.tiles[number][:2]
        found[number].append(Instance(Box.of(label, np.subtract(corners, (x, y, x, y)).tolist(), score=score)))
    return [Truth(tile.width, tile.height, tuple(its)) for tile, its in zip(TILING.tiles, found, strict=True)]


def together(*boxes: tuple[int, str, tuple[float, float, float, float], float]) -> list[tuple[str, tuple[float, ...], float]]:
    return [(box.label, box.corners, box.score) for box in joined(said(*boxes), TILING, BOXES).boxes]


def test_boxes_of_tiles_are_said_in_pixels_of_the_photo_the_surest_first() -> None:
    there = [("ant", (70.0, 70.0, 80.0, 80.0), 0.9), ("ant", (10.0, 10.0, 20.0, 20.0), 0.4)]
    assert together((0, *there[1]), (3, *there[0])) == there


def test_what_two_tiles_show_is_said_once_and_what_one_shows_twice_is_left_to_it() -> None:
    in_both, beside = (45, 10, 54, 20), (46, 10, 55, 20)
    assert together((0, "ant", in_both, 0.8), (1, "ant", in_both, 0.7)) == [("ant", in_both, 0.8)]
    assert len(together((0, "ant", in_both, 0.8), (0, "ant", beside, 0.7))) == 2
    assert len(together((0, "ant", in_both, 0.8), (1, "bee", in_both, 0.7))) == 2


def test_a_piece_gives_way_to_the_whole_even_where_it_is_surer() -> None:
    piece, whole = (50, 10, 56, 20), (50, 10, 60, 20)
    assert together((0, "ant", piece, 0.9), (1, "ant", whole, 0.6)) == [("ant", whole, 0.6)]


def test_a_piece_that_no_tile_shows_whole_is_not_lost_to_what_is_hardly_seen() -> None:
    piece, faint = (40, 10, 56, 20), (41, 10, 53, 20)
    assert together((0, "ant", piece, 0.9), (1, "ant", faint, 0.05))[0] == ("ant", piece, 0.9)


def test_what_is_too_large_for_tiles_is_found_in_the_whole_photo_and_its_pieces_are_not() -> None:
    large = (20, 20, 80, 80)
    pieces = [(0, "ant", (20, 20, 56, 56), 0.9), (3, "ant", (44, 44, 80, 80), 0.8)]
    assert together((4, "ant", large, 0.7), *pieces) == [("ant", large, 0.7)]


def test_what_tiles_hold_is_not_taken_from_the_whole_photo() -> None:
    assert together((4, "ant", (20, 20, 26, 26), 0.9)) == []


def test_the_side_of_the_photo_cuts_nothing() -> None:
    corner, beside = (0, 0, 20, 20), (1, 1, 12, 12)
    assert len(together((0, "ant", corner, 0.9), (4, "ant", (0, 0, 70, 70), 0.8), (0, "ant", beside, 0.7))) == 3


def test_there_are_no_more_than_anybody_looks_at_and_nothing_may_be_found() -> None:
    many = [(n % 4, "ant", TILING.tiles[n % 4].corners[:2] + (n / 9 + 5, 50.0), 0.5) for n in range(3 * MOST)]
    assert len(together(*((n, label, (x, y, x + 3, y + 3), score) for n, label, (x, y, *_), score in many))) <= MOST
    assert together() == []


@pytest.mark.parametrize("across", [2, 3, 4])
@pytest.mark.parametrize("regions", [BOXES, MASKS])
def test_a_photo_that_is_cut_and_put_together_shows_what_it_showed(across: int, regions) -> None:
    for seed in range(3):
        truth = row_of_discs(seed)
        again = joined(cut(truth, across), Tiling(truth.width, truth.height, across), regions)
        assert sorted(box.corners for box in again.boxes) == sorted(box.corners for box in truth.boxes)
        assert {mask for _, mask, _ in again.instances} == {mask for _, mask, _ in truth.instances}


def test_neighbours_whose_boxes_overlap_are_told_apart_by_their_masks() -> None:
    """Two halves of a square, cut from corner to corner: their boxes are the same, and their pixels are not."""
    x, y = np.meshgrid(np.arange(56), np.arange(56))
    square = (x >= 20) & (x < 40) & (y >= 20) & (y < 40)
    upper, lower = square & (x > y), square & (x < y)
    tiles = TILING.tiles
    answers = [Truth(tile.width, tile.height) for tile in tiles]
    answers[0] = Truth(56, 56, (marked(upper, score=0.9),))
    shifted = np.zeros((100, 100), bool)
    shifted[:56, :56] = lower
    large = np.zeros((100, 100), bool)
    large[:56, :56] = lower
    large[60:90, 20:40] = True
    answers[4] = Truth(100, 100, (marked(large, score=0.8),))
    assert len(joined(answers, TILING, MASKS).instances) == 2
