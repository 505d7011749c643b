"""Feature maps along a network: which layers, which maps, and their own values."""

import keras
import numpy as np
import pytest
from networks import inside

from tltool.inspection.feature_maps import choose_nodes, map_depths
from tltool.inspection.graph import look_inside, values_of
from tltool.models.backbone import load_backbone


def test_every_block_of_a_small_stack_is_shown() -> None:
    found, photo = inside("4@3:max", "5@3:max", "6@3")
    assert [(depth.layer, depth.among, depth.maps.shape) for depth in map_depths(found, photo)] == [
        ("block1_relu", 4, (4, 24, 24)),
        ("block2_relu", 5, (5, 12, 12)),
        ("block3_relu", 6, (6, 6, 6)),
    ]


def test_the_strongest_maps_come_first_with_their_own_values() -> None:
    found, photo = inside("12@3")
    (depth,) = map_depths(found, photo, maps=5)
    own = values_of(found, [next(node for node in found.nodes if node.name == "block1_relu").leaving], photo.pixels[None])[0][0]
    assert depth.numbers == np.argsort(-own.std(axis=(0, 1)), kind="stable")[:5].tolist()
    np.testing.assert_array_equal(depth.maps, np.moveaxis(own[..., depth.numbers], -1, 0))


@pytest.mark.parametrize("most", [1, 2, 5, 6, 9])
def test_of_a_deep_network_layers_of_every_size_are_chosen_in_order(most: int) -> None:
    given = keras.Input((96, 96, 3))
    found = look_inside(keras.Model(given, load_backbone("mobilenet_025", "none", 96)(given)))
    chosen = choose_nodes(found, most)
    places = [found.nodes.index(node) for node in chosen]
    assert len(chosen) == most and places == sorted(set(places))
    if most >= 5:
        assert {node.leaving.shape[1] for node in chosen} == {48, 24, 12, 6, 3}


def test_maps_of_one_place_are_left_out() -> None:
    found, _ = inside("2@3/4", "2@3/4", "2@2/2", size=16)
    assert [node.name for node in choose_nodes(found)] == ["block1_relu"]
