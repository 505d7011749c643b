import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from named_points import NAMES, truths_of, without

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Placement
from tltool.models.augmentation import draw
from tltool.tasks.landmarks import labels
from tltool.tasks.landmarks.points import coordinates
from tltool.tasks.landmarks.targets import PointTargets, means_of

SIZE, CELLS = 64, 16
AMOUNTS = {"flip": 1, "shift": 15, "rotation": 20, "zoom": 25}


@settings(deadline=None, max_examples=40)
@given(
    width=st.integers(20, 900),
    height=st.integers(20, 900),
    fit=st.sampled_from(["pad", "crop", "stretch"]),
    seed=st.integers(0, 1000),
    is_varied=st.booleans(),
)
def test_targets_lead_back_to_the_truths(width: int, height: int, fit: str, seed: int, is_varied: bool) -> None:
    truths = truths_of(4, (width, height), seed)
    matrices = draw(AMOUNTS, SIZE, [str(i) for i in range(4)], seed).matrices if is_varied else None
    targets = PointTargets(truths, NAMES, SIZE, CELLS, fit)(np.arange(4), matrices)
    assert targets.shape == (4, 4, 3) and targets.dtype == np.float32
    partners = [0, 2, 1, 3]
    for i, frame in enumerate(labels.frames(truths, SIZE, fit)):
        square = np.stack([means_of(targets[i, :, axis].astype(float), CELLS) for axis in (0, 1)], axis=1) * SIZE / CELLS
        there = (targets[i, :, 2] > 0) & (np.abs(square - SIZE / 2).max(axis=1) < SIZE / 2 - SIZE / CELLS)  # a cell from the rim
        is_mirrored = matrices is not None and np.linalg.det(matrices[i, :, :2]) < 0
        original = square if matrices is None else Placement(matrices[i]).points(square)
        expected = coordinates(truths, NAMES)[i][partners if is_mirrored else slice(None)]
        assert frame.placement.inverse().points(original)[there] == pytest.approx(expected[there], abs=0.01 * max(width, height) / SIZE)


def test_a_mirrored_photo_has_its_left_ear_where_the_right_one_was() -> None:
    truths = truths_of(1, (SIZE, SIZE))
    find = PointTargets(truths, NAMES, SIZE, CELLS, "pad")
    plain, mirrored = find(np.array([0])), find(np.array([0]), np.array([[[-1.0, 0, SIZE], [0, 1, 0]]]))
    assert mirrored[0, 1, :2] == pytest.approx(np.array([CELLS, 0]) + plain[0, 2, :2] * [-1, 1], abs=1e-4)
    assert mirrored[0, 1, 0] < mirrored[0, 2, 0] and plain[0, 1, 0] < plain[0, 2, 0]  # the left one is still on the left


def test_a_point_that_is_not_marked_or_has_left_the_square_counts_nothing() -> None:
    truths = np.array([without(truths_of(1, (SIZE, SIZE))[0], "snout"), Truth(SIZE, SIZE)], object)
    find = PointTargets(truths, NAMES, SIZE, CELLS, "pad")
    assert find(np.array([0, 1, 0]))[:, :, 2].tolist() == [[0, 1, 1, 1], [0, 0, 0, 0], [0, 1, 1, 1]]
    far = np.array([[[1.0, 0, SIZE], [0, 1, 0]]])
    moved = find(np.array([0]), far)
    assert not moved.any()


def test_the_first_cell_is_counted_from_0_and_the_map_ends_with_the_square() -> None:
    truth = truths_of(1, (SIZE, SIZE))
    (targets,) = PointTargets(truth, NAMES, SIZE, CELLS, "stretch")(np.array([0]))
    cells = np.stack([means_of(targets[:, axis].astype(float), CELLS) for axis in (0, 1)], axis=1)
    assert cells == pytest.approx(coordinates(truth, NAMES)[0] * CELLS / SIZE, abs=1e-3)
    assert targets[:, :2] == pytest.approx(cells, abs=0.2)  # far from the rim, the middle is the point


def test_points_that_are_given_as_a_pair_change_places_in_a_mirror() -> None:
    truths, mirror = truths_of(1, (SIZE, SIZE)), np.array([[[-1, 0, SIZE], [0, 1, 0]]], float)
    plain = PointTargets(truths, NAMES, SIZE, CELLS, "pad")(np.arange(1), mirror)[0]
    said = PointTargets(truths, NAMES, SIZE, CELLS, "pad", {"flip_pairs": {"snout:tailbase": 1.0}})(np.arange(1), mirror)[0]
    assert said == pytest.approx(plain[[3, 1, 2, 0]]) and not np.allclose(said, plain)
