"""The spread of features, each drawn towards the median one: the formula of Opgen-Rhein and Strimmer, its limits and its laws."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tltool.training import shrinkage
from tltool.training.shrinkage import shrunken_scale


def features(n: int, d: int = 30, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (random.gamma(2.0, 1.0, (n, d)) * np.linspace(0.2, 3, d)).astype("float32")


def by_hand(x: np.ndarray) -> np.ndarray:
    """Spreads float64 [d], written as in section 2.3 of the paper, number by number."""
    n, d = x.shape
    w = [[(float(x[i, k]) - x[:, k].mean(dtype=float)) ** 2 for i in range(n)] for k in range(d)]
    v = [n / (n - 1) * np.mean(row) for row in w]
    doubt = [n / (n - 1) ** 3 * sum((wik - np.mean(row)) ** 2 for wik in row) for row in w]
    target = np.median(v)
    intensity = min(1.0, sum(doubt) / sum((vk - target) ** 2 for vk in v))
    return np.sqrt([intensity * target + (1 - intensity) * vk for vk in v])


@pytest.mark.parametrize("n", [3, 6, 50])
def test_it_is_the_formula_of_the_paper(n: int) -> None:
    mean, spread = shrunken_scale(features(n))
    np.testing.assert_allclose(mean, features(n).mean(axis=0, dtype=float), rtol=1e-12)
    np.testing.assert_allclose(spread, by_hand(features(n)), rtol=1e-9)


def test_photos_taken_in_parts_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shrunken_scale(features(50))
    monkeypatch.setattr(shrinkage, "CHUNK", 7)
    np.testing.assert_allclose(shrunken_scale(features(50)), whole, rtol=1e-9)


def test_few_photos_bring_all_spreads_together_and_many_leave_each_its_own() -> None:
    moved = [np.abs(np.log(shrunken_scale(features(n))[1] / features(n).std(axis=0, ddof=1))).max() for n in (3, 30, 3000)]
    assert moved[0] > moved[1] > 10 * moved[2]


@pytest.mark.parametrize("n", [1, 2])
def test_of_fewer_than_three_photos_no_spread_is_believed(n: int) -> None:
    assert np.ptp(shrunken_scale(features(n))[1]) == 0


@pytest.mark.parametrize("value", [0.0, 6.0, 1000.1])
def test_constant_features_get_the_median_spread_and_do_not_move_it(value: float) -> None:
    x = features(8)
    constant = np.full((8, 40), np.float32(value))
    constant[::3] = np.nextafter(np.float32(value), np.float32(2000)) if value else 0  # but for rounding
    alone, together = shrunken_scale(x)[1], shrunken_scale(np.hstack([x, constant]))[1]
    np.testing.assert_allclose(together[:30], alone, rtol=1e-9)
    np.testing.assert_allclose(together[30:], np.sqrt(np.median(x.var(axis=0, dtype=float, ddof=1))), rtol=1e-6)


def test_where_nothing_varies_the_spread_is_one() -> None:
    assert (shrunken_scale(np.ones((5, 3), "float32"))[1] == 1).all()


@pytest.mark.parametrize("views", [2, 4])
def test_a_photo_in_several_views_counts_once(views: int) -> None:
    np.testing.assert_allclose(shrunken_scale(np.tile(features(9), (views, 1)), views), shrunken_scale(features(9)), rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(scale=st.floats(1e-3, 1e3), offset=st.floats(-10, 10), n=st.integers(3, 40), seed=st.integers(0, 99))
def test_spreads_follow_the_unit_of_the_features_and_not_the_order_of_photos(scale: float, offset: float, n: int, seed: int) -> None:
    x = features(n, seed=seed).astype(float)
    mean, spread = shrunken_scale(x)
    moved = shrunken_scale(np.random.default_rng(seed).permutation(x) * scale + offset)
    np.testing.assert_allclose(moved[0], mean * scale + offset, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(moved[1], spread * scale, rtol=1e-5)
    assert (spread > 0).all()
