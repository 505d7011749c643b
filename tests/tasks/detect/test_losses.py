"""The loss of boxes."""

import keras
import numpy as np
import pytest

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.detect.losses import BoxLoss, generalized_iou
from tltool.tasks.detect.targets import IGNORED, targets_of


def row(*boxes: Box) -> np.ndarray:
    labels = np.empty(1, object)
    labels[:] = [Truth(64, 64, tuple(map(Instance, boxes)))]
    return targets_of(labels, ["a", "b"], 64, 16, "pad")(np.array([0]), None)


def perfect(target: np.ndarray) -> np.ndarray:
    left, top, right, bottom = np.moveaxis(target[..., -5:-1], -1, 0)
    boxes = np.stack([(top + bottom) / 2, (left + right) / 2, bottom - top, right - left], axis=-1)
    return np.concatenate([boxes, np.where(target[..., :-5] == 1, 20, -20)], axis=-1).astype("float32")


def losses(target: np.ndarray, given: np.ndarray) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(BoxLoss().call(keras.ops.convert_to_tensor(target), keras.ops.convert_to_tensor(given))))


SEEN = row(Box("a", 4, 4, 24, 24), Box("b", 32, 40, 60, 52))


def test_a_perfect_answer_costs_nothing_and_each_photo_counts_for_itself() -> None:
    good, bad = perfect(SEEN), -perfect(SEEN)
    assert losses(SEEN, good) == pytest.approx(0, abs=1e-5)
    together = losses(np.concatenate([SEEN, SEEN]), np.concatenate([good, bad]))
    assert together.shape == (2,) and together[0] == pytest.approx(0, abs=1e-5)
    assert together[1] == pytest.approx(losses(SEEN, bad)[0], rel=1e-5)


def test_it_grows_as_boxes_shift_and_as_peaks_fade() -> None:
    good = perfect(SEEN)
    shifted = [losses(SEEN, good + np.array([shift, 0, 0, 0, 0, 0], np.float32))[0] for shift in (0, 0.02, 0.1, 0.5, 2)]
    assert shifted == sorted(shifted) and shifted[-1] > shifted[-2]
    faded = [losses(SEEN, np.concatenate([good[..., :4], good[..., 4:] * share], axis=-1))[0] for share in (1, 0.1, 0.01)]
    assert faded == sorted(faded)


def test_nothing_that_is_said_where_it_is_ignored_counts() -> None:
    crowd = row(Box("a", 4, 4, 24, 24), Box("a", 32, 32, 64, 64, crowd=True))
    good = perfect(crowd)
    other = good.copy()
    other[..., 4][crowd[..., 0] == IGNORED] = 15
    assert losses(crowd, other) == pytest.approx(losses(crowd, good), abs=1e-6)


def test_a_photo_without_objects_costs_what_is_said_of_it() -> None:
    empty, nothing = np.zeros((1, 256, 7), "float32"), np.full((1, 256, 6), -20, "float32")
    assert losses(empty, nothing) == pytest.approx(0, abs=1e-5)
    assert np.isfinite(losses(empty, nothing + 25)).all() and losses(empty, nothing + 25) > 1


def test_objects_are_counted_and_not_summed() -> None:
    one, two = row(Box("a", 4, 4, 24, 24)), row(Box("a", 4, 4, 24, 24), Box("a", 36, 36, 56, 56))
    unsure = np.concatenate([np.zeros((1, 256, 4)), np.full((1, 256, 2), -4.6)], axis=-1).astype("float32")
    peaks = [losses(target, np.concatenate([perfect(target)[..., :4], unsure[..., 4:]], axis=-1))[0] for target in (one, two)]
    assert peaks[1] == pytest.approx(peaks[0], rel=0.05)


def test_generalized_iou_is_that_of_its_paper() -> None:
    ones = np.array([[0, 0, 2, 2], [0, 0, 1, 1], [0, 0, 1, 1]], "float32")
    others = np.array([[0, 0, 2, 2], [2, 0, 3, 1], [0, 0, 1, 2]], "float32")
    assert np.array(keras.ops.convert_to_numpy(generalized_iou(ones, others))) == pytest.approx([1, -1 / 3, 0.5])
