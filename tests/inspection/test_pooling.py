"""What pooling keeps: the same numbers as the network's own pooling, and maxima where they come from."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from networks import inside

from tltool.inspection.graph import values_of
from tltool.inspection.pooling import look_at_pooling, peaks_of, pool_by

MAPS = arrays.arrays("float32", st.tuples(st.integers(3, 9), st.integers(3, 9)), elements=st.floats(-100, 100, width=16))


def test_a_map_of_four_by_four_is_pooled_as_in_a_textbook() -> None:
    values = np.array([[1, 3, 2, 1], [4, 2, 0, 5], [7, 1, 3, 3], [0, 2, 8, 4]], "float32")
    pooled = {kind: pool_by(values, kind, (2, 2), (2, 2)).tolist() for kind in ("max", "average", "min", "sum")}
    assert pooled == {"max": [[4, 5], [7, 8]], "average": [[2.5, 2], [2.5, 4.5]], "min": [[1, 0], [0, 3]], "sum": [[10, 8], [10, 18]]}
    assert peaks_of(values, (2, 2), (2, 2)).tolist() == [[[1, 0], [1, 3]], [[2, 0], [3, 2]]]


@given(MAPS, st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_every_maximum_lies_in_its_window_at_its_place(values: np.ndarray, window: int, stride: int, same: bool) -> None:
    pooled = pool_by(values, "max", (window, window), (stride, stride), same)
    peaks = peaks_of(values, (window, window), (stride, stride), same)
    np.testing.assert_array_equal(values[peaks[..., 0], peaks[..., 1]], pooled)
    if not same:
        tops = np.stack(np.meshgrid(*(np.arange(n) * stride for n in pooled.shape), indexing="ij"), axis=-1)
        assert ((peaks >= tops) & (peaks < tops + window)).all()


@pytest.mark.parametrize("kind", ["max", "average", "min", "sum", "gem"])
@pytest.mark.parametrize("arguments", ["", "(3,2,padding=same)"])
def test_the_network_s_own_kind_is_recognised_by_its_numbers(kind: str, arguments: str) -> None:
    found, photo = inside(f"3@3:{kind}{arguments}", "3@3", size=23)
    pooled = look_at_pooling(found, photo)
    assert pooled.own == [kind] and pooled.pool == "block1_pool" and pooled.layer == "block1_relu"
    after = next(node for node in found.nodes if node.name == "block1_pool").leaving
    if kind != "gem":
        np.testing.assert_allclose(pooled.after[kind], values_of(found, [after], photo.pixels[None])[0][0, ..., pooled.number], atol=1e-4)


def test_a_network_without_pooling_shows_what_pooling_would_keep() -> None:
    found, photo = inside("3@3/2", "3@3/2")
    pooled = look_at_pooling(found, photo)
    assert (pooled.pool, pooled.own, pooled.layer) == ("", [], "block1_relu")


def test_the_map_is_the_one_that_is_asked_for_or_changes_most() -> None:
    found, photo = inside("6@3:max")
    chosen = look_at_pooling(found, photo)
    spans = [float((one.after["max"] - one.after["min"]).mean()) for one in (look_at_pooling(found, photo, n) for n in range(6))]
    assert chosen.number == int(np.argmax(spans)) and look_at_pooling(found, photo, 2).number == 2
