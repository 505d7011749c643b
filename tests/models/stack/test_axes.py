"""Known answers for windows that slide along one axis, and laws that hold for all of them."""

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from tltool.models.stack.axes import Axis, added, lay_window

sides, windows, strides, dilations = st.integers(1, 300), st.integers(1, 11), st.integers(1, 4), st.integers(1, 3)


@pytest.mark.parametrize(
    ("axis", "leaving"),
    [
        (Axis(4, 3), 2),
        (Axis(4, 2, 2), 2),
        (Axis(5, 3, 1, 1, 1), 5),
        (Axis(39, 3), 37),
        (Axis(37, 5, 2), 17),
        (Axis(17, 5, 2), 7),
        (Axis(224, 7, 2, 3, 3), 112),
        (Axis(7, 3, 1, dilation=3), 1),
    ],
)
def test_sizes_that_are_known(axis, leaving):
    assert axis.leaving == leaving


def test_the_numbers_are_put_into_the_formula():
    assert Axis(39, 3).formula == "⌊(39+2·0−3)/1⌋+1 = 37"
    assert Axis(224, 3, 2, 0, 1).formula == "⌊(224+0+1−3)/2⌋+1 = 112"
    assert Axis(39, 3, 1, 2, 2, dilation=2).formula == "⌊(39+2·2−2·(3−1)−1)/1⌋+1 = 39"


@pytest.mark.parametrize(
    ("axis", "padding", "told"),
    [
        (Axis(5, 3), 1, "½[5(1−1)+3−1] = 1"),
        (Axis(96, 1), 0, "½[96(1−1)+1−1] = 0"),
        (Axis(37, 5, 2), 20, "½[37(2−1)+5−2] = 20"),
        (Axis(8, 4), Fraction(3, 2), "½[8(1−1)+4−1] = 1½: 1 and 2"),
        (Axis(5, 2, 2), Fraction(5, 2), "½[5(2−1)+2−2] = 2½, so 3"),
        (Axis(8, 2), Fraction(1, 2), "½[8(1−1)+2−1] = ½: 0 and 1"),
    ],
)
def test_the_padding_that_keeps_the_size(axis, padding, told):
    assert axis.keeping == padding and axis.keeping_formula == told


@given(sides, windows, strides, dilations)
def test_the_padding_that_keeps_the_size_keeps_it(size, window, stride, dilation):
    axis = Axis(size, window, stride, dilation=dilation)
    half = axis.keeping.denominator == 2
    low = int(axis.keeping) + (half and stride > 1)
    high = int(axis.keeping) + half
    if axis.keeping >= 0:
        assert axis._replace(before=low, after=high).leaving == size


@given(sides, windows, strides, dilations)
def test_same_leaves_as_many_places_as_strides_fit_in(size, window, stride, dilation):
    axis = lay_window(size, window, stride, dilation, "same")
    assert axis.leaving == -(-size // stride) and 0 <= axis.after - axis.before <= 1


@pytest.mark.parametrize(
    ("side", "reach", "stride", "padding", "expected"),
    [
        (5, 3, 1, "same", (1, 1)),
        (4, 3, 1, "valid", (0, 0)),
        (6, 3, 2, "same", (0, 1)),
        (7, 3, 2, "same", (1, 1)),
        (6, 2, 1, "same", (0, 1)),
        (5, 4, 1, "same", (1, 2)),
        (4, 1, 3, "same", (0, 0)),
        (8, 5, 1, "causal", (4, 0)),
        (8, 5, 2, "causal", (4, 0)),
        (6, 3, 2, "reflect", (0, 1)),
        (6, 5, 1, "replicate", (2, 2)),
    ],
)
def test_what_is_added_at_the_border(side: int, reach: int, stride: int, padding: str, expected: tuple[int, int]) -> None:
    assert added(side, reach, stride, padding) == expected


@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 9))
def test_same_gives_a_stride_s_share_and_adds_no_more_than_the_windows_need(side: int, reach: int, stride: int) -> None:
    before, after = added(side, reach, stride, "same")
    whole = side + before + after
    assert Axis(whole, reach, stride).leaving == -(-side // stride)
    assert before <= after <= before + 1
    assert after == 0 or Axis(whole - 1, reach, stride).leaving == -(-side // stride) - 1


@given(sides, windows, strides, dilations, st.sampled_from(["valid", "same", "causal"]))
def test_the_first_window_begins_with_what_is_added_and_the_last_ends_within_the_rest(size, window, stride, dilation, padding):
    axis = lay_window(size, window, stride, dilation, padding)
    if axis.leaving < 1:
        assert padding == "valid" and axis.reach > size
        return
    first, last = axis.places(0), axis.places(axis.leaving - 1)
    assert len(first) == len(last) == window and first[0] == -axis.before
    assert size + axis.after - stride <= last[-1] < size + axis.after


def test_what_lies_under_a_window():
    assert list(Axis(6, 3, 2, before=1).places(0)) == [-1, 0, 1]
    assert list(Axis(9, 3, 1, before=2, after=2, dilation=2).places(3)) == [1, 3, 5]
