"""Photos that are moved a few pixels: exactly which pixels go where, and what is counted."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tltool.errors import DataError
from tltool.evaluation.comparison import Moved, pool_directions
from tltool.evaluation.predictors import BATCH, Predictor
from tltool.evaluation.translation import DISTANCES, MOVES, measure_moves, move_photos
from tltool.intervals import wilson

SIDE = 5
PHOTO = np.arange(SIDE * SIDE, dtype="uint8").reshape(1, SIDE, SIDE, 1)
steps = st.integers(-2 * SIDE, 2 * SIDE)


def constant(photos: np.ndarray) -> np.ndarray:
    return np.tile(np.array([[0.2, 0.8]]), (len(photos), 1))


def corner(photos: np.ndarray) -> np.ndarray:
    """The second class where the pixel at the top left is bright."""
    bright = photos[:, 0, 0, 0] / 255
    return np.stack([1 - bright, bright], axis=1)


def predictor(scores: object) -> Predictor:
    return Predictor(["dark", "bright"], SIDE, "crop", scores)  # type: ignore[arg-type]


def lit(*corners: bool) -> np.ndarray:
    """Black photos; those that are to be lit have one bright pixel, at the top left."""
    photos = np.zeros((len(corners), SIDE, SIDE, 3), "uint8")
    photos[:, 0, 0] = np.array(corners)[:, None] * 255
    return photos


def test_content_moves_to_the_right_and_down_and_the_border_is_repeated() -> None:
    moved = move_photos(PHOTO, right=2, down=1, wrap=False)[0, :, :, 0]
    assert moved.tolist() == [[0, 0, 0, 1, 2], [0, 0, 0, 1, 2], [5, 5, 5, 6, 7], [10, 10, 10, 11, 12], [15, 15, 15, 16, 17]]


def test_content_moves_to_the_left_and_up_and_the_border_is_repeated() -> None:
    moved = move_photos(PHOTO, right=-3, down=-2, wrap=False)[0, :, :, 0]
    assert moved.tolist() == [[13, 14, 14, 14, 14], [18, 19, 19, 19, 19], *[[23, 24, 24, 24, 24]] * 3]


@given(right=steps, down=steps)
def test_with_wrap_around_it_is_numpy_s_roll(right: int, down: int) -> None:
    assert np.array_equal(move_photos(PHOTO, right, down, wrap=True), np.roll(PHOTO, (down, right), axis=(1, 2)))


@given(right=steps, down=steps)
def test_what_wraps_around_can_be_moved_back(right: int, down: int) -> None:
    assert np.array_equal(move_photos(move_photos(PHOTO, right, down, wrap=True), -right, -down, wrap=True), PHOTO)


@given(right=steps, down=steps, wrap=st.booleans())
def test_photos_are_moved_each_for_itself_and_keep_their_shape_and_type(right: int, down: int, wrap: bool) -> None:
    photos = np.random.default_rng(0).integers(0, 256, (3, 4, 6, 3), dtype="uint8")
    moved = move_photos(photos, right, down, wrap)
    assert moved.shape == photos.shape and moved.dtype == photos.dtype
    assert all(np.array_equal(moved[i], move_photos(photos[i : i + 1], right, down, wrap)[0]) for i in range(3))


def test_a_photo_that_is_not_moved_is_the_same() -> None:
    assert np.array_equal(move_photos(PHOTO, 0, 0, wrap=True), PHOTO) and np.array_equal(move_photos(PHOTO, 0, 0, wrap=False), PHOTO)


def test_a_model_that_always_says_the_same_does_not_mind() -> None:
    labels = np.array([1, 1, 0, 1])
    found = measure_moves(predictor(constant), lit(True, False, True, False), np.arange(4), labels, wrap=True)
    assert [(moved.right, moved.down) for moved in found] == list(MOVES)
    assert {(moved.n, moved.accuracy, moved.unchanged) for moved in found} == {(4, 0.75, 1.0)}
    assert all(moved.accuracy_interval == wilson(3, 4) for moved in found)


@pytest.mark.parametrize(
    ("move", "wrap", "accuracy"),
    [
        ((0, 0), True, 1.0),
        ((1, 0), True, 0.5),
        ((0, -2), True, 0.5),
        ((SIDE, 0), True, 1.0),  # all the way round
        ((1, 0), False, 1.0),
        ((1, 1), False, 1.0),
        ((-1, 0), False, 0.5),
        ((0, -1), False, 0.5),  # the corner is repeated, or leaves
    ],
)
def test_a_model_that_looks_at_one_pixel_sees_what_comes_there(move: tuple[int, int], wrap: bool, accuracy: float) -> None:
    labels = np.array([1, 0, 1, 0])
    (moved,) = measure_moves(predictor(corner), lit(True, False, True, False), np.arange(4), labels, wrap, [move])
    assert (moved.right, moved.down, moved.wrap) == (*move, wrap)
    assert moved.accuracy == moved.unchanged == accuracy


def test_only_the_photos_asked_for_are_looked_at_in_batches_and_what_stands_still_once() -> None:
    seen: list[int] = []

    def scores(photos: np.ndarray) -> np.ndarray:
        seen.append(len(photos))
        return corner(photos)

    rows = np.arange(1, BATCH + 4)
    photos = lit(*(number in rows for number in range(100)))
    still, _ = measure_moves(predictor(scores), photos, rows, np.ones(len(rows), int), wrap=False, moves=[(0, 0), (2, 0)])
    assert seen == [BATCH, 3] * 2 and still.accuracy == 1.0


def test_without_photos_there_is_nothing_to_move() -> None:
    with pytest.raises(DataError, match="photos to move"):
        measure_moves(predictor(corner), lit(True), np.array([], int), np.array([], int), wrap=True)


def test_directions_are_averaged_by_distance() -> None:
    def moved(right: int, down: int, accuracy: float, unchanged: float) -> Moved:
        return Moved(right, down, True, 8, accuracy, [0.0, 1.0], unchanged)

    pooled = pool_directions(
        [
            moved(0, 0, 1.0, 1.0),
            moved(4, 0, 1.0, 0.25),
            moved(-4, 0, 0.5, 0.25),
            moved(0, 4, 0.25, 0.5),
            moved(0, -4, 0.25, 1.0),
            moved(2, 0, 0.75, 0.5),
        ]
    )
    assert {distance: (found.accuracy, found.unchanged) for distance, found in pooled.items()} == {
        0: (1.0, 1.0),
        2: (0.75, 0.5),
        4: (0.5, 0.5),
    }
    assert pooled[4].accuracy_interval == wilson(4, 8) and pooled[4].n == 8


def test_every_distance_is_gone_in_four_directions() -> None:
    assert len(MOVES) == len(set(MOVES)) == 1 + 4 * len(DISTANCES)
    assert max(DISTANCES) == 16 and sorted(pool_directions([Moved(r, d, True, 1, 1.0, [0, 1], 1.0) for r, d in MOVES])) == [0, *DISTANCES]
