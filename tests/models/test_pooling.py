"""Pooling by window and as a whole, against numpy."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from tltool.models.pooling import pool, pool_globally

BY_WINDOW = {"max": np.max, "average": np.mean, "min": np.min, "sum": np.sum}
AS_A_WHOLE = {"max": np.max, "avg": np.mean, "min": np.min, "sum": np.sum}
sides = st.integers(2, 7)


def feature_map(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, height, width, 3)).astype("float32")


def windows(x: np.ndarray, side: int) -> np.ndarray:
    """[n, h, w, c] → [n, h // side, w // side, c, side, side]; what is left over at the end is dropped."""
    n, h, w, c = x.shape
    cut = x[:, : h // side * side, : w // side * side]
    return cut.reshape(n, h // side, side, w // side, side, c).transpose(0, 1, 3, 5, 2, 4)


@pytest.mark.parametrize("kind", BY_WINDOW)
@settings(max_examples=20, deadline=None)
@given(height=sides, width=sides, side=st.integers(1, 2), seed=st.integers(0, 5))
def test_pooling_by_window_equals_numpys(kind: str, height: int, width: int, side: int, seed: int) -> None:
    x = feature_map(height, width, seed)
    found = ops.convert_to_numpy(pool(x, kind, side))
    np.testing.assert_allclose(found, BY_WINDOW[kind](windows(x, side), axis=(-1, -2)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", AS_A_WHOLE)
@settings(max_examples=20, deadline=None)
@given(height=sides, width=sides, seed=st.integers(0, 5))
def test_pooling_as_a_whole_equals_numpys(kind: str, height: int, width: int, seed: int) -> None:
    x = feature_map(height, width, seed)
    found = ops.convert_to_numpy(pool_globally(ops.convert_to_tensor(x), kind))
    np.testing.assert_allclose(found, AS_A_WHOLE[kind](x, axis=(1, 2)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["max", "min"])
def test_extremes_are_exact_values_of_the_feature_map(kind: str) -> None:
    x = feature_map(6, 6)
    np.testing.assert_array_equal(ops.convert_to_numpy(pool(x, kind)), BY_WINDOW[kind](windows(x, 2), axis=(-1, -2)))
    np.testing.assert_array_equal(ops.convert_to_numpy(pool_globally(x, kind)), BY_WINDOW[kind](x, axis=(1, 2)))


def test_flatten_keeps_every_value_in_order() -> None:
    x = feature_map(3, 4)
    np.testing.assert_array_equal(ops.convert_to_numpy(pool_globally(x, "flatten")), x.reshape(2, -1))


def test_none_leaves_the_feature_map_alone() -> None:
    x = keras.Input((4, 4, 3))
    assert pool(x, "none") is x


@pytest.mark.parametrize("kind", [*AS_A_WHOLE, "flatten"])
def test_what_is_a_vector_already_passes_unchanged(kind: str) -> None:
    x = keras.Input((5,))
    assert pool_globally(x, kind) is x


@pytest.mark.parametrize("function", [pool, pool_globally])
def test_an_unknown_pooling_is_a_bug_and_says_its_name(function) -> None:
    with pytest.raises(ValueError, match="median"):
        function(keras.Input((4, 4, 3)), "median")
