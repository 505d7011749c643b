"""Regions on regions, in numbers."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import confusion_matrix, jaccard_score

from tltool.tasks.segment.overlaps import confusion_of, iou, mean_iou, overlaps_of, pixel_accuracy, whole

PAIRS = arrays(np.uint8, (2, 8, 8), elements=st.sampled_from([0, 1, 2, 255]))


@given(PAIRS)
def test_what_is_counted_is_what_scikit_learn_counts(pair: np.ndarray) -> None:
    true, said = pair
    known = true != 255
    expected = confusion_matrix(true[known], np.minimum(said[known], 3), labels=range(4)) if known.any() else np.zeros((4, 4))
    assert np.array_equal(confusion_of(true, said, 3), expected[:3])


@given(PAIRS)
def test_iou_is_the_jaccard_index_over_the_classes_that_occur(pair: np.ndarray) -> None:
    true, said = pair
    known = true != 255
    overlaps = overlaps_of(confusion_of(true, said, 3)[None])
    occurring = [i for i in range(3) if (true == i).any()]
    if occurring:
        expected = jaccard_score(true[known], said[known], labels=occurring, average=None, zero_division=0)
        assert iou(overlaps)[0, occurring] == pytest.approx(expected)
        assert mean_iou(overlaps)[0] == pytest.approx(expected.mean())
        assert pixel_accuracy(overlaps)[0] == pytest.approx((true == said)[known].mean())
    assert np.isnan(np.delete(iou(overlaps)[0], occurring)).all()


def test_photos_are_counted_as_often_as_they_are_drawn() -> None:
    draws = np.random.default_rng(0)
    maps = draws.integers(0, 3, (2, 4, 5, 5), np.uint8)
    overlaps = overlaps_of(np.stack([confusion_of(*pair, 3) for pair in zip(*maps)]))
    twice = whole(overlaps, np.array([[2.0, 0, 0, 1]]))
    again = overlaps_of(confusion_of(maps[0][[0, 0, 3]], maps[1][[0, 0, 3]], 3)[None])
    assert all(np.array_equal(one, other) for one, other in zip(twice, again))


def test_where_nothing_is_known_the_score_is_0() -> None:
    overlaps = overlaps_of(confusion_of(np.full((2, 2), 255, np.uint8), np.zeros((2, 2), np.uint8), 3)[None])
    assert (mean_iou(overlaps)[0], pixel_accuracy(overlaps)[0]) == (0, 0)
