"""Pooling by window and as a whole, against numpy."""

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from keras import ops

from tltool.models.stack.axes import added
from tltool.models.stack.pooling import EPSILON, POWER, pool, pool_globally


def generalized_mean(x: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    return np.nanmean(np.maximum(x.astype("float64"), EPSILON) ** POWER, axis=axis) ** (1 / POWER)


BY_WINDOW = {"max": np.nanmax, "average": np.nanmean, "min": np.nanmin, "sum": np.nansum, "gem": generalized_mean}
AS_A_WHOLE = {"max": np.max, "avg": np.mean, "min": np.min, "sum": np.sum, "gem": generalized_mean}
sides = st.integers(1, 8)


def feature_map(*sides: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, *sides, 3)).astype("float32")


def windows(x: np.ndarray, side: int, stride: int, padding: str) -> np.ndarray:
    """[n, *sides, c] → [n, *fewer, c, *window]; NaN stands beyond the border, and windows that reach there are there with ``same`` only."""
    axes = range(1, x.ndim - 1)
    border = [added(x.shape[axis], side, stride, padding) for axis in axes]
    x = np.pad(x, [(0, 0), *border, (0, 0)], constant_values=np.nan)
    found = np.lib.stride_tricks.sliding_window_view(x, (side,) * len(axes), axis=tuple(axes))
    return found[(slice(None), *(slice(None, None, stride) for _ in axes))]


def check(x: np.ndarray, kind: str, side: int, stride: int, padding: str) -> None:
    assume(padding == "same" or side <= min(x.shape[1:-1]))
    cells = windows(x, side, stride, padding)
    expected = BY_WINDOW[kind](cells, axis=tuple(range(x.ndim, cells.ndim)))
    found = ops.convert_to_numpy(pool(ops.convert_to_tensor(x), kind, side, stride, padding))
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-4 if kind == "gem" else 1e-5)


@pytest.mark.parametrize("kind", BY_WINDOW)
@settings(max_examples=40, deadline=None)
@given(
    height=sides,
    width=sides,
    side=st.integers(1, 4),
    stride=st.integers(1, 4),
    padding=st.sampled_from(["valid", "same"]),
    seed=st.integers(0, 5),
)
def test_pooling_a_photo_by_window_equals_numpys(
    kind: str, height: int, width: int, side: int, stride: int, padding: str, seed: int
) -> None:
    check(feature_map(height, width, seed=seed), kind, side, stride, padding)


@pytest.mark.parametrize("kind", BY_WINDOW)
@settings(max_examples=20, deadline=None)
@given(length=st.integers(1, 12), side=st.integers(1, 5), stride=st.integers(1, 4), padding=st.sampled_from(["valid", "same"]))
def test_pooling_a_signal_by_window_equals_numpys(kind: str, length: int, side: int, stride: int, padding: str) -> None:
    check(feature_map(length), kind, side, stride, padding)


@pytest.mark.parametrize("kind", AS_A_WHOLE)
@settings(max_examples=15, deadline=None)
@given(shape=st.lists(sides, min_size=1, max_size=2), seed=st.integers(0, 5))
def test_pooling_as_a_whole_equals_numpys(kind: str, shape: list[int], seed: int) -> None:
    x = feature_map(*shape, seed=seed)
    found = ops.convert_to_numpy(pool_globally(ops.convert_to_tensor(x), kind))
    np.testing.assert_allclose(found, AS_A_WHOLE[kind](x, axis=tuple(range(1, x.ndim - 1))), rtol=2e-5, atol=1e-5)


def test_what_windows_beyond_the_border_count() -> None:
    """A map of 3×3 ones: windows of 2 that overhang hold 2 or 1 of them."""
    ones = np.ones((1, 3, 3, 1), "float32")
    pooled = {kind: ops.convert_to_numpy(pool(ones * 2, kind, padding="same"))[0, :, :, 0] for kind in BY_WINDOW}
    for kind in ("max", "average", "min", "gem"):
        np.testing.assert_allclose(pooled[kind], np.full((2, 2), 2), rtol=1e-5)
    assert pooled["sum"].tolist() == [[8, 4], [4, 2]]
    negative = ops.convert_to_numpy(pool(-ones, "max", padding="same"))
    assert (negative == -1).all(), "no zero from beyond the border is taken for the maximum"


