"""Padding beyond the border of a feature map, against numpy's, and against Keras's own ``same`` through a convolution."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers, ops

from tltool.models.stack.axes import added
from tltool.models.stack.padding import pad

NUMPY = {"reflect": {"mode": "reflect"}, "replicate": {"mode": "edge"}, "constant": {"constant_values": 0.5}}
borders = st.tuples(st.integers(0, 3), st.integers(0, 3))


def feature_map(*sides: int) -> np.ndarray:
    return np.random.default_rng(sum(sides)).normal(size=(2, *sides, 3)).astype("float32")


def value(x: object) -> np.ndarray:
    return ops.convert_to_numpy(x)


@pytest.mark.parametrize("mode", NUMPY)
@settings(max_examples=40, deadline=None)
@given(height=st.integers(4, 7), width=st.integers(4, 7), rows=borders, columns=borders)
def test_a_padded_feature_map_equals_numpys(mode: str, height: int, width: int, rows: tuple[int, int], columns: tuple[int, int]) -> None:
    x = feature_map(height, width)
    found = pad(x, mode, (rows[0], columns[0]), (rows[1], columns[1]), 0.5)
    np.testing.assert_array_equal(value(found), np.pad(x, ((0, 0), rows, columns, (0, 0)), **NUMPY[mode]))


@pytest.mark.parametrize("mode", NUMPY)
@settings(max_examples=15, deadline=None)
@given(length=st.integers(4, 9), border=borders)
def test_a_padded_signal_equals_numpys(mode: str, length: int, border: tuple[int, int]) -> None:
    x = feature_map(length)
    found = pad(x, mode, border[:1], border[1:], 0.5)
    np.testing.assert_array_equal(value(found), np.pad(x, ((0, 0), border, (0, 0)), **NUMPY[mode]))


def test_reflection_leaves_the_edge_out_replication_repeats_it_and_a_constant_is_itself() -> None:
    row = np.arange(4, dtype="float32").reshape(1, 1, 4, 1) * np.ones((1, 4, 1, 1), "float32")
    padded = {mode: value(pad(row, mode, (2, 2), (1, 1), -7))[0, 2, :, 0].tolist() for mode in NUMPY}
    assert padded == {"reflect": [2, 1, 0, 1, 2, 3, 2], "replicate": [0, 0, 0, 1, 2, 3, 3], "constant": [-7, -7, 0, 1, 2, 3, -7]}


def test_replication_works_on_a_single_pixel() -> None:
    assert value(pad(np.full((1, 1, 1, 1), 7, "float32"), "replicate", (3, 3), (2, 2))).tolist() == np.full((1, 6, 6, 1), 7.0).tolist()


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 9), width=st.integers(1, 9), kernel=st.integers(1, 5), stride=st.integers(1, 3), dilation=st.integers(1, 3))
def test_a_constant_of_zero_is_what_keras_calls_same(height: int, width: int, kernel: int, stride: int, dilation: int) -> None:
    dilation = dilation if stride == 1 else 1
    x, reach = feature_map(height, width), dilation * (kernel - 1) + 1
    same = layers.Conv2D(2, kernel, strides=stride, dilation_rate=dilation, padding="same")
    expected = value(same(x))
    rows, columns = (added(side, reach, stride, "constant") for side in (height, width))
    padded = pad(x, "constant", (rows[0], columns[0]), (rows[1], columns[1]))
    valid = layers.Conv2D(2, kernel, strides=stride, dilation_rate=dilation)
    valid.build(padded.shape)
    valid.set_weights(same.get_weights())
    np.testing.assert_allclose(value(valid(padded)), expected, atol=1e-5)


@pytest.mark.parametrize("mode", NUMPY)
def test_nothing_to_add_adds_nothing_to_the_graph(mode: str) -> None:
    x = keras.Input((4, 4, 3))
    assert pad(x, mode, (0, 0), (0, 0)) is x


@pytest.mark.parametrize("mode", NUMPY)
def test_in_a_graph_the_shape_is_known(mode: str) -> None:
    assert pad(keras.Input((6, 5, 3)), mode, (1, 0), (2, 2)).shape == (None, 9, 7, 3)


def test_an_unknown_mode_is_a_bug_and_says_its_name() -> None:
    with pytest.raises(ValueError, match="wrap"):
        pad(keras.Input((4, 4, 3)), "wrap", (1, 1), (1, 1))
