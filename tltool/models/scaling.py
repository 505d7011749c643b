"""Photos of 0…255 → what a network was trained on, as layers inside the model."""

from collections.abc import Callable
from typing import Any

from keras import layers, ops

IMAGENET_MEAN = (123.68, 116.779, 103.939)  # RGB, as in the Caffe models


def scale_pixels(pixels: Any, scaling: str) -> Any:
    """RGB 0…255 [n, h, w, 3] → what a network was trained on: one of ``SCALINGS``."""
    return SCALINGS[scaling](pixels)


def _unit(pixels: Any) -> Any:
    return layers.Rescaling(1 / 255, name="scaling")(pixels)


def _tf(pixels: Any) -> Any:
    return layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling")(pixels)


def _lite(pixels: Any) -> Any:
    return layers.Rescaling(1 / 128, offset=-127 / 128, name="scaling")(pixels)


def _torch(pixels: Any) -> Any:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return layers.Rescaling([1 / (255 * s) for s in std], offset=[-m / s for m, s in zip(mean, std)], name="scaling")(pixels)


def _caffe(pixels: Any) -> Any:
    # RGB → BGR by a gather: ops.flip and a concatenation of slices both convert to int8 TFLite, and both compute nonsense there
    centred = layers.Rescaling(1.0, offset=[-mean for mean in IMAGENET_MEAN], name="scaling")(pixels)
    return ops.take(centred, [2, 1, 0], axis=-1)


SCALINGS: dict[str, Callable[[Any], Any]] = {
    "none": lambda pixels: pixels,
    "unit": _unit,  # 0…1
    "tf": _tf,  # -1…1
    "lite": _lite,  # 127 becomes 0, and a step 1/128
    "caffe": _caffe,  # BGR minus the mean of ImageNet
    "torch": _torch,  # 0…1, then minus mean, by standard deviation
}
