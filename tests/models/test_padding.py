"""Padding beyond the border of a feature map, against numpy's."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from tltool.models.padding import pad

NUMPY = {"reflect": "reflect", "replicate": "edge"}


def feature_map(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).normal(size=(2, height, width, 3)).astype("float32")


@pytest.mark.parametrize("mode", NUMPY)
@settings(max_examples=40, deadline=None)
@given(height=st.integers(4, 7), width=st.integers(4, 7), before=st.integers(0, 3), after=st.integers(0, 3))
def test_a_padded_feature_map_equals_numpys(mode: str, height: int, width: int, before: int, after: int) -> None:
    x = feature_map(height, width)
    around = ((0, 0), (before, after), (before, after), (0, 0))
    np.testing.assert_array_equal(ops.convert_to_numpy(pad(x, mode, before, after)), np.pad(x, around, NUMPY[mode]))


def test_reflection_leaves_the_edge_out_and_replication_repeats_it() -> None:
    row = np.arange(4, dtype="float32").reshape(1, 1, 4, 1) * np.ones((1, 4, 1, 1), "float32")
    assert ops.convert_to_numpy(pad(row, "reflect", 2, 1))[0, 0, :, 0].tolist() == [2, 1, 0, 1, 2, 3, 2]
    assert ops.convert_to_numpy(pad(row, "replicate", 2, 1))[0, 0, :, 0].tolist() == [0, 0, 0, 1, 2, 3, 3]


def test_replication_works_on_a_single_pixel() -> None:
    assert ops.convert_to_numpy(pad(np.full((1, 1, 1, 1), 7, "float32"), "replicate", 3, 2)).tolist() == np.full((1, 6, 6, 1), 7.0).tolist()


@pytest.mark.parametrize("mode", NUMPY)
def test_nothing_to_add_adds_nothing_to_the_graph(mode: str) -> None:
    x = keras.Input((4, 4, 3))
    assert pad(x, mode, 0, 0) is x


@pytest.mark.parametrize("mode", NUMPY)
def test_in_a_graph_the_shape_is_known(mode: str) -> None:
    assert pad(keras.Input((6, 5, 3)), mode, 1, 2).shape == (None, 9, 8, 3)
