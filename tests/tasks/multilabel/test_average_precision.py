import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tltool.intervals import resampled
from tltool.tasks.multilabel.average_precision import average_precision, macro_average_precision, weighted_precisions


@pytest.mark.parametrize("levels", [0, 4], ids=["distinct scores", "ties"])
def test_it_is_that_of_scikit_learn(levels: int) -> None:
    random = np.random.default_rng(0)
    scores, has = random.random((60, 5)), random.random((60, 5)) < 0.3
    scores = np.round(scores * levels) if levels else scores
    assert average_precision(has, scores) == pytest.approx([average_precision_score(has[:, k], scores[:, k]) for k in range(5)])


def test_a_label_that_no_photo_has_does_not_count() -> None:
    has = np.array([[True, False], [False, False]])
    assert np.isnan(average_precision(has, np.array([[0.9, 0.1], [0.1, 0.9]]))[1])
    assert macro_average_precision(has, np.array([[0.9, 0.1], [0.1, 0.9]])) == 1
    assert macro_average_precision(np.zeros((2, 2), bool), np.ones((2, 2))) == 0


def test_a_weight_stands_for_as_many_photos() -> None:
    random = np.random.default_rng(1)
    scores, has, times = random.random((30, 3)), random.random((30, 3)) < 0.4, random.integers(0, 4, 30)
    repeated = average_precision(np.repeat(has, times, axis=0), np.repeat(scores, times, axis=0))
    assert next(weighted_precisions(has, scores, times[None].astype(float)))[0] == pytest.approx(repeated)


def test_every_resample_has_as_many_photos_as_there_are() -> None:
    assert set(resampled(17).sum(axis=1)) == {17}
