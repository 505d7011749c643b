"""Instance maps on the square, varied as their photos are."""

import numpy as np
from discs import CELLS, CLASSES, SIDE, disc, labels_of, row_of_discs

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import IGNORED
from tltool.tasks.detect.targets import targets_of as box_targets
from tltool.tasks.instances.instance_maps import instance_map
from tltool.tasks.instances.losses import unpacked
from tltool.tasks.instances.targets import targets_of

SIZE = (SIDE, SIDE)
MIRROR = np.array([[[-1, 0, SIDE], [0, 1, 0]]], float)


def maps(truth: Truth, matrices: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    packed = targets_of(labels_of(truth), CLASSES, SIDE, CELLS, "pad")(np.array([0]), matrices)[..., -48:]
    kinds, ways = unpacked(packed, CELLS)
    return np.asarray(kinds)[0], np.asarray(ways)[0]


def test_every_pixel_of_an_object_leads_to_its_centre() -> None:
    truth = Truth(*SIZE, (disc(30, 40, 12, SIZE, "bee"),))
    kinds, ways = maps(truth)
    assert np.array_equal(kinds == 1, truth.mask(0) != 0) and np.all(kinds[truth.mask(0) == 0] == 2)
    rows, columns = np.nonzero(truth.mask(0))
    centres = np.stack([columns + 0.5, rows + 0.5], axis=1) + ways[rows, columns] * SIDE
    np.testing.assert_allclose(centres, np.broadcast_to((30, 40), centres.shape), atol=1e-4)


def test_boxes_are_those_of_detection() -> None:
    labels = labels_of(row_of_discs(0))
    rows = targets_of(labels, CLASSES, SIDE, CELLS, "pad")(np.array([0, 0]), None)
    assert np.array_equal(rows[..., :-48], box_targets(labels, CLASSES, SIDE, CELLS, "pad")(np.array([0, 0]), None))


def test_a_mirror_turns_ways_around() -> None:
    truth = Truth(*SIZE, (disc(30, 40, 12, SIZE),))
    (kinds, ways), (mirrored, back) = maps(truth), maps(truth, MIRROR)
    assert np.array_equal(mirrored, kinds[:, ::-1])
    np.testing.assert_allclose(back, ways[:, ::-1] * (-1, 1), atol=1e-5)


def test_the_centre_of_what_is_cut_is_that_of_its_rest() -> None:
    truth = Truth(*SIZE, (disc(30, 40, 12, SIZE),))
    shift = np.array(
        [[[1, 0, 30], [0, 1, 0]]], float
    )  # places of the varied square lie 30 further right in the photo: the left half is gone
    _, ways = maps(truth, shift)
    assert np.isclose(0.5 + ways[40, 0, 0] * SIDE, 6) and np.isclose(40.5 + ways[40, 0, 1] * SIDE, 40)


def test_what_is_not_known_is_ignored() -> None:
    crowd = disc(20, 20, 9, SIZE)
    truth = Truth(
        *SIZE,
        (
            Instance(crowd.box._replace(crowd=True), crowd.mask),
            Instance(Box("ant", 40, 40, 60, 50)),
            disc(70, 70, 9, SIZE, "stranger"),
            disc(50, 45, 3, SIZE),
        ),
    )
    kinds, ways = maps(truth)
    for place in (0, 2):
        assert np.all(kinds[truth.mask(place) != 0] == IGNORED)
    assert kinds[41, 41] == IGNORED and kinds[45, 50] == 0
    assert np.all(ways[kinds == 2] == 0)


def test_what_lies_beyond_the_photo_is_ignored() -> None:
    kinds, _ = maps(Truth(96, 48))
    assert np.all(kinds[:24] == IGNORED) and np.all(kinds[24:72] == 2) and np.all(kinds[72:] == IGNORED)


def test_the_smaller_object_lies_on_top_in_any_order() -> None:
    large, small = disc(48, 48, 30, SIZE), disc(40, 48, 8, SIZE)
    for instances in ((large, small), (small, large)):
        truth = Truth(*SIZE, instances)
        assert np.all(instance_map(truth)[truth.mask(instances.index(small)) != 0] == instances.index(small) + 1)


def test_sizes_that_are_no_multiple_of_the_cells_are_drawn_in_their_own() -> None:
    rows = targets_of(labels_of(row_of_discs(0)), CLASSES, 50, 13, "pad")
    still = np.array([[[1, 0, 0], [0, 1, 0]]], float)
    np.testing.assert_allclose(rows(np.array([0]), None), rows(np.array([0]), still), atol=1e-4)
    assert rows(np.array([0]), None).shape == (1, 169, len(CLASSES) + 53)