@pytest.mark.parametrize("kind", ["max", "min"])
def test_extremes_are_exact_values_of_the_feature_map(kind: str) -> None:
    x = feature_map(6, 6)
    np.testing.assert_array_equal(ops.convert_to_numpy(pool(x, kind)), BY_WINDOW[kind](windows(x, 2, 2, "valid"), axis=(-1, -2)))
    np.testing.assert_array_equal(ops.convert_to_numpy(pool_globally(x, kind)), BY_WINDOW[kind](x, axis=(1, 2)))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), scale=st.sampled_from([1e-2, 1.0, 1e3, 1e12]))
def test_a_generalized_mean_lies_between_mean_and_maximum_at_any_scale(seed: int, scale: float) -> None:
    x = np.abs(feature_map(4, 4, seed=seed)) * scale
    low, gem, high = (ops.convert_to_numpy(pool(x.astype("float32"), kind, 3, 1)) for kind in ("average", "gem", "max"))
    assert np.isfinite(gem).all() and (gem >= low * (1 - 1e-5)).all() and (gem <= high * (1 + 1e-5)).all()


@pytest.mark.parametrize("function", [lambda x: pool(x, "gem"), lambda x: pool_globally(x, "gem")])
def test_what_a_generalized_mean_cannot_take_a_root_of_is_nearly_nothing_and_no_nan(function) -> None:
    for value in (0.0, -5.0, EPSILON / 2):
        found = ops.convert_to_numpy(function(np.full((1, 2, 2, 1), value, "float32")))
        np.testing.assert_allclose(found, EPSILON, rtol=1e-4)


def test_a_generalized_mean_can_be_learned_through() -> None:
    """Gradients are numbers even where a whole window is dead, and point the way numpy's differences do."""
    x = keras.Input((4, 4, 1))
    scaled = keras.layers.Conv2D(1, 1, kernel_initializer="ones", name="scale")(x)
    model = keras.Model(x, pool_globally(pool(scaled, "gem", 3, 2, "same"), "gem"))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    photos = np.abs(feature_map(4, 4)[..., :1])
    photos[0] = 0
    before = model.predict_on_batch(photos)[:, 0]
    model.train_on_batch(photos, np.zeros((2, 1), "float32"))
    kernel, bias = model.get_layer("scale").get_weights()
    assert np.isfinite(kernel).all() and np.isfinite(bias).all()
    assert kernel.item() == pytest.approx(1 - before[1] ** 2, rel=1e-3)  # the mean of k·x is k·m, and d/dk of ½(k·m)² at k = 1 is m²


def test_flatten_keeps_every_value_in_order() -> None:
    for x in (feature_map(3, 4), feature_map(5)):
        np.testing.assert_array_equal(ops.convert_to_numpy(pool_globally(x, "flatten")), x.reshape(2, -1))


def test_none_leaves_the_feature_map_alone() -> None:
    x = keras.Input((4, 4, 3))
    assert pool(x, "none") is x


@pytest.mark.parametrize("kind", [*AS_A_WHOLE, "flatten"])
def test_what_is_a_vector_already_passes_unchanged(kind: str) -> None:
    x = keras.Input((5,))
    assert pool_globally(x, kind) is x


@pytest.mark.parametrize("kind", BY_WINDOW)
def test_the_result_bears_the_name_that_was_given(kind: str) -> None:
    photo = keras.Input((7, 7, 3))
    model = keras.Model(photo, pool(photo, kind, 3, 2, "same", name="block1_pool"))
    x = feature_map(7, 7)
    named = keras.Model(photo, model.get_layer("block1_pool").output)
    np.testing.assert_array_equal(named.predict_on_batch(x), model.predict_on_batch(x))


@pytest.mark.parametrize("function", [pool, pool_globally])
def test_an_unknown_pooling_is_a_bug_and_says_its_name(function) -> None:
    with pytest.raises(ValueError, match="median"):
        function(keras.Input((4, 4, 3)), "median")
