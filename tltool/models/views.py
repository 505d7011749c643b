"""Views of a photo: as it is, its mirror image, and varied as an augmentation varies photos, the same way each time it is asked for.

Augmentation in the training graph draws anew for every step. A view draws once per photo, from its content, so that what a frozen backbone
sees in it can be computed once and kept.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np

from tltool.models.augmentation import DEGREES, PRESETS

VERSION = 1  # of how a view is drawn; goes into the keys of the cache


class View(NamedTuple):
    """One way to see every photo: ``mirrored``, or varied by up to ``amounts`` (name and limit, in the units of a preset), drawn from the
    photo's content, ``number`` and ``seed``. Without either it is the photo as it is."""

    mirrored: bool = False
    amounts: tuple[tuple[str, float], ...] = ()
    number: int = 0
    seed: int = 0


PLAIN = View()


def plan_views(count: int, augment: str, flip: bool = True, seed: int = 0) -> list[View]:
    """``count`` views: the photo as it is, then its mirror image if the preset ``augment`` and ``flip`` allow it, then varied ones.

    With a preset that varies nothing there is only the first.
    """
    amounts = {name: limit for name, limit in PRESETS[augment].items() if flip or name != "flip"}
    mirrored = [View(mirrored=True)] if amounts.get("flip") else []
    varied = (View(False, tuple(sorted(amounts.items())), number, seed) for number in range(1, count)) if amounts else ()
    return [PLAIN, *mirrored, *varied][:count]


def vary(photos: np.ndarray, view: View, contents: Sequence[str]) -> np.ndarray:
    """``photos`` float32 RGB 0–255 [b, size, size, 3] as ``view`` shows them, float32 of the same shape.

    Geometry is one warp, so that a photo is interpolated once (bilinear, the border repeated); then contrast around the mean of each
    channel, then brightness, both cut to 0–255.

    Args:
        contents: of each photo what its draw depends on, such as its hash.
    """
    if view.mirrored:
        return photos[:, :, ::-1]
    if not view.amounts:
        return photos
    drawn = _draw(view, contents)
    warped = keras.ops.image.affine_transform(
        photos, _transforms(drawn, photos.shape[1]), "bilinear", "nearest", data_format="channels_last"
    )
    varied = np.asarray(keras.ops.convert_to_numpy(warped))
    contrast, brightness = (drawn[name].astype("float32")[:, None, None, None] / 100 for name in ("contrast", "brightness"))
    mean = varied.mean(axis=(1, 2), keepdims=True)
    varied = np.clip((varied - mean) * (1 + contrast) + mean, 0, 255)
    return np.clip(varied + 255 * brightness, 0, 255)


def _draw(view: View, contents: Sequence[str]) -> dict[str, np.ndarray]:
    """Of each photo how it varies, float64 [b] per name, between minus and plus its limit; ``flip`` is −1 or 1."""
    limits = dict(view.amounts)
    names = ("flip", "shift_x", "shift_y", "rotation", "zoom", "brightness", "contrast")
    generators = (np.random.default_rng((view.seed, view.number, *content.encode())) for content in contents)
    shares = np.stack([generator.uniform(-1, 1, len(names)) for generator in generators])  # [b, names]
    drawn = {name: share * limits.get(name.partition("_")[0], 0) for name, share in zip(names, shares.T, strict=True)}
    return {**drawn, "flip": np.where(drawn["flip"] < 0, -1.0, 1.0)}


def _transforms(drawn: dict[str, np.ndarray], size: int) -> np.ndarray:
    """Where each place of the varied photo lies in the original, as ``keras.ops.image.affine_transform`` takes it: float32 [b, 8]."""
    turn, zoom, flip = drawn["rotation"] * DEGREES * 2 * np.pi, 1 + drawn["zoom"] / 100, drawn["flip"]
    a, b = np.cos(turn) * zoom * flip, -np.sin(turn) * zoom * flip  # x in the original = a·x + b·y + shift, around the centre
    c, d = np.sin(turn) * zoom, np.cos(turn) * zoom
    centre = (size - 1) / 2
    x0 = centre - (a + b) * centre + drawn["shift_x"] / 100 * size
    y0 = centre - (c + d) * centre + drawn["shift_y"] / 100 * size
    zero = np.zeros_like(a)
    return np.stack([a, b, x0, c, d, y0, zero, zero], axis=1).astype("float32")
