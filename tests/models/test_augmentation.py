"""How training photos vary: by how much, which way, and never outside training."""

import zipfile

import keras
import numpy as np
import pytest
from keras import layers, ops

from tltool.models.assembly import assemble
from tltool.models.augmentation import PRESETS, augmenters, trainer_of
from tltool.models.head import logits_of
from tltool.models.saving.store import save_model
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head

SIDE, COPIES = 64, 64


def glyph() -> np.ndarray:
    """A white F on black, which no flip and no turn maps to itself: float32 [64, 64, 3]."""
    photo = np.zeros((SIDE, SIDE, 3), "float32")
    photo[12:52, 20:28] = photo[12:20, 20:46] = photo[28:36, 20:40] = 255
    return photo


def bar() -> np.ndarray:
    photo = np.zeros((SIDE, SIDE, 3), "float32")
    photo[8:56, 30:34] = 255
    return photo


def varied(kind: type, photo: np.ndarray, augment: str = "standard") -> np.ndarray:
    """What the preset's layer of that kind makes of many copies in training: [64, 64, 64, 3]."""
    (layer,) = (layer for layer in augmenters(augment, seed=7) if isinstance(layer, kind))
    return ops.convert_to_numpy(layer(np.stack([photo] * COPIES), training=True))


def tilt(photo: np.ndarray) -> float:
    """Angle of the brightness's main axis to the vertical, in degrees."""
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    weight = photo[..., 0]
    return float(np.degrees(0.5 * np.arctan2(2 * (weight * x * y).sum(), (weight * (y * y - x * x)).sum())))


def centre(photo: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.array([(photo[..., 0] * axis).sum() / photo[..., 0].sum() for axis in (y, x)])


def classifier() -> keras.Model:
    return assemble(build_stack(ConvStack(filters=(4,)), (16, 16, 3), 0), Head(dropout=0), ["a", "b"], 0)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3)).astype("float32")


def test_flipping_can_be_forbidden_alone() -> None:
    kinds = [[type(layer).__name__ for layer in augmenters("standard", 0, flip)] for flip in (True, False)]
    assert kinds[0][0] == "RandomFlip" and kinds[1] == kinds[0][1:]


def test_what_may_not_flip_never_does() -> None:
    trainer = trainer_of(classifier(), "light", seed=0, flip=False)
    assert not any(isinstance(layer, layers.RandomFlip) for layer in trainer.layers)


def test_none_leaves_every_pixel_as_it_is() -> None:
    seen = {}
    trainer = trainer_of(classifier(), "none", seed=0)
    assert augmenters("none", seed=0) == [] and [type(layer).__name__ for layer in trainer.layers] == ["InputLayer", "Functional"]
    backbone = trainer.layers[1].get_layer("backbone")
    scale = backbone.get_layer("scale")
    call = scale.call
    scale.call = lambda inputs: seen.setdefault("pixels", inputs) * 0 + call(inputs)
    trainer(noise(), training=True)
    np.testing.assert_array_equal(ops.convert_to_numpy(seen["pixels"]), noise())


def test_turns_go_both_ways_and_stay_within_15_degrees() -> None:
    angles = [tilt(photo) for photo in varied(layers.RandomRotation, bar())]
    assert max(map(abs, angles)) < 15.5
    assert min(angles) < -10 and max(angles) > 10


def test_flips_mirror_left_and_right_half_of_the_time_and_never_up_and_down() -> None:
    photo = glyph()
    flipped = [np.array_equal(found, photo[:, ::-1]) for found in varied(layers.RandomFlip, photo)]
    kept = [np.array_equal(found, photo) for found in varied(layers.RandomFlip, photo)]
    assert all(a != b for a, b in zip(flipped, kept, strict=True))
    assert COPIES / 4 < sum(flipped) < COPIES * 3 / 4


def test_shifts_stay_within_five_percent_each_way() -> None:
    shifts = np.array([centre(photo) - centre(glyph()) for photo in varied(layers.RandomTranslation, glyph())]) / SIDE
    assert np.abs(shifts).max() <= 0.0501
    assert (shifts.min(axis=0) < -0.03).all() and (shifts.max(axis=0) > 0.03).all()


def test_zooms_stay_within_fifteen_percent() -> None:
    heights = np.array([(photo[:, SIDE // 2, 0] > 127).sum() for photo in varied(layers.RandomZoom, bar())]) / 48
    assert 0.84 < heights.min() < 0.93 and 1.08 < heights.max() < 1.2


def test_brightness_stays_within_ten_percent_of_the_range() -> None:
    grey = np.full((SIDE, SIDE, 3), 100, "float32")
    change = varied(layers.RandomBrightness, grey)[:, 0, 0, 0] - 100
    assert np.abs(change).max() <= 25.6 and change.min() < -15 and change.max() > 15


def test_contrast_stays_within_ten_percent() -> None:
    halves = np.full((SIDE, SIDE, 3), 100, "float32")
    halves[:, SIDE // 2 :] = 150
    found = varied(layers.RandomContrast, halves)
    spread = (found[:, 0, -1, 0] - found[:, 0, 0, 0]) / 50
    assert 0.899 <= spread.min() < 0.95 and 1.05 < spread.max() <= 1.101


@pytest.mark.parametrize("augment", PRESETS)
def test_pixels_stay_pixels(augment: str) -> None:
    x = noise()
    for layer in augmenters(augment, seed=1):
        x = layer(x, training=True)
    assert x.shape == (4, 16, 16, 3)
    assert ops.convert_to_numpy(x).min() >= 0 and ops.convert_to_numpy(x).max() <= 255


def test_light_only_flips_and_shifts() -> None:
    assert [type(layer).__name__ for layer in augmenters("light", 0)] == ["RandomFlip", "RandomTranslation"]
    assert len(augmenters("standard", 0)) == 6


def test_no_two_augmenters_draw_from_one_seed() -> None:
    assert len({layer.seed for layer in augmenters("standard", 5)}) == 6


def test_predicting_never_varies_a_photo_and_training_does() -> None:
    model = classifier()
    trainer = trainer_of(model, "standard", seed=0)
    plain = logits_of(model).predict_on_batch(noise())
    np.testing.assert_allclose(trainer.predict_on_batch(noise()), plain, atol=1e-6)
    trainer.compile(loss="mse")
    assert float(trainer.test_on_batch(noise(), plain)) == pytest.approx(0, abs=1e-9)
    assert not np.allclose(ops.convert_to_numpy(trainer(noise(), training=True)), plain, atol=1e-3)


def test_a_model_that_was_trained_with_augmentation_is_saved_without(tmp_path) -> None:
    model = classifier()
    trainer_of(model, "standard", seed=0)
    save_model(model, tmp_path / "model.keras")
    assert "Random" not in zipfile.ZipFile(tmp_path / "model.keras").read("config.json").decode()
    assert not any("Random" in type(layer).__name__ for layer in model.layers)


def test_the_trainer_shares_its_weights_with_the_model() -> None:
    model = classifier()
    trainer = trainer_of(model, "light", seed=0)
    assert {id(weight) for weight in model.weights} <= {id(weight) for weight in trainer.weights}
