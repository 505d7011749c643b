"""The maps of a backbone at several strides, and the pyramid that brings them to one."""

from math import ceil
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from weightless import without_numbers

from tltool.catalog import BACKBONES
from tltool.errors import SpecError
from tltool.exports.tflite.conversion import convert
from tltool.models.backbone import load_backbone
from tltool.models.freezing import freeze, learning_layers
from tltool.models.precision import computing_in
from tltool.models.pyramid import _enlarge, decode, head_map, tapped
from tltool.models.saving.store import load_model, save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack

LARGE = 30_000_000  # parameters


def photos(size: int, n: int = 2) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, size, size, 3)).astype("float32")


def with_heat(backbone: keras.Model, seed: int = 0, bias: float = 0.0) -> keras.Model:
    """Photo → backbone → pyramid → two channels at stride 4."""
    photo = keras.Input(backbone.input_shape[1:], name="photo")
    return keras.Model(photo, head_map(decode(tapped(backbone)(photo), seed=seed), 2, "heat", seed, bias))


def settled(model: keras.Model) -> keras.Model:
    """``model`` with batch norms that have seen photos: a random network with those it begins with lets nothing through."""
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0
    model(photos(model.input_shape[1], 8), training=True)
    return model


def stack(*conv: str, size: int = 32, **wishes) -> keras.Model:
    return build_stack(ConvStack(conv=conv, **wishes), (size, size, 3), seed=0)


def names_of_taps(backbone: keras.Model) -> list[str]:
    by_tensor = {id(layer.output): layer.name for layer in backbone.layers}
    return [by_tensor[id(tap)] for tap in tapped(backbone).outputs]


def sides_of_taps(backbone: keras.Model) -> list[int]:
    return [tap.shape[1] for tap in tapped(backbone).outputs]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if entry.parameters > LARGE else ()) for name, entry in BACKBONES.items()]
)
def test_every_backbone_has_four_maps_each_half_as_wide_as_the_one_before_and_a_pyramid_on_them(name: str) -> None:
    size = max(100, BACKBONES[name].smallest)
    backbone = without_numbers(load_backbone, name, "none", size)
    taps = tapped(backbone)
    assert taps.name == "backbone" and taps.outputs[-1] is backbone.output
    assert {id(layer) for layer in taps.layers} == {id(layer) for layer in backbone.layers}
    borders = [ceil(size / stride) - tap.shape[1] for tap, stride in zip(taps.outputs, (4, 8, 16, 32), strict=True)]
    assert min(borders) >= 0 and max(borders) <= 4  # of a network that pads nothing, or rounds down
    assert without_numbers(with_heat, backbone).output_shape == (None, 25, 25, 2)


