"""Masks: drawn as COCO's own tools draw them, and never drawn where a file of others would lead out of the photo."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pycocotools import mask as coco

from tltool.data.annotations.fields import Unusable
from tltool.data.annotations.masks import Polygons, RunLengths, as_polygons, as_run_lengths, encode, encode_within, runs_of
from tltool.data.geometry import turn


def drawn(width: int, height: int, seed: int) -> np.ndarray:
    """A few random rectangles, or one of these, nothing and everything."""
    generator = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.uint8)
    for _ in range(seed % 5):
        x, y = np.sort(generator.integers(0, width + 1, 2)), np.sort(generator.integers(0, height + 1, 2))
        mask[y[0] : y[1], x[0] : x[1]] ^= 1
    return mask


MASKS = st.builds(drawn, st.integers(1, 70), st.integers(1, 70), st.integers(0, 1000))


@settings(deadline=None, max_examples=40)
@given(MASKS)
def test_run_lengths_come_back_as_the_mask_that_they_were_made_of(mask: np.ndarray) -> None:
    height, width = mask.shape
    runs = encode(mask)
    np.testing.assert_array_equal(runs.decode(width, height), mask)
    np.testing.assert_array_equal(runs.decode(width, height), coco.decode({"size": [height, width], "counts": runs.counts.encode()}))


@settings(deadline=None, max_examples=40)
@given(MASKS, st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_a_part_of_a_picture_is_written_as_the_whole_is(mask: np.ndarray, left: int, top: int, right: int, bottom: int) -> None:
    whole = np.pad(mask, ((top, bottom), (left, right)))
    assert encode_within(mask, (left, top), *whole.shape[::-1]) == encode(whole)


@settings(deadline=None, max_examples=40)
@given(MASKS)
def test_both_forms_of_run_lengths_are_the_same_mask(mask: np.ndarray) -> None:
    height, width = mask.shape
    counts = runs_of(encode(mask).counts, width, height).tolist()
    assert as_run_lengths({"size": [height, width], "counts": counts}, width, height).decode(width, height).tolist() == mask.tolist()


@settings(deadline=None, max_examples=40)
@given(MASKS.filter(lambda mask: mask.any()))
def test_bounds_lie_around_what_is_there(mask: np.ndarray) -> None:
    height, width = mask.shape
    left, top, right, bottom = map(int, encode(mask).bounds(width, height))
    assert mask[top:bottom, left:right].sum() == mask.sum()
    assert all(side.any() for side in (mask[top], mask[bottom - 1], mask[:, left], mask[:, right - 1]))


@settings(deadline=None, max_examples=40)
@given(MASKS, st.integers(1, 8))
def test_a_turned_mask_is_what_the_turned_photo_shows(mask: np.ndarray, orientation: int) -> None:
    height, width = mask.shape
    upright = {
        1: mask,
        2: mask[:, ::-1],
        3: mask[::-1, ::-1],
        4: mask[::-1],
        5: mask.T,
        6: mask[::-1].T,
        7: mask[::-1, ::-1].T,
        8: mask[:, ::-1].T,
    }
    found = encode(mask).moved(turn((width, height), orientation), width, height)
    np.testing.assert_array_equal(found.decode(*upright[orientation].shape[::-1]), upright[orientation])


def test_polygons_are_filled_and_united() -> None:
    mask = Polygons(((0.0, 0.0, 4.0, 0.0, 4.0, 2.0, 0.0, 2.0), (6.0, 6.0, 8.0, 6.0, 8.0, 8.0, 6.0, 8.0))).decode(10, 8)
    expected = np.zeros((8, 10), np.uint8)
    expected[:2, :4] = expected[6:, 6:8] = 1
    np.testing.assert_array_equal(mask, expected)


def test_a_polygon_that_leads_out_of_the_photo_is_cut_at_its_border() -> None:
    assert as_polygons([[-5, -5, 500, -5, 500, 500, -5, 500]]).decode(9, 7).tolist() == np.ones((7, 9)).tolist()


@pytest.mark.parametrize(
    ("rings", "reason"),
    [
        ([[0, 0, 5, 5]], "2 points"),
        ([[0, 0, 5, 5, 1]], "2.5 points"),
        ([], "without polygons"),
        ([1, 2, 3], "no list of numbers"),
        ("x", "without polygons"),
        ([[0, 0, 5, "x", 1, 1]], "no number"),
        ([[0, 0, 5, None, 1, 1]], "no number"),
        ([[0, 0, 5, float("nan"), 1, 1]], "no number"),
        ([[0, 0, 5, float("inf"), 1, 1]], "inf"),
        ([[0, 0, 1e308, 5, 1, 1]], "1e+308"),
        ([[0, 0, 10**400, 5, 1, 1]], "no number"),
        ([[0, 0, 1e6, 1e6] * 3], "outline of more than 1,000,000 pixels"),
    ],
)
def test_polygons_that_cannot_be_drawn_are_refused(rings: Any, reason: str) -> None:
    with pytest.raises(Unusable) as refused:
        as_polygons(rings)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ({"size": [8, 10], "counts": [41, 40]}, "81 pixels"),
        ({"size": [8, 10], "counts": [40, 39]}, "79 pixels"),
        ({"size": [8, 10], "counts": [-1, 81]}, "whole numbers"),
        ({"size": [8, 10], "counts": [80.0]}, "whole numbers"),
        ({"size": [8, 10], "counts": [2**80]}, "whole numbers"),
        ({"size": [8, 10], "counts": None}, "whole numbers"),
        ({"size": [10, 8], "counts": [80]}, "8 × 10 pixels for a photo of 10 × 8"),
        ({"size": [8], "counts": [80]}, "no list of 2 numbers"),
        ({"counts": [80]}, "no list of 2 numbers"),
        ({"size": [8, 10], "counts": ""}, "no run-length code"),
        ({"size": [8, 10], "counts": "o"}, "no run-length code"),
        ({"size": [8, 10], "counts": "\x00"}, "no run-length code"),
        ({"size": [8, 10], "counts": "é\udcff"}, "no run-length code"),
        ({"size": [8, 10], "counts": "oooooooooooo0"}, "more pixels than a photo has"),
        ({"size": [8, 10], "counts": "oooooo0" * 1000}, "pixels"),
    ],
)
def test_run_lengths_that_do_not_fill_the_photo_are_refused(code: Any, reason: str) -> None:
    with pytest.raises(Unusable) as refused:
        as_run_lengths(code, 10, 8)
    assert reason in str(refused.value)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(min_codepoint=40, max_codepoint=120), max_size=30))
def test_any_text_is_a_mask_of_the_right_size_or_refused(counts: str) -> None:
    with suppress(Unusable):
        assert RunLengths(counts).decode(10, 8).shape == (8, 10)


def test_masks_are_drawn_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    Polygons(((0.0, 0.0, 4.0, 0.0, 4.0, 2.0),)).decode(10, 8)
    encode(np.ones((8, 10))).bounds(10, 8)
    assert capfd.readouterr() == ("", "")
