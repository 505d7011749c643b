"""Backbones: the input scaling of each, the weights file in place of the download, names that hold."""

import h5py
import keras
import numpy as np
import pytest
import real_data
from keras.src.backend import config
from keras.src.legacy.saving import legacy_h5_format
from weightless import without_numbers

from tltool.catalog import BACKBONES
from tltool.errors import SpecError, WeightsError
from tltool.lookup import locate
from tltool.models import backbone as module
from tltool.models.backbone import _build, layer_rows, load_backbone
from tltool.models.scaling import scale_pixels
from tltool.models.weights import Published


class FirstConvolutionError(Exception):
    pass


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path / "home"))
    return tmp_path / "home"


def write_published(network, path):
    """A weights file of the kind Keras publishes: HDF5 with the layers in order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, network)
    return path


def shaken(network):
    """``network`` with weights no initializer gives."""
    random = np.random.default_rng(3)
    for weight in network.weights:
        weight.assign(random.uniform(0.05, 0.1, weight.shape).astype(weight.dtype))
    for layer in network.layers:
        if hasattr(layer, "finalize_state"):  # a Normalization goes on with its old weights until told
            layer.finalize_state()
    return network


def photos(size):
    return np.random.default_rng(0).integers(0, 256, (2, size, size, 3)).astype("float32")


def keras_default(name, size):
    """Keras's own network for weights="imagenet" on pixels that went through no scaling, with nothing loaded; ours where Keras has none."""
    entry = BACKBONES[name]
    weights = {} if entry.packaged else {"weights": "imagenet"}
    with module._fresh_names(), module._noted():
        return locate(entry.builder)(include_top=False, input_shape=(size, size, 3), **weights, **entry.args)


def published_scaling(name):
    """What Keras says has to be done to RGB 0…255; for the networks that it does not have, what those who published them say."""
    module_of = vars(__import__(locate(BACKBONES[name].builder).__module__, fromlist=["x"]))
    return (lambda pixels: (pixels - 127) / 128) if BACKBONES[name].packaged else module_of["preprocess_input"]


def into_first_convolution(build, pixels, monkeypatch):
    """The tensor entering the first convolution of the network under construction; building stops there."""

    def stop(self, tensor, *args, **kwargs):
        raise FirstConvolutionError(tensor)

    with monkeypatch.context() as patched, pytest.raises(FirstConvolutionError) as stopped:
        patched.setattr(keras.layers.Conv2D, "__call__", stop)
        patched.setattr(keras.Sequential, "__call__", stop)  # ConvNeXt's first convolution sits in one
        build()
    tensor = stopped.value.args[0]
    source = keras.utils.get_source_inputs(tensor)[0]
    return pixels if tensor is source else keras.ops.convert_to_numpy(keras.Model(source, tensor)(pixels))


@pytest.mark.parametrize("name", BACKBONES)
def test_the_first_convolution_sees_what_keras_feeds_it(name, monkeypatch):
    size = BACKBONES[name].smallest
    preprocess = published_scaling(name)
    ours = into_first_convolution(lambda: load_backbone(name, "none", size), photos(size), monkeypatch)
    theirs = into_first_convolution(lambda: keras_default(name, size), preprocess(photos(size)), monkeypatch)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-5)
    assert np.ptp(ours) > 1.5


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_is_flat_and_as_in_the_catalogue(name):
    size = BACKBONES[name].smallest
    backbone, default = without_numbers(load_backbone, name, "none", size), without_numbers(keras_default, name, size)
    assert backbone.name == "backbone"
    assert backbone.count_params() == BACKBONES[name].parameters
    assert backbone.input_shape == (None, size, size, 3)
    assert backbone.output_shape == default.output_shape
    assert backbone.input.dtype == "float32"
    ours, theirs = (
        [(layer.name, [w.shape for w in layer.weights]) for layer in network.layers if layer.weights] for network in (backbone, default)
    )
    assert ours == theirs  # published files are read in this order
    assert not any(isinstance(layer, keras.layers.Lambda) for layer in backbone.layers)


