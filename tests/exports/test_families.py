"""Every family of backbones, in miniature with all of its kinds of layers: saved, loaded again and converted, it answers the same.

MobileNet and MobileNetV3 are exported in every precision elsewhere, as they are; ``benchmarks/exports.py --backbones`` asks that of the
whole catalogue, and so of those too that cannot be made small.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.applications import convnext, densenet, efficientnet, efficientnet_v2, mobilenet_v2, resnet

from tltool.exports.tflite.conversion import PRECISIONS, convert
from tltool.models.packaged.efficientnet_lite import efficientnet_lite
from tltool.models.saving.store import load_model, save_model

SIZE = 32
RANDOM = np.random.default_rng(0)
PHOTOS = (RANDOM.integers(0, 200, (16, 1, 1, 3)) + RANDOM.integers(0, 56, (16, SIZE, SIZE, 3))).astype("uint8")  # of many colours
BARE = {"include_top": False, "weights": None, "input_shape": (SIZE, SIZE, 3)}
FAMILIES: dict[str, Callable[[], keras.Model]] = {
    "mobilenet_v2": lambda: mobilenet_v2.MobileNetV2(alpha=0.35, **BARE),
    "efficientnet": lambda: efficientnet.EfficientNet(0.2, 0.1, SIZE, name="efficientnetb0", **BARE),
    "efficientnet_lite": lambda: efficientnet_lite(0.2, 0.1, include_top=False, input_shape=(SIZE, SIZE, 3)),
    "efficientnet_v2": lambda: efficientnet_v2.EfficientNetV2(0.2, 0.1, SIZE, name="efficientnetv2-b0", **BARE),
    "convnext": lambda: convnext.ConvNeXt(depths=(1, 1, 1, 1), projection_dims=(4, 8, 16, 32), **BARE),
    "densenet": lambda: densenet.DenseNet([1, 1, 1, 1], **BARE),
    "resnet": lambda: resnet.ResNet(lambda x: resnet.stack_residual_blocks_v1(x, 8, 2, stride1=1), False, True, **BARE),
    "resnet_v2": lambda: resnet.ResNet(lambda x: resnet.stack_residual_blocks_v2(x, 8, 2), True, True, **BARE),
}
SCALING = ("efficientnet", "efficientnet_v2", "convnext")  # have theirs inside
WISHES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(FAMILIES, ("float32",)),
    "efficientnet_v2": ("float32", "float16"),  # quantized, miniatures of it answer otherwise where nothing was trained
    "efficientnet_lite": PRECISIONS,  # for phones
    "convnext": ("float32", "float16", "dynamic", "int8"),  # layer norm and GELU; LiteRT has no int16 kernel for the former's squares
    "resnet": PRECISIONS,  # sums
}
GAPS = {"float32": 1e-4, "float16": 0.01, "dynamic": 0.1, "int8": 0.2, "int16x8": 0.1}  # of any probability; these weights are noise


@pytest.mark.parametrize(("family", "precisions"), WISHES.items())
def test_a_family_is_saved_loaded_and_converted(family: str, precisions: tuple[str, ...], tmp_path: Path) -> None:
    model = classifier(family)
    expected = model.predict_on_batch(PHOTOS.astype("float32"))
    assert expected.std(axis=0).min() > 0.1  # the photos are told apart
    save_model(model, tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(PHOTOS.astype("float32")), expected)
    gaps = {precision: np.abs(answers_of(convert(loaded, precision, PHOTOS)) - expected).max() for precision in precisions}
    assert all(gap < GAPS[precision] for precision, gap in gaps.items()), gaps


def classifier(family: str) -> keras.Model:
    """One of ``family`` below a head, with weights that no initializer gives and the averages of the photos in all of its norms."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIZE, SIZE, 3))
    pixels = photo if family in SCALING else layers.Rescaling(1 / 127.5, -1)(photo)
    features = layers.BatchNormalization()(layers.GlobalAveragePooling2D()(FAMILIES[family]()(pixels)))
    model = keras.Model(photo, layers.Softmax()(layers.Dense(3)(features)))
    random = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign_add(random.normal(0, 0.05, weight.shape))
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    model(PHOTOS.astype("float32"), training=True)
    return model


def answers_of(content: bytes) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    from tltool.runtimes.litert import TfliteModel

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return TfliteModel({}, interpreter)(PHOTOS)
