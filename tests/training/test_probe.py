"""The best linear head, solved and folded into one dense layer on raw features; and what it says of other photos."""

import warnings

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tltool.errors import DataError
from tltool.models.head import attach_head
from tltool.specs import Head
from tltool.training import probe as module, solvers
from tltool.training.probe import STRENGTHS, fit_probe, out_of_fold
from tltool.training.shrinkage import shrunken_scale
from tltool.training.solvers import log_probabilities, ridge_path


def problem(classes: int, n: int = 90, d: int = 6, seed: int = 0, spread: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping clouds; features of very different scale, and one that is always 0."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    centres = np.random.default_rng(99).normal(size=(classes, d))
    x = (centres[labels] + random.normal(size=(n, d)) * spread) * [1, 10, 0.1, 3, 1, 0] + [0, 50, 0, -2, 100, 0]
    return x.astype("float32"), labels


def reference(x: np.ndarray, labels: np.ndarray, strength: float):
    mean, spread = shrunken_scale(x)
    return make_pipeline(FunctionTransformer(lambda x: (x - mean) / spread), LogisticRegression(C=strength, max_iter=300)).fit(
        x.astype("float64"), labels
    )


@pytest.mark.parametrize(("classes", "output"), [(3, "softmax"), (2, "softmax"), (2, "sigmoid")])
@pytest.mark.parametrize("strength", [0.01, 1.0])
def test_the_keras_head_says_what_scikit_learn_says(monkeypatch: pytest.MonkeyPatch, classes: int, output: str, strength: float) -> None:
    monkeypatch.setattr(module, "STRENGTHS", (strength,))
    train, validation = problem(classes), problem(classes, n=40, seed=1)
    probe = fit_probe(
        tuple(part.astype("float64") if part.dtype == "float32" else part for part in train),
        validation,
        classes,
        single=output == "sigmoid",
    )
    x = keras.Input((6,))
    model = keras.Model(x, attach_head(x, Head(output=output), classes, 0))
    model.get_layer("logits").set_weights([probe.kernel, probe.bias])
    expected = reference(*train, strength).predict_proba(validation[0])
    np.testing.assert_allclose(model.predict_on_batch(validation[0]), expected, atol=1e-5)


def test_one_neuron_and_two_columns_are_the_same_classifier() -> None:
    train, validation = problem(2), problem(2, n=40, seed=1)
    one, two = (fit_probe(train, validation, 2, single) for single in (True, False))
    assert one.kernel.shape == (6, 1) and two.kernel.shape == (6, 2)
    np.testing.assert_allclose(two.kernel[:, 1] - two.kernel[:, 0], one.kernel[:, 0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(two.bias[1] - two.bias[0], one.bias[0], rtol=1e-5)


@pytest.mark.parametrize("spread", [0.3, 1.5, 6.0])
def test_the_strength_is_the_one_with_the_lowest_validation_loss(spread: float) -> None:
    train, validation = problem(3, spread=spread), problem(3, n=60, seed=1, spread=spread)
    losses = {c: log_loss(validation[1], reference(*train, c).predict_proba(validation[0])) for c in STRENGTHS}
    probe = fit_probe(train, validation, 3, single=False)
    assert losses[probe.strength] == pytest.approx(min(losses.values()), rel=0.01)


def test_the_accuracy_is_that_of_the_folded_head_on_validation() -> None:
    train, validation = problem(3), problem(3, n=60, seed=1)
    probe = fit_probe(train, validation, 3, single=False)
    said = (validation[0] @ probe.kernel + probe.bias).argmax(axis=1)
    assert probe.accuracy == pytest.approx((said == validation[1]).mean())
    assert probe.kernel.dtype == probe.bias.dtype == np.float32


def test_a_class_without_validation_photos_is_no_obstacle() -> None:
    train, (x, labels) = problem(3), problem(3, n=60, seed=1)
    assert fit_probe(train, (x[labels < 2], labels[labels < 2]), 3, single=False).kernel.shape == (6, 3)


@settings(max_examples=8, deadline=None)
@given(scale=st.floats(1e-3, 1e3), offset=st.floats(-10, 10))
def test_the_scale_of_the_features_does_not_matter(scale: float, offset: float) -> None:
    train, validation = problem(2), problem(2, n=40, seed=1)
    plain = fit_probe(train, validation, 2, single=True)
    moved = fit_probe(
        (train[0].astype(float) * scale + offset, train[1]), (validation[0].astype(float) * scale + offset, validation[1]), 2, single=True
    )
    scores = [
        x @ probe.kernel.astype(float) + probe.bias
        for x, probe in ((validation[0], plain), (validation[0].astype(float) * scale + offset, moved))
    ]
    np.testing.assert_allclose(*scores, atol=0.05)


@pytest.mark.parametrize("value", [0.0, 0.1, 6.0, 1000.1])
def test_a_feature_that_never_varied_in_training_says_nothing_when_it_does(value: float) -> None:
    train, (x, labels) = problem(2, n=97), problem(2, n=40, seed=1)
    train[0][:, 5] = value
    train[0][::10, 5] = np.nextafter(np.float32(value), np.float32(2000)) if value else 0  # but for rounding
    x[:, 5] = value + np.random.default_rng(2).normal(size=len(x))
    probe = fit_probe(train, (x, labels), 2, single=True)
    assert abs(probe.kernel[5, 0]) < 1e-3


def nearly_dead(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two clouds apart in 40 features, and one that hardly varied in training, as a dead unit of a network, and means nothing."""
    random, labels = np.random.default_rng(seed), np.arange(n) % 2
    x = random.normal(size=(n, 41)).astype("float32")
    x[:, :10] += 2 * (2 * labels[:, None] - 1)
    x[:, 40] = 1.4e-6 * labels if seed == 0 else random.exponential(0.1, n)
    return x, labels


@pytest.mark.parametrize("closed_form", [False, True])
def test_a_feature_that_hardly_varied_in_training_does_not_decide(monkeypatch: pytest.MonkeyPatch, closed_form: bool) -> None:
    monkeypatch.setattr(solvers, "MOST_PRODUCTS", 0 if closed_form else 3e9)
    train, (x, labels) = nearly_dead(6), nearly_dead(200, seed=1)
    probe = fit_probe(train, (x[:2], labels[:2]), 2, single=False)
    p = np.exp(log_probabilities(x @ probe.kernel + probe.bias))
    assert (p.argmax(axis=1) == labels).mean() > 0.95
    assert closed_form or (p.max(axis=1) > 0.9995).mean() < 0.05


def test_out_of_fold_a_feature_that_hardly_varied_does_not_decide() -> None:
    x, labels = nearly_dead(12)
    held = module._deal(labels, np.arange(12), 3, 0) == 0
    x[held, 40] = np.linspace(0, 0.3, held.sum())
    p = out_of_fold(x, labels, 2, 3)
    assert (p.argmax(axis=1) == labels)[held].all() and p[held].max() < 0.9995


def test_nothing_is_said_past_the_progress(capfd: pytest.CaptureFixture) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_probe(problem(3), problem(3, n=30, seed=1), 3, single=False)
    assert capfd.readouterr() == ("", "")


def test_a_balanced_probe_lets_a_rare_class_count_as_much_as_a_common_one() -> None:
    x, labels = problem(2, n=400, spread=3.0)
    few = np.concatenate([np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)[:15]])
    validation = problem(2, n=100, seed=1, spread=3.0)
    recalls = []
    for balanced in (False, True):
        probe = fit_probe((x[few], labels[few]), validation, 2, single=True, balanced=balanced)
        said = (validation[0] @ probe.kernel + probe.bias)[:, 0] > 0
        recalls.append(said[validation[1] == 1].mean())
    assert recalls[1] > recalls[0] + 0.2


@pytest.mark.parametrize("balanced", [False, True])
def test_a_photo_in_several_views_counts_once(balanced: bool) -> None:
    (x, labels), validation = problem(3, n=91), problem(3, n=60, seed=1)
    once = fit_probe((x, labels), validation, 3, False, balanced)
    thrice = fit_probe((np.tile(x, (3, 1)), np.tile(labels, 3)), validation, 3, False, balanced, views=3)
    assert once.strength == thrice.strength
    np.testing.assert_allclose(once.kernel, thrice.kernel, rtol=1e-2, atol=1e-3 * np.abs(once.kernel).max())


# In closed form


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if logistic regression would take minutes."""
    monkeypatch.setattr(solvers, "MOST_PRODUCTS", 0)


@pytest.mark.parametrize(("classes", "output"), [(3, "softmax"), (2, "softmax"), (2, "sigmoid")])
def test_the_keras_head_says_what_the_ridge_regression_says(slow: None, classes: int, output: str) -> None:
    train, (x, labels) = problem(classes), problem(classes, n=40, seed=1)
    probe = fit_probe(train, (x, labels), classes, single=output == "sigmoid")
    photo = keras.Input((6,))
    model = keras.Model(photo, attach_head(photo, Head(output=output), classes, 0))
    model.get_layer("logits").set_weights([probe.kernel, probe.bias])
    mean, spread = shrunken_scale(train[0])
    standard, held = ((part.astype("float64") - mean) / spread for part in (train[0], x))
    (found,) = ridge_path(standard, train[1], np.ones(len(standard)), (held, labels), (probe.strength,))
    expected = np.exp(log_probabilities(held @ found.coef.T + found.intercept))
    np.testing.assert_allclose(model.predict_on_batch(x), expected, atol=1e-5)
    assert "ridge regression, as logistic regression on 90 photos" in probe.method


def test_the_probabilities_of_a_ridge_regression_are_as_sure_as_they_are_right(slow: None) -> None:
    train, (x, labels), (other, truth) = problem(4, n=900), problem(4, n=600, seed=1), problem(4, n=600, seed=2)
    probe = fit_probe(train, (x, labels), 4, single=False)
    scores = log_probabilities(other @ probe.kernel + probe.bias)
    said = np.exp(scores)
    assert said.max(axis=1).mean() == pytest.approx((said.argmax(axis=1) == truth).mean(), abs=0.06)
    losses = [log_loss(labels, np.exp(log_probabilities((x @ probe.kernel + probe.bias) * factor))) for factor in (0.8, 1.0, 1.25)]
    assert min(losses) == losses[1]


def test_a_ridge_regression_is_about_as_good_as_a_logistic_one(monkeypatch: pytest.MonkeyPatch) -> None:
    train, validation = problem(3, n=600), problem(3, n=600, seed=1)
    logistic = fit_probe(train, validation, 3, single=False)
    monkeypatch.setattr(solvers, "MOST_PRODUCTS", 0)
    assert fit_probe(train, validation, 3, single=False).accuracy > logistic.accuracy - 0.03


def test_a_balanced_ridge_regression_lets_a_rare_class_count_as_much(slow: None) -> None:
    test_a_balanced_probe_lets_a_rare_class_count_as_much_as_a_common_one()


def test_what_is_small_is_solved_by_logistic_regression() -> None:
    assert fit_probe(problem(3), problem(3, seed=1), 3, single=False).method == "logistic regression"


@pytest.mark.parametrize("labels", [[0] * 9 + [1] * 9 + [2], [0] * 15 + [1], [0] * 6 + [2] * 6])
def test_out_of_fold_works_in_closed_form_too(slow: None, labels: list[int]) -> None:
    x = np.random.default_rng(0).normal(size=(len(labels), 4)).astype("float32")
    p = out_of_fold(x, np.array(labels), 3, 5)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert np.isfinite(p).all() and (p >= 0).all()


def test_features_without_any_variance_are_no_obstacle(slow: None) -> None:
    labels = np.arange(20) % 2
    probe = fit_probe((np.ones((20, 3), "float32"), labels), (np.ones((4, 3), "float32"), labels[:4]), 2, single=False)
    assert np.isfinite(probe.kernel).all() and np.isfinite(probe.bias).all()


# Out of fold


def test_no_probe_learns_from_the_photos_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels = problem(3, n=60)
    x[:, 5] = np.arange(60)  # the row, to know it again
    seen = []
    answer = module._answer
    monkeypatch.setattr(
        module,
        "_answer",
        lambda slow, train, y, held, *rest: seen.append((set(train[:, 5]), set(held[:, 5]))) or answer(slow, train, y, held, *rest),
    )
    out_of_fold(x, labels, 3, 4)
    assert len(seen) == 4 and all(not learned & held and len(learned | held) == 60 for learned, held in seen)
    assert set.union(*(held for _, held in seen)) == set(x[:, 5])


def test_the_answers_are_those_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRENGTHS", (0.1,))
    x, labels = problem(3, n=60)
    probabilities = out_of_fold(x, labels, 3, 5, seed=3)
    part = module._deal(labels, np.arange(60), 5, 3)
    for fold in range(5):
        expected = reference(x[part != fold], labels[part != fold], 0.1).predict_proba(x[part == fold])
        np.testing.assert_allclose(probabilities[part == fold], expected, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(10, 80), classes=st.integers(1, 5), folds=st.integers(2, 6))
def test_groups_stay_together_and_parts_have_like_class_shares(seed: int, n: int, classes: int, folds: int) -> None:
    random = np.random.default_rng(seed)
    labels, alone = random.integers(0, classes, n), np.arange(n)
    groups = random.integers(0, n // 2, n)
    if len(set(groups.tolist())) >= folds:
        part = module._deal(labels, groups, folds, seed)
        assert all(len(set(part[groups == group].tolist())) == 1 for group in set(groups.tolist()))
    part = module._deal(labels, alone, folds, seed)
    shares = np.array([[np.sum((part == fold) & (labels == name)) for fold in range(folds)] for name in range(classes)])
    assert np.ptp(shares, axis=1).max() <= 1 and np.ptp(shares.sum(axis=0)) <= 1


def test_copies_in_one_group_do_not_vouch_for_each_other() -> None:
    x, labels = problem(2, n=60, spread=0.3)
    x[60 - 6 :], labels[60 - 6 :] = x[0], 1 - labels[0]  # six copies with the wrong label
    groups = np.arange(60)
    groups[60 - 6 :] = 0
    p = out_of_fold(x, labels, 2, 5, groups)
    assert (p[60 - 6 :, labels[0]] > 0.5).all()


@pytest.mark.parametrize("labels", [[0] * 9 + [1] * 9 + [2], [0] * 15 + [1], [0] * 6 + [2] * 6, [0, 0, 1, 1, 2, 2]])
def test_classes_of_a_few_photos_or_none_are_no_obstacle(labels: list[int]) -> None:
    x = np.random.default_rng(0).normal(size=(len(labels), 4)).astype("float32")
    p = out_of_fold(x, np.array(labels), 3, 5)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert np.isfinite(p).all() and (p >= 0).all()


def test_a_class_of_one_photo_gets_no_probability_from_those_who_never_saw_it() -> None:
    x, labels = problem(2, n=20)
    labels[7] = 2
    assert out_of_fold(x, labels, 3, 5)[7, 2] == 0


def test_the_seed_alone_deals_the_photos() -> None:
    x, labels = problem(3, n=60)
    one, again, other = (out_of_fold(x, labels, 3, 5, seed=seed) for seed in (1, 1, 2))
    assert (one == again).all() and (one != other).any()


@pytest.mark.parametrize(("folds", "groups"), [(1, None), (7, None), (3, [0, 0, 0, 1, 1, 1])])
def test_more_folds_than_independent_photos_are_refused(folds: int, groups: list[int] | None) -> None:
    x, labels = problem(2, n=6)
    with pytest.raises(DataError, match=f"Received: {folds} folds"):
        out_of_fold(x, labels, 2, folds, groups if groups is None else np.array(groups))