@pytest.mark.parametrize("name", ["mobilenet_025", "vgg16", "efficientnet_b0", "convnext_tiny"])
def test_a_saved_backbone_loads_in_plain_keras(name, tmp_path):
    backbone = shaken(load_backbone(name, "none", 32))
    backbone.save(tmp_path / "backbone.keras")
    again = keras.saving.load_model(tmp_path / "backbone.keras", safe_mode=True)
    np.testing.assert_array_equal(again(photos(32)), backbone(photos(32)))


@pytest.mark.parametrize(
    ("scaling", "black", "white"),
    [
        ("none", [0, 0, 0], [255, 255, 255]),
        ("unit", [0, 0, 0], [1, 1, 1]),
        ("tf", [-1, -1, -1], [1, 1, 1]),
        ("lite", [-127 / 128] * 3, [1, 1, 1]),
        ("caffe", [-103.939, -116.779, -123.68], [151.061, 138.221, 131.32]),
        ("torch", [-2.1179, -2.0357, -1.8044], [2.2489, 2.4286, 2.64]),
    ],
)
def test_scaling_of_black_and_white(scaling, black, white):
    pixels = np.array([[[[0, 0, 0], [255, 255, 255]]]], "float32")
    scaled = keras.ops.convert_to_numpy(scale_pixels(pixels, scaling))
    np.testing.assert_allclose(scaled[0, 0], [black, white], rtol=1e-4)


@pytest.mark.parametrize("name", ["mobilenet_025", "efficientnet_b0"])
@pytest.mark.filterwarnings("ignore:.*Weights for input shape")
def test_a_file_gives_the_network_that_imagenet_gives_with_it(name, tmp_path, keras_home, monkeypatch):
    source = shaken(keras_default(name, 32))
    file = write_published(source, tmp_path / "mine.h5")
    published = Published("as_published.h5", "http://127.0.0.1:1/nowhere", "")  # the real hash would not fit these weights
    write_published(source, published.path)
    build = module._build
    monkeypatch.setattr(module, "_build", lambda name, size: (build(name, size)[0], published))
    by_name, by_file = load_backbone(name, "imagenet", 32), load_backbone(name, str(file), 32)
    assert [layer.name for layer in by_file.layers] == [layer.name for layer in by_name.layers]
    np.testing.assert_array_equal(by_file(photos(32)), by_name(photos(32)))
    preprocess = vars(__import__(locate(BACKBONES[name].builder).__module__, fromlist=["x"]))["preprocess_input"]
    np.testing.assert_allclose(by_file(photos(32)), source(preprocess(photos(32))), rtol=1e-3, atol=1e-5)


def test_weights_saved_by_keras_3_fit_too(tmp_path, recwarn):
    source = shaken(keras_default("mobilenet_025", 32))  # one layer fewer than ours: no scaling
    source.save_weights(tmp_path / "mine.weights.h5")
    ours = load_backbone("mobilenet_025", str(tmp_path / "mine.weights.h5"), 32)
    assert len(ours.weights) == len(source.weights)
    assert all(np.array_equal(a, b) for a, b in zip(ours.get_weights(), source.get_weights()))
    assert not [warning for warning in recwarn if "container" in str(warning.message)]


def test_weights_none_are_random():
    kernels = [load_backbone("mobilenet_025", "none", 32).get_layer("conv1").get_weights()[0] for _ in range(2)]
    assert not np.array_equal(*kernels)


def test_published_files_are_named_with_address_and_hash():
    assert _build("mobilenet_025", 128)[1].file == "mobilenet_2_5_128_tf_no_top.h5"
    assert _build("mobilenet_025", 100)[1].file == "mobilenet_2_5_224_tf_no_top.h5"
    efficientnet = _build("efficientnet_b0", 64)[1]
    assert efficientnet.url == "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5"
    assert efficientnet.hash == "50bc09e76180e00e4465e1a485ddc09d"


