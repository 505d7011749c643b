"""How training photos vary: by how much, which way, and never in the model that is saved.

Every variation is drawn from a key and the photo's content, outside the training graph, and said as numbers before it is applied: so the
same draw can move whatever else belongs to the photo, and a training that goes on sees what it would have seen.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from PIL import Image

from tltool.models.head import logits_of
from tltool.threads import in_order

VERSION = 2  # of how a variation is drawn and applied; goes into the keys of the cache
PRESETS: dict[str, dict[str, float]] = {
    "none": {},
    "light": {"flip": 1, "shift": 5},
    "standard": {"flip": 1, "shift": 5, "rotation": 15, "zoom": 15, "brightness": 10, "contrast": 10},
    "wide": {"flip": 1, "shift": 15, "zoom": 30, "brightness": 10, "contrast": 10},
}
DRAWN = ("flip", "shift_x", "shift_y", "rotation", "zoom", "brightness", "contrast")
BORDER = (114, 114, 114)  # RGB of what lies beyond the photo: a grey that is no edge to most photos, and says nothing
AFFINE, BILINEAR = Image.Transform.AFFINE, Image.Resampling.BILINEAR
LEVELS = np.arange(256, dtype="float32")


class Variation(NamedTuple):
    """How each of b photos varies.

    Attributes:
        matrices: float64 [b, 2, 3]: a place (x, y, 1) in the varied photo → its place in the original, in pixels from the top left corner.
        contrast: float64 [b], factor on the distance of each channel from its mean.
        brightness: float64 [b], grey levels that are added.
    """

    matrices: np.ndarray
    contrast: np.ndarray
    brightness: np.ndarray


def amounts_of(augment: str, flip: bool = True) -> dict[str, float]:
    """The limits of a preset: ``shift``, ``zoom``, ``brightness`` and ``contrast`` in percent, ``rotation`` in degrees, each drawn between
    minus and plus that; ``flip`` mirrors left and right, half of the time, unless the argument ``flip`` forbids it."""
    return {name: limit for name, limit in PRESETS[augment].items() if flip or name != "flip"}


def draw(amounts: dict[str, float], size: int, contents: Sequence[str], *key: int) -> Variation:
    """A variation of photos of side ``size`` within ``amounts``, drawn for each from ``key`` and what ``contents`` says of it alone."""
    generators = (np.random.default_rng((*key, int.from_bytes(content.encode()))) for content in contents)
    shares = np.stack([generator.uniform(-1, 1, len(DRAWN)) for generator in generators])  # [b, names]
    drawn = {name: share * amounts.get(name.partition("_")[0], 0) for name, share in zip(DRAWN, shares.T, strict=True)}
    return Variation(_matrices(drawn, size), 1 + drawn["contrast"] / 100, 255 * drawn["brightness"] / 100)


def vary(photos: np.ndarray, variation: Variation) -> np.ndarray:
    """``photos`` uint8 RGB [b, size, size, 3], each varied → float32 0–255 of the same shape.

    Geometry is one warp, so that a photo is interpolated once (bilinear); then contrast around the mean of each channel, then brightness,
    both cut to 0–255.
    """
    varied = np.empty(photos.shape, "float32")
    for place, photo in enumerate(in_order(lambda case: _varied(*case), zip(photos, *variation, strict=True))):
        varied[place] = photo
    return varied


def trainer_of(model: keras.Model) -> keras.Model:
    """``model`` up to its ``logits``; weights are shared with ``model``."""
    photo = keras.Input(model.input_shape[1:], name="photo")
    return keras.Model(photo, logits_of(model)(photo), name="trainer")


def _varied(photo: np.ndarray, matrix: np.ndarray, contrast: float, brightness: float) -> np.ndarray:
    size, place = photo.shape[1::-1], tuple(matrix.ravel())
    pixels = np.asarray(Image.fromarray(photo).transform(size, AFFINE, place, BILINEAR, fillcolor=BORDER))
    if contrast == 1 and brightness == 0:
        return pixels
    means = pixels.reshape(-1, 3).mean(axis=0)
    contrasted = np.clip((LEVELS - means[:, None]) * contrast + means[:, None], 0, 255)  # [3, 256]: what each channel's levels become
    tables = np.clip(contrasted + brightness, 0, 255)
    return np.stack([table[pixels[..., channel]] for channel, table in enumerate(tables)], axis=-1)


def _matrices(drawn: dict[str, np.ndarray], size: int) -> np.ndarray:
    """Mirrored, turned and zoomed around the centre, then shifted."""
    turn, zoom, flip = np.radians(drawn["rotation"]), 1 + drawn["zoom"] / 100, np.where(drawn["flip"] < 0, -1.0, 1.0)
    a, b = np.cos(turn) * zoom * flip, -np.sin(turn) * zoom * flip  # x in the original = a·x + b·y + shift, around the centre
    c, d = np.sin(turn) * zoom, np.cos(turn) * zoom
    x0 = size / 2 * (1 - a - b) + drawn["shift_x"] / 100 * size
    y0 = size / 2 * (1 - c - d) + drawn["shift_y"] / 100 * size
    return np.stack([a, b, x0, c, d, y0], axis=1).reshape(-1, 2, 3)
