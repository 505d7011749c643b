"""What a map says → boxes."""

import numpy as np

from tltool.data.geometry import Frame
from tltool.tasks.detect.decoding import corners_of, found, peaks

SQUARE = Frame(64, 64, 64, "pad")


def outputs(side: int = 16, classes: int = 2, **scores: float) -> np.ndarray:
    """Boxes of 16 pixels around the middle of every cell; ``scores`` by names such as r3c5k1."""
    given = np.zeros((side, side, 4 + classes), np.float32)
    given[..., 2:4] = 0.25
    for name, score in scores.items():
        row, column, kind = map(int, name.replace("c", " ").replace("k", " ").strip("r").split())
        given[row, column, 4 + kind] = score
    return given.reshape(side * side, -1)


def test_a_box_stands_around_the_middle_of_its_cell() -> None:
    (box,) = found(outputs(r4c8k1=0.75), ["a", "b"], SQUARE)
    assert box == ("b", 26.0, 10.0, 42.0, 26.0, False, 0.75)
    assert corners_of(np.zeros((4, 4), np.float32)).tolist() == [[0.25, 0.25] * 2, [0.75, 0.25] * 2, [0.25, 0.75] * 2, [0.75, 0.75] * 2]


def test_of_neighbours_of_a_class_only_the_highest_is_a_peak() -> None:
    told = found(outputs(r4c8k1=0.75, r5c9k1=0.7, r4c9k0=0.3, r4c11k1=0.2, r9c9k0=0.009), ["a", "b"], SQUARE)
    assert [(box.label, box.score) for box in told] == [("b", 0.75), ("a", 0.3), ("b", 0.2)]


def test_corners_and_borders_of_the_map_are_cells_as_all_others() -> None:
    given = np.zeros((9, 1))
    given[[0, 8], 0] = 0.5, 0.4
    assert np.flatnonzero(peaks(given)).tolist() == [0, 8]


def test_no_more_than_the_highest_are_kept_and_none_of_an_empty_map() -> None:
    scores = np.random.default_rng(0).random((256, 2)).astype(np.float32)
    given = np.concatenate([outputs()[:, :4], scores], axis=1)
    told = found(given, ["a", "b"], SQUARE, most=7)
    assert len(told) == 7 and [box.score for box in told] == sorted((box.score for box in told), reverse=True)
    assert found(outputs(), ["a", "b"], SQUARE) == []


def test_boxes_are_in_pixels_of_the_photo_and_cut_to_it() -> None:
    wide = Frame(320, 160, 64, "pad")  # scaled by 1/5, 16 pixels of border above and below
    (box,) = found(outputs(r4c0k0=0.5), ["a", "b"], wide)
    assert box.corners == (0, 0, 50, 50)
    (whole,) = found(outputs(r8c8k0=0.5), ["a", "b"], wide)
    assert whole.corners == (130, 50, 210, 130)


def test_what_lies_beside_the_photo_or_has_no_width_is_nothing() -> None:
    assert found(outputs(r0c8k0=0.5), ["a", "b"], Frame(320, 80, 64, "pad")) == []
    thin = outputs(r8c8k0=0.5)
    thin[:, 3] = 0.001
    assert found(thin, ["a", "b"], SQUARE) == []