def test_the_taps_are_the_last_maps_through_which_everything_passes() -> None:
    expected = ["block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "out_relu"]
    assert names_of_taps(without_numbers(load_backbone, "mobilenet_v2", "none", 224)) == expected


def test_where_nothing_passes_through_one_map_it_is_the_last_of_the_widest() -> None:
    taps = tapped(without_numbers(load_backbone, "nasnet_mobile", "none", 224)).outputs
    assert [tap.shape[1:] for tap in taps] == [(56, 56, 44), (28, 28, 264), (14, 14, 528), (7, 7, 1056)]


@pytest.mark.parametrize("size", [32, 33, 61, 100])
@pytest.mark.parametrize("name", ["mobilenet_025", "vgg16", "xception", "mobilenet_v3_small"])
def test_every_size_gives_a_cell_for_every_four_pixels_begun(name: str, size: int) -> None:
    size = max(size, BACKBONES[name].smallest)
    model = without_numbers(lambda: with_heat(load_backbone(name, "none", size)))
    assert model.output_shape[1:3] == (ceil(size / 4),) * 2


@pytest.mark.parametrize(
    ("conv", "sides"),
    [
        (["4@3/2"], [16]),  # never comes to a stride of 4
        (["4@3"], [32]),
        (["4@3/2", "4@3/2", "4@3/2"], [8, 4]),
        (["4@3/2", "4@3/4"], [4]),  # begins at a stride of 8
        (["4@3/4", "4@3/4"], [8, 2]),  # a stride between is missing
        (["4@3/3", "4@3/2"], [11, 6]),
        (["4@3/5"], [7]),
        (["4@3/2"] * 6, [8, 4, 2, 1, 1]),
    ],
)
def test_a_stack_has_the_strides_it_has_and_still_a_map_at_4(conv: list[str], sides: list[int]) -> None:
    backbone = stack(*conv, pooling="none")
    assert sides_of_taps(backbone) == sides
    assert with_heat(backbone)(photos(32)).shape == (2, 8, 8, 2)


@pytest.mark.parametrize("padding", ["valid", "same", "reflect", "replicate", "constant(1)"])
@pytest.mark.parametrize("pooling", ["max", "gem", "sum", "min"])
def test_what_was_only_padded_is_no_map(padding: str, pooling: str) -> None:
    backbone = build_stack(ConvStack(filters=(4, 4, 4), padding=padding, pooling=pooling), (48, 48, 3), seed=0)
    taps = tapped(backbone).outputs
    assert len(taps) == 2 and taps[-1] is backbone.output
    if padding != "valid":
        assert [tap.shape[1] for tap in taps] == [12, 6]
    assert with_heat(backbone).output_shape == (None, 12, 12, 2)


class OneMap(layers.Layer):
    """As a hub module is: nothing is known of its inside."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.kernel = self.add_weight(shape=(3, 5))

    def call(self, x):
        return keras.ops.average_pool(x, 32, 32, "same") @ self.kernel


def test_a_module_that_gives_one_map_has_one_tap_which_is_doubled_until_it_fits() -> None:
    pixels = keras.Input((100, 100, 3))
    backbone = keras.Model(pixels, OneMap()(pixels), name="backbone")
    assert sides_of_taps(backbone) == [4]
    model = with_heat(backbone)
    assert model.output_shape == (None, 25, 25, 2)
    assert [layer.name for layer in model.layers if isinstance(layer, layers.UpSampling2D)] == [
        "pyramid_16_enlarged",
        "pyramid_8_enlarged",
        "pyramid_4_enlarged",
    ]


def test_a_backbone_without_places_is_refused_in_one_sentence() -> None:
    pixels = keras.Input((32, 32, 3))
    vector = keras.Model(pixels, layers.GlobalAveragePooling2D()(layers.Conv2D(7, 3)(pixels)), name="backbone")
    signals = build_stack(ConvStack(filters=(4, 4)), (32, 2), seed=0)
    for backbone, output in ((vector, "7"), (signals, "8×4")):
        with pytest.raises(SpecError, match=rf"must have a backbone that gives a map .*\. Received: an output of {output}\. Choose"):
            tapped(backbone)


def test_a_tapped_backbone_is_tapped_as_it_was() -> None:
    once = tapped(load_backbone("mobilenet_025", "none", 32))
    assert tapped(once).outputs == once.outputs


def test_an_enlarged_map_lies_where_the_finer_one_does() -> None:
    """Cells that hold the pixel in their centre, of 100 pixels: 13 at a stride of 8, 25 at a stride of 4."""
    coarse, fine = (stride * (np.arange(cells) + 0.5) for stride, cells in ((8, 13), (4, 25)))
    given = keras.Input((13, 13, 1))
    enlarged = keras.Model(given, _enlarge(given, 2, 25, "x"))(np.tile(coarse, (1, 13, 1))[..., None].astype("float32"))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(enlarged)[0, 0, 1:, 0], fine[1:])


def test_borders_keep_a_map_of_a_network_that_pads_nothing_in_the_middle() -> None:
    backbone = stack("1@5/2", "1@5/2", size=61, padding="valid", kernel_initializer="ones", batch_norm=False)
    assert sides_of_taps(backbone) == [13]  # 16 cells fit
    photo = keras.Input((61, 61, 3))
    border = keras.Model(photo, decode(tapped(backbone)(photo), width=1)).get_layer("pyramid_4_lateral_border")
    assert border.padding == ((1, 2), (1, 2))


def test_one_seed_gives_one_model_and_no_two_layers_are_alike() -> None:
    backbone = stack("4@3/4", "4@3/2", "4@3/2")
    first, again, other = (with_heat(backbone, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first.get_weights(), again.get_weights(), strict=True))
    kernels = [weight.numpy().ravel()[:100].tolist() for model in (first, other) for weight in model.weights if "kernel" in weight.path]
    ours = [kernel for kernel in kernels if kernel not in [w.numpy().ravel()[:100].tolist() for w in backbone.weights]]
    assert len(ours) == len({tuple(kernel) for kernel in ours}) > 10


def test_a_head_says_its_bias_of_every_place_before_it_has_learned() -> None:
    model = with_heat(stack("4@3/4"), bias=-4.6)
    assert model.get_layer("heat").output is model.output
    model.get_layer("heat").kernel.assign(np.zeros((1, 1, 64, 2)))
    np.testing.assert_allclose(model(photos(32)), -4.6, rtol=1e-6)


def test_a_frozen_backbone_leaves_the_pyramid_to_learn_and_one_step_moves_all_of_it() -> None:
    model = settled(with_heat(load_backbone("mobilenet_025", "none", 64)))
    backbone = model.get_layer("backbone")
    freeze(backbone, learning_layers(backbone, "none"), "frozen")
    before = {weight.path: weight.numpy() for weight in model.weights}
    own = {weight.path for layer in model.layers if layer is not backbone for weight in layer.weights}
    assert {weight.path for weight in model.trainable_weights} == {path for path in own if "moving" not in path}
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    model.train_on_batch(photos(64), np.random.default_rng(1).normal(size=(2, 16, 16, 2)))
    assert {weight.path for weight in model.weights if not np.array_equal(weight, before[weight.path])} == own


def test_the_last_layers_of_a_tapped_backbone_learn_as_those_of_a_whole_one() -> None:
    whole = load_backbone("mobilenet_025", "none", 32)
    assert learning_layers(tapped(whole), 7) == learning_layers(whole, 7)


def test_a_backbone_in_half_precision_feeds_a_pyramid_in_float32() -> None:
    model = settled(with_heat(stack("8@3/4", "8@3/2")))
    whole = model(photos(32)).numpy()
    with computing_in("mixed_bfloat16", model):
        half = model(photos(32))
    assert half.dtype == "float32" and 0 < np.abs(half - whole).max() < 0.1 * np.abs(whole).max()


@pytest.mark.parametrize("build", [lambda: load_backbone("mobilenet_025", "none", 33), lambda: stack("4@3/5")])
def test_a_saved_model_answers_the_same_in_plain_keras_and_here(build, tmp_path: Path) -> None:
    model = settled(with_heat(build()))
    save_model(model, tmp_path / "model.keras")
    photo = photos(model.input_shape[1])
    for loaded in (keras.saving.load_model(tmp_path / "model.keras", safe_mode=True), load_model(tmp_path / "model.keras")):
        np.testing.assert_array_equal(loaded(photo), model(photo))
        np.testing.assert_array_equal(tapped(loaded.get_layer("backbone"))(photo)[0], tapped(model.get_layer("backbone"))(photo)[0])


def test_a_tflite_file_of_builtin_operators_says_what_the_model_says() -> None:
    from ai_edge_litert.interpreter import Interpreter

    model = settled(with_heat(load_backbone("mobilenet_025", "none", 100)))
    interpreter = Interpreter(model_content=convert(model, "float32"))  # refuses what is not builtin
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], photos(100, 1))
    interpreter.invoke()
    said = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    expected = model(photos(100, 1)).numpy()
    assert expected.std() > 0.1 and np.abs(said - expected).max() < 1e-4
