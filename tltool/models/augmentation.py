"""How training photos vary: degrees and percent, in the training graph only, never in the model that is saved."""

import keras
from keras import layers

from tltool.models.head import logits_of

DEGREES = 1 / 360  # Keras counts rotation in turns
PRESETS: dict[str, dict[str, float]] = {
    "none": {},
    "light": {"flip": 1, "shift": 5},
    "standard": {"flip": 1, "shift": 5, "rotation": 15, "zoom": 15, "brightness": 10, "contrast": 10},
}


def trainer_of(model: keras.Model, augment: str, seed: int, flip: bool = True) -> keras.Model:
    """``model`` up to its ``logits`` behind the augmentation called ``augment``; weights are shared with ``model``."""
    photo = keras.Input(model.input_shape[1:], name="photo")
    x = photo
    for layer in augmenters(augment, seed, flip):
        x = layer(x)
    return keras.Model(photo, logits_of(model)(x), name="trainer")


def augmenters(augment: str, seed: int, flip: bool = True) -> list[keras.layers.Layer]:
    """The layers of a preset. Units: ``shift``, ``zoom``, ``brightness`` and ``contrast`` in percent, ``rotation`` in degrees, each
    drawn between minus and plus that; ``flip`` mirrors left and right, half of the time, unless the argument ``flip`` forbids it."""
    amount = {name: value for name, value in PRESETS[augment].items() if flip or name != "flip"}
    makers = {  # one number means both ways to every layer but RandomContrast, to which it means more contrast only
        "flip": lambda a: layers.RandomFlip("horizontal", seed=seed),
        "shift": lambda a: layers.RandomTranslation(a / 100, a / 100, fill_mode="nearest", seed=seed + 1),
        "rotation": lambda a: layers.RandomRotation(a * DEGREES, fill_mode="nearest", seed=seed + 2),
        "zoom": lambda a: layers.RandomZoom((-a / 100, a / 100), fill_mode="nearest", seed=seed + 3),
        "brightness": lambda a: layers.RandomBrightness(a / 100, value_range=(0, 255), seed=seed + 4),
        "contrast": lambda a: layers.RandomContrast((a / 100, a / 100), value_range=(0, 255), seed=seed + 5),
    }
    return [makers[name](value) for name, value in amount.items()]
