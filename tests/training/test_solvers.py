"""The linear solvers under the probe, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from tltool.training.solvers import is_slow, ridge_path


@pytest.mark.parametrize(("n", "d"), [(80, 5), (30, 50)])
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_is_what_scikit_learn_solves(n: int, d: int, classes: int, weighted: bool) -> None:
    random = np.random.default_rng(0)
    x, labels = random.normal(size=(n, d)).astype("float32") + 0.3, np.arange(n) % classes
    weights = random.uniform(0.5, 2, n) if weighted else np.ones(n)
    targets = np.eye(classes)[labels]
    mean = np.average(x, axis=0, weights=weights)
    variance = np.average((x - mean) ** 2, axis=0, weights=weights).mean()
    for found in ridge_path(x, labels, weights, (x, labels), scale=1.0):
        expected = Ridge(alpha=weights.sum() * variance / found.strength).fit(x.astype("float64"), targets, sample_weight=weights)
        coef, intercept = expected.coef_, expected.intercept_
        if classes == 2:
            coef, intercept = coef[1:] - coef[:1], intercept[1:] - intercept[:1]
        np.testing.assert_allclose(found.coef, coef, atol=1e-5)
        np.testing.assert_allclose(found.intercept, intercept, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "classes", "slow"), [((3000, 1280), 10, False), ((50_000, 1280), 10, False), ((100_000, 2048), 1000, True)]
)
def test_what_is_large_would_take_logistic_regression_minutes(shape: tuple[int, int], classes: int, slow: bool) -> None:
    assert is_slow(np.broadcast_to(np.float32(0), shape), classes) == slow
