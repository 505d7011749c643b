"""Classes of unlike size: weighed alike, or shown alike often."""

import numpy as np

from tltool.specs import Training
from tltool.training.balance import class_weights, oversampled
from tltool.training.optimization import rows_of_an_epoch, weights_in_loss

LABELS = np.array([0] * 9 + [2] * 2 + [5] * 4)
ROWS = np.arange(100, 115)


def test_oversampling_shows_every_class_as_often_as_the_largest_and_every_photo() -> None:
    drawn = oversampled(ROWS, LABELS, seed=3)
    labels = LABELS[drawn - 100]
    assert np.unique(labels, return_counts=True)[1].tolist() == [9, 9, 9]
    shown = np.unique(drawn, return_counts=True)
    assert shown[0].tolist() == ROWS.tolist() and set(shown[1][LABELS == 0]) == {1} and set(shown[1][LABELS == 5]) == {2, 3}


def test_the_same_seed_draws_the_same_and_another_seed_another() -> None:
    assert np.array_equal(oversampled(ROWS, LABELS, 1), oversampled(ROWS, LABELS, 1))
    assert any(not np.array_equal(oversampled(ROWS, LABELS, 1), oversampled(ROWS, LABELS, seed)) for seed in range(2, 9))


def test_classes_of_one_size_are_left_as_they_are() -> None:
    assert oversampled(ROWS[:4], np.array([0, 1, 1, 0]), 0).tolist() == ROWS[:4].tolist()
    assert len(oversampled(ROWS[:0], LABELS[:0], 0)) == 0


def test_what_is_shown_more_often_is_not_weighed_as_well() -> None:
    assert weights_in_loss(LABELS, "oversample") is None and weights_in_loss(LABELS, "none") is None
    assert np.allclose(weights_in_loss(LABELS, "weights"), class_weights(LABELS))
    assert len(rows_of_an_epoch(ROWS, LABELS, Training(balance="oversample"))) == 27
    assert rows_of_an_epoch(ROWS, LABELS, Training(balance="weights")) is ROWS
