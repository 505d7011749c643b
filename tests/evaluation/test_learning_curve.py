"""What more photos would bring, from heads solved on shares of them."""

import numpy as np
import pandas
import pytest

from tltool.data.samples import COLUMNS, Samples
from tltool.errors import DataError, SpecError
from tltool.evaluation.learning_curve import DRAWS, fit_power_law, measure_learning, require_curve
from tltool.runs.forms import LearningCurve
from tltool.summary import learning_curve_line

CLASSES = ["hat", "shoe", "tie"]


def make(train: int = 96, held: int = 60, task: str = "classify") -> Samples:
    """Photos of the classes in turn; of several labels, one or two each."""
    names = [CLASSES[i % 3] if task == "classify" or i % 2 else "|".join(sorted({CLASSES[i % 3], "hat"})) for i in range(train + held)]
    rows = [(str(i), str(i), name, "", "train" if i < train else "validation") for i, name in enumerate(names)]
    return Samples(pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object), CLASSES, task=task)


def features_of(samples: Samples, noise: float, seed: int = 0) -> np.ndarray:
    """float32 [n, 30]: each class has its own direction, among noise that few photos take for one."""
    random, named = np.random.default_rng(seed), np.array([[name in names for name in CLASSES] for names in samples.names])
    return (np.eye(3, 30)[[0, 1, 2]].T @ named.T).T.astype("float32") + random.normal(0, noise, (len(samples), 30)).astype("float32")


@pytest.mark.parametrize("law", [(0.05, 0.1, 0.5), (0.0, 0.2, 0.3), (0.3, 0.02, 1.0)])
def test_a_power_law_is_found_again(law: tuple[float, float, float]) -> None:
    photos = np.array([100, 200, 400, 800])
    errors = law[0] + law[1] * (photos / 800) ** -law[2]
    floor, above, steepness = fit_power_law(photos, errors)
    assert floor + above * 2**-steepness == pytest.approx(law[0] + law[1] * 2 ** -law[2], abs=2e-3)


def test_no_law_promises_less_from_more_and_none_of_what_is_known_without_fault() -> None:
    for errors in (np.array([0.1, 0.1, 0.2, 0.3]), np.zeros(4), np.ones(4)):
        _, above, steepness = fit_power_law([10, 20, 40, 80], errors)
        assert 0 <= above * (1 - 2**-steepness) < 0.02


@pytest.mark.parametrize("task", ["classify", "multilabel"])
def test_more_photos_bring_something_where_few_were_not_enough(task: str) -> None:
    samples = make(task=task)
    told = measure_learning(features_of(samples, 0.7), samples, True)["learning_curve"]
    curve = LearningCurve.model_validate(told)
    assert curve.photos[-1] == 96 and [len(its) for its in curve.scores] == [DRAWS] * (len(curve.photos) - 1) + [1]
    assert np.mean(curve.scores[-1]) > np.mean(curve.scores[0])
    assert curve.gain_interval[0] < curve.gain_interval[1] and curve.gain_interval[1] > 0.01
    assert "twice as many would likely bring" in learning_curve_line(told, "accuracy")


def test_more_photos_bring_nothing_where_few_are_enough_and_the_same_seed_says_the_same() -> None:
    samples = make()
    first, second = (measure_learning(features_of(samples, 0.05), samples, True, seed=3) for _ in range(2))
    assert first == second and first["learning_curve"]["gain_interval"][1] < 0.01
    assert "more photos of this kind would hardly help" in learning_curve_line(first["learning_curve"], "accuracy")
    assert measure_learning(None, samples, False) == {}


def test_every_draw_has_every_class_in_its_share_and_no_validation_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    from tltool.evaluation import learning_curve

    samples = make(97)
    samples.table.loc[[1, 4], "label"] = "hat"
    draws = list(learning_curve._draws(samples, 0))
    for rows in draws:
        assert set(rows) <= set(samples.rows("train")) and len(set(rows)) == len(rows) and set(samples.labels[rows]) == {0, 1, 2}
    halves = [rows for rows in draws if 40 < len(rows) < 60]
    assert len(halves) == DRAWS and len({tuple(rows) for rows in halves}) == DRAWS
    assert {abs(np.bincount(samples.labels[rows]) * 2 - np.bincount(samples.labels[:97])).max() <= 1 for rows in halves} == {True}


def test_too_few_photos_and_a_head_that_cannot_be_solved_are_refused_in_one_sentence() -> None:
    for samples in (make(20), make(96, 10)):
        with pytest.raises(DataError, match=r"--learning-curve needs 24 training photos for 3 classes, and 30 validation"):
            require_curve(samples, True)
        require_curve(samples, False)
    located = Samples(make().table, CLASSES, task="detect")
    with pytest.raises(SpecError, match=r"Received: --task detect\. Leave it out"):
        require_curve(located, True)