def test_without_download_missing_weights_stay_random_and_no_server_is_asked(keras_home, monkeypatch, caplog):
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("asked a server"))
    with caplog.at_level("INFO", "tltool"):
        load_backbone("mobilenet_025", "imagenet", 32, download=False)
    assert "mobilenet_2_5_224_tf_no_top.h5" in caplog.text
    assert not keras_home.exists()


def test_building_leaves_keras_as_it_was():
    before = keras.src.utils.file_utils.get_file, keras.Model.load_weights
    name = keras.layers.ReLU().name
    with pytest.raises(TypeError), module._noted():
        raise TypeError
    load_backbone("mobilenet_025", "none", 32)
    assert (keras.src.utils.file_utils.get_file, keras.Model.load_weights) == before
    assert int(keras.layers.ReLU().name.rpartition("_")[2]) == (1 if name == "re_lu" else int(name.rpartition("_")[2]) + 1)


def test_layer_names_do_not_depend_on_what_was_built_before():
    names = []
    for _ in range(2):
        keras.layers.Activation("relu")  # takes the name "activation", or the next free one
        names.append([layer.name for layer in load_backbone("mobilenet_v3_small", "none", 32).layers])
    assert names[0] == names[1]
    assert names[0][4] == "activation"


def test_layer_rows_list_name_type_shape_and_parameters():
    rows = layer_rows(load_backbone("mobilenet_025", "none", 32))
    assert rows[:3] == [("pixels", "InputLayer", "32×32×3", 0), ("scaling", "Rescaling", "32×32×3", 0), ("conv1", "Conv2D", "16×16×8", 216)]
    assert sum(row[3] for row in rows) == BACKBONES["mobilenet_025"].parameters


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(SpecError, match="mobilenet_v2"):
        load_backbone("mobilnet_v2", "none", 96)


def test_a_size_too_small_for_the_backbone_is_one_sentence():
    with pytest.raises(SpecError, match=r"^--size must be at least 75 for inception_v3\. Received: 74\.$"):
        load_backbone("inception_v3", "none", 74)


def test_channels_first_is_refused():
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(SpecError, match="channels_last"):
            load_backbone("mobilenet_025", "none", 32)
    finally:
        keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("other", ["mobilenet", "vgg16"])
def test_weights_of_another_network_do_not_fit(other, tmp_path):
    file = write_published(keras_default(other, 32), tmp_path / "other.h5")
    with pytest.raises(WeightsError, match=r"mobilenet_025 without its top\. Received: .*other\.h5, where (Shape|Layer count) mismatch"):
        load_backbone("mobilenet_025", str(file), 32)


def test_keras_3_weights_of_another_network_do_not_fit(tmp_path):
    load_backbone("mobilenet", "none", 32).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(WeightsError, match="mobilenet_025 without its top"):
        load_backbone("mobilenet_025", str(tmp_path / "other.weights.h5"), 32)


def test_a_missing_weights_file_is_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match="must exist"):
        load_backbone("mobilenet_025", str(tmp_path / "none.h5"), 32)


@pytest.mark.parametrize("name", ["mobilenet_025", "mobilenet_v2"])
@pytest.mark.filterwarnings("ignore:.*Weights for input shape")
def test_real_weights_give_the_features_keras_gives(name):
    entry, file = BACKBONES[name], real_data.require("keras_home") / "models" / _build(name, 64)[1].file
    theirs = locate(entry.builder)(include_top=False, weights=str(file), input_shape=(64, 64, 3), **entry.args)
    ours = load_backbone(name, str(file), 64)
    np.testing.assert_allclose(ours(photos(64)), theirs(photos(64) / 127.5 - 1), rtol=1e-4, atol=1e-4)
