import keras
import numpy as np
import pytest
from named_points import SIDE, scores_at

from tltool.tasks.landmarks.losses import PositionLoss
from tltool.tasks.landmarks.targets import SIGMA

LEAST = 1 + np.log(2 * np.pi * SIGMA**2)  # the entropy of the Gaussian itself


def each(targets: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(PositionLoss().call(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(scores)))


def test_the_right_distribution_has_the_least_loss_and_every_other_more() -> None:
    points = np.array([[[8.3, 6.1], [5.0, 9.7]]])
    targets = np.concatenate([points, np.ones((1, 2, 1))], axis=2).astype("float32")
    right = each(targets, scores_at(points))
    assert right == pytest.approx(LEAST, abs=0.01)
    for other in (scores_at(points + 1), scores_at(points, 1.0), scores_at(points, 2.5), np.zeros((1, SIDE, SIDE, 2), "float32")):
        assert each(targets, other)[0] > right[0] + 0.05
    assert each(targets, scores_at(points[..., ::-1]))[0] > right[0] + 0.05  # x is the second axis of a map


def test_points_of_no_weight_change_nothing_and_a_photo_without_points_costs_nothing() -> None:
    points = np.array([[[8.0, 6.0], [0.0, 0.0]]] * 2)
    targets = np.concatenate([points, np.ones((2, 2, 1))], axis=2).astype("float32")
    targets[0, 1, 2], targets[1, :, 2] = 0, 0
    scores = scores_at(points)
    first, none = each(targets, scores)
    scores[:, :, :, 1] = 5 * np.random.default_rng(0).normal(size=(2, SIDE, SIDE))
    assert each(targets, scores).tolist() == pytest.approx([first, none]) and none == 0


def test_weights_of_photos_count() -> None:
    points = np.array([[[8.0, 6.0]], [[3.0, 3.0]]])
    targets = np.concatenate([points, np.ones((2, 1, 1))], axis=2).astype("float32")
    scores = scores_at(points[::-1])
    loss = PositionLoss()
    assert float(loss(targets, scores, sample_weight=np.array([1.0, 0.0]))) == pytest.approx(each(targets, scores)[0] / 2, rel=1e-5)
