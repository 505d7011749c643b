"""Looking into a network: every operation with its own values, and convolutions found by name."""

import keras
import numpy as np
import pytest
from keras import layers
from networks import classifier, example, inside

from tltool.errors import SpecError
from tltool.inspection.graph import find_convolution, look_inside, require_filter, sight_of, values_of
from tltool.models.backbone import load_backbone


def test_the_last_node_leaves_what_the_backbone_leaves() -> None:
    model = classifier("4@3:reflect:min", "5@3/2")
    photo = example(model).pixels[None]
    found = look_inside(model)
    own = keras.ops.convert_to_numpy(model.get_layer("backbone")(photo.astype("float32"), training=False))
    np.testing.assert_array_equal(values_of(found, [found.nodes[-1].leaving], photo)[0], own)


def test_layers_of_a_sequential_within_are_found_one_by_one() -> None:
    given = keras.Input((12, 12, 3))
    stem = keras.Sequential([layers.Conv2D(4, 3, name="stem_conv"), layers.LayerNormalization()], name="stem")
    body = keras.Model(given, layers.Conv2D(2, 1, name="next")(stem(given)), name="backbone")
    found = look_inside(keras.Model(given, body(given)))
    assert [node.name for node in found.convolutions] == ["stem_conv", "next"] and found.first is found.convolutions[0]
    photo = np.random.default_rng(0).integers(0, 256, (1, 12, 12, 3), dtype=np.uint8)
    np.testing.assert_allclose(
        values_of(found, [found.convolutions[1].leaving], photo)[0], keras.ops.convert_to_numpy(body(photo.astype("float32"))), rtol=1e-6
    )


def test_looking_leaves_the_network_as_it_was() -> None:
    model = classifier("4@3")
    before = (model.to_json(), [layer.name for layer in model.layers], model.count_params())
    look_inside(model)
    assert (model.to_json(), [layer.name for layer in model.layers], model.count_params()) == before


def test_a_mistyped_layer_gets_the_nearest_spelling_and_another_layer_its_kind() -> None:
    found, _ = inside("4@3", "4@3")
    with pytest.raises(SpecError, match=r"did you mean 'block1_conv' or 'block2_conv'\?.*Received: 'blok1_conv'"):
        find_convolution(found, "blok1_conv")
    with pytest.raises(SpecError, match="'block1_batch_norm', a BatchNormalization"):
        find_convolution(found, "block1_batch_norm")
    assert find_convolution(found, "block2_conv").name == "block2_conv"


def test_filters_are_counted_from_0() -> None:
    found, _ = inside("4@3")
    assert require_filter(found.first, 3) == 3
    with pytest.raises(SpecError, match="from 0 to 3"):
        require_filter(found.first, 4)


def test_a_network_without_convolutions_has_none_to_look_at() -> None:
    given = keras.Input((8, 8, 3))
    model = keras.Model(given, keras.Model(given, layers.Flatten()(given), name="backbone")(given))
    with pytest.raises(SpecError, match="There must be a convolution"):
        find_convolution(look_inside(model))


@pytest.mark.parametrize("padding, offset", [("same", 0), ("reflect", 2), ("valid", 0), ("replicate", 2)])
def test_a_border_that_is_added_beforehand_is_seen(padding: str, offset: int) -> None:
    found, _ = inside(f"2@5:{padding}")
    mixing, shift = sight_of(found, found.first)
    np.testing.assert_allclose(mixing, np.eye(3), atol=1e-6)
    assert shift == (offset, offset)


def test_a_grey_network_sees_luminance_and_its_turning_grey_is_not_its_first_convolution() -> None:
    found, _ = inside("2@3", channels=1)
    assert [node.name for node in found.convolutions] == ["fixed_grey", "block1_conv"] and found.first.name == "block1_conv"
    np.testing.assert_allclose(sight_of(found, found.first)[0], [[0.299, 0.587, 0.114]], atol=1e-6)


def test_colours_that_a_network_swaps_are_told_apart() -> None:
    given = keras.Input((32, 32, 3))
    found = look_inside(keras.Model(given, load_backbone("vgg16", "none", 32)(given)))
    mixing, _ = sight_of(found, found.first)
    np.testing.assert_allclose(mixing, 127.5 * np.eye(3)[::-1], atol=1e-3)  # blue, green, red
