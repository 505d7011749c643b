"""The ways to write a quantized model that loses less: ranges from more photos, then more and more layers in float."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tltool.exports.tflite.conversion import CALIBRATION_PHOTOS, calibrate, convert, quantize
from tltool.exports.tflite.graph import restore_weights
from tltool.exports.tflite.layers import name_layers, rank_dynamic, rank_int8
from tltool.progress import say

if TYPE_CHECKING:
    import keras

STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24)  # how many of the worst places are put into float, one attempt each
THINNINGS = 12  # attempts at fewer layers, once some were enough


class Attempt(NamedTuple):
    """One more way to write the same model: how many photos gave the ranges (0: none needed), and the layers left in float."""

    content: bytes
    photos: int
    float_layers: tuple[str, ...]


Write = Callable[[set[str]], Attempt]  # with these layers in float
Rank = Callable[[], list[set[str]]]  # groups of layers that hurt, the worst first


def search(model: "keras.Model", precision: str, photos: np.ndarray, is_enough: Callable[[Attempt], bool]) -> None:
    """Write ``model`` in ``precision`` in ways that lose less, the gentlest first, until ``is_enough`` says so of one; then take layers
    out of its float ones again as long as that stays enough.

    Args:
        precision: int8 or int16x8: ranges from all ``photos``; int8 and dynamic: float for the layers that hurt.
        photos: uint8 [n, size, size, 3] the model was trained on, more than it was calibrated with.
        is_enough: measures an attempt, and keeps it if it likes.

    Raises:
        ExportError: TensorFlow cannot write the model in one of these ways.
    """
    more = len(photos) > CALIBRATION_PHOTOS  # else they are those it was calibrated with
    if precision == "int16x8":
        if more:
            is_enough(Attempt(convert(model, "int16x8", photos), len(photos), ()))
        return  # the converter leaves no layers of such a file in float
    write, rank = (_int8 if precision == "int8" else _dynamic)(model, photos)
    if precision == "int8" and more and is_enough(write(set())):
        return
    for layers in _growing(rank(), STEPS):
        if is_enough(write(layers)):
            _thin_out(layers, write, is_enough)
            return


def _thin_out(layers: set[str], write: Write, is_enough: Callable[[Attempt], bool]) -> None:
    for layer in sorted(layers)[:THINNINGS]:
        if len(layers) > 1 and is_enough(write(layers - {layer})):
            layers = layers - {layer}


def _int8(model: "keras.Model", photos: np.ndarray) -> tuple[Write, Rank]:
    say(f"calibrating with {len(photos)} photos")
    calibrated = calibrate(model, photos)
    return (
        lambda layers: Attempt(quantize(calibrated, layers), len(photos), name_layers(model, layers)),
        lambda: rank_int8(calibrated, photos),
    )


def _dynamic(model: "keras.Model", photos: np.ndarray) -> tuple[Write, Rank]:
    exact, content = convert(model, "float32"), convert(model, "dynamic")
    return (
        lambda layers: Attempt(restore_weights(content, exact, layers), 0, name_layers(model, layers)),
        lambda: rank_dynamic(content, exact, photos),
    )


def _growing(groups: list[set[str]], steps: Iterable[int]) -> Iterator[set[str]]:
    """The union of the first groups, as many as ``steps`` say, each larger than the one before."""
    before: set[str] = set()
    for step in steps:
        layers = set().union(*groups[:step])
        if len(layers) > len(before):
            yield layers
        before = layers
