"""Pixels → the tensor a model takes, and the tensor it gives → probabilities, for models of whatever making."""

import math
from typing import Any, Literal, NamedTuple

import numpy as np

Meaning = Literal["probabilities", "independent", "logits"]
CLOSE_TO_ONE = 0.01  # how far a sum of probabilities may be from it


class Scaling(NamedTuple):
    """The model wants (pixel − mean) / std of pixels 0…255; one number, or one per channel in the model's order."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    bgr: bool = False


SCALINGS: dict[str, Scaling | None] = {  # None: pixels as they are
    "none": None,
    "unit": Scaling((0,), (255,)),
    "tf": Scaling((127.5,), (127.5,)),
    "torch": Scaling((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "caffe": Scaling((103.939, 116.779, 123.68), (1,), bgr=True),
}


def as_input(photo: np.ndarray, tensor: dict[str, Any], scaling: Scaling | None) -> np.ndarray:
    """A photo uint8 [1, size, size, 3] as ``tensor`` takes it, [1, size, size, channels] of its dtype.

    Without ``scaling`` a float tensor gets 0…255, uint8 the pixels themselves, and int8 the pixels from −128: a whole-range input
    quantized over the pixels' range maps black to its lowest and white to its highest value.
    """
    if tensor["shape"][-1] == 1:
        photo = _grey(photo)
    if scaling is None:
        return (photo.astype(np.int16) - 128).astype(np.int8) if tensor["dtype"] == np.int8 else photo.astype(tensor["dtype"])
    pixels = photo[..., ::-1] if scaling.bgr else photo
    scaled = (pixels - np.array(scaling.mean, np.float32)) / np.array(scaling.std, np.float32)
    return scaled if tensor["dtype"] == np.float32 else _quantize(scaled, tensor)


def spans_pixels(tensor: dict[str, Any]) -> bool:
    """Whether a quantized input stands for pixels that nobody has scaled, but not one for one, so that they must be quantized."""
    scale, zero_point = tensor["quantization"]
    if tensor["dtype"] == np.float32 or (scale, zero_point) == (1.0, np.iinfo(tensor["dtype"]).min):
        return False
    return (np.iinfo(tensor["dtype"]).max - zero_point) * scale > 16


def dequantize(scores: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    """Scores as float32, whatever the model's output holds."""
    scale, zero_point = tensor["quantization"]
    if np.issubdtype(scores.dtype, np.floating) or not scale:
        return scores.astype(np.float32)
    return (scores.astype(np.float32) - zero_point) * np.float32(scale)


def meaning_of(operator: str, scores: np.ndarray) -> Meaning:
    """What a model's scores are.

    Args:
        operator: what computes them, as LiteRT calls it; "" if unknown.
        scores: what the model says of a few photos, float32 [k, classes].
    """
    if operator == "SOFTMAX":
        return "probabilities"
    if operator == "LOGISTIC":
        return "independent"
    sums = scores.sum(axis=1)
    are_shares = scores.shape[1] > 1 and scores.min() >= 0 and scores.max() <= 1 and np.abs(sums - 1).max() < CLOSE_TO_ONE
    return "probabilities" if are_shares else "logits"


def as_probabilities(scores: np.ndarray, meaning: Meaning) -> np.ndarray:
    """Float32 [n, classes]: logits through a softmax; a lone score through a sigmoid if it is a logit, as [1 − p, p]."""
    if scores.shape[1] == 1:
        p = 0.5 * (1 + np.tanh(scores / 2)) if meaning == "logits" else scores  # the sigmoid, without overflow
        return np.concatenate([1 - p, p], axis=1)
    if meaning != "logits":
        return scores
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def describe(tensor: dict[str, Any]) -> dict[str, Any]:
    """Shape, dtype, bytes, and the quantization's ``scale`` and ``zero_point`` or None."""
    shape, dtype = [int(side) for side in tensor["shape"]], np.dtype(tensor["dtype"])
    scale, zero_point = tensor["quantization"]
    quantized = {"scale": float(scale), "zero_point": int(zero_point)} if scale else None
    return {"shape": shape, "dtype": dtype.name, "bytes": math.prod(shape) * dtype.itemsize, "quantization": quantized}


def _grey(photo: np.ndarray) -> np.ndarray:
    """Luma of ITU-R BT.601, rounded, [1, size, size, 1]."""
    return np.rint(photo @ np.array([[0.299], [0.587], [0.114]], np.float32)).astype(np.uint8)


def _quantize(values: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero_point = tensor["quantization"]
    bounds = np.iinfo(tensor["dtype"])
    return np.clip(np.rint(values / np.float32(scale)) + zero_point, bounds.min, bounds.max).astype(tensor["dtype"])
