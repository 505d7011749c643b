"""The dense network that a stack is held against: as many parameters, counted as Keras counts them."""

import logging

import pytest
from hypothesis import given, strategies as st

from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.models.summary.dense_baseline import UNITS, count_dense, dense_baseline, match_units, whole_layers
from tltool.specs import Comparison, ConvStack, Head

SHAPE = (96, 96, 3)


@given(inputs=st.integers(1, 10**6), classes=st.integers(2, 1000), parameters=st.integers(0, 10**9), other=st.integers(1, 10**4))
def test_no_other_number_of_units_comes_nearer(inputs: int, classes: int, parameters: int, other: int) -> None:
    units = match_units(inputs, classes, parameters)
    assert units >= 1
    assert abs(count_dense(inputs, units, classes) - parameters) <= abs(count_dense(inputs, other, classes) - parameters)


@pytest.mark.parametrize(
    ("parameters", "units"),
    [(0, 1), (27_648 + 1 + 20, 1), (27_659 * 3 + 10, 3), (27_659 * 3 + 10 + 13_000, 3), (27_659 * 3 + 10 + 14_000, 4)],
)
def test_the_nearest_number_of_units_for_photos_of_96_pixels(parameters: int, units: int) -> None:
    assert match_units(96 * 96 * 3, 10, parameters) == units


@pytest.mark.parametrize(("channels", "units"), [(1, 2), (3, 1)])
def test_its_parameters_are_those_that_keras_counts(channels: int, units: int) -> None:
    stack, shape = ConvStack(filters=(8, 8), channels=channels), (20, 20, 3)
    bare, head = dense_baseline(stack, Head(), Comparison(), shape, 4)
    dense, conv = (assemble(build_stack(spec, shape, 0), top, "abcd", 0) for spec, top in ((bare, head), (stack, Head())))
    fixed = 3 if channels == 1 else 0  # the weights that turn a photo to grey
    assert head.pool == "flatten" and dense.count_params() == fixed + count_dense(400 * channels, head.dense[0], 4)
    assert conv.count_params() == sum(layer.parameters.number for layer in whole_layers(stack, Head(), shape, 4))
    assert head.dense == (units,)


def test_a_single_unit_may_be_more_than_the_stack_has_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tltool"):
        _, head = dense_baseline(ConvStack(filters=(4,)), Head(), Comparison(), SHAPE, 2)
        assert head.dense == (1,) and "27,653 parameters, more than the stack's 134" in caplog.text
        caplog.clear()
        dense_baseline(ConvStack(), Head(), Comparison(), SHAPE, 10)
        dense_baseline(ConvStack(filters=(4,)), Head(), Comparison(budget="time"), SHAPE, 2)
    assert not caplog.text


@pytest.mark.parametrize(
    ("comparison", "units"),
    [(Comparison(units=7), 7), (Comparison(budget="time"), UNITS), (Comparison(budget="time", units=9), 9), (Comparison(), 3)],
)
def test_units_are_those_asked_for_or_what_the_budget_allows(comparison: Comparison, units: int) -> None:
    bare, head = dense_baseline(ConvStack(filters=(32, 64, 128)), Head(), comparison, SHAPE, 10)
    assert bare.blocks == () and head.dense == (units,)
