"""The kernels of a convolution as pictures of numbers: in the colours they have for a photo, and the place of a photo that excites each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from tltool.inspection.examples import Example
from tltool.inspection.graph import Inside, Node, sight_of, values_of
from tltool.inspection.window import axes_of
from tltool.models.stack.axes import Axis

SILENT = 0.02  # of the strongest kernel's norm, below which one only holds noise
CONTEXT = 28  # pixels of a photo around a window, at least


class Patch(NamedTuple):
    """A piece of a photo: uint8 [h, w, 3], and the window in it as (top, left, height, width) in its pixels."""

    pixels: np.ndarray
    window: tuple[int, int, int, int]


class Kernels(NamedTuple):
    """The kernels of one convolution.

    Attributes:
        layer, shape: its name, and (height, width, channels a kernel sees, kernels).
        kind: ``colour`` (pictures [n, h, w, 3]: what the kernel adds up of red, green and blue), ``grey`` or ``slice`` (pictures
            [n, h, w]: the whole kernel of a grey network, or that of the input channel with the largest weights).
        pictures: weights, as they act on RGB of −1…1 for ``colour``; not normalised.
        strength: the L2 norm of each kernel, [n].
        patches: the place of the photos where each kernel's sum is largest; empty for convolutions that do not see the photo itself.
    """

    layer: str
    shape: tuple[int, int, int, int]
    kind: str
    pictures: np.ndarray
    strength: np.ndarray
    patches: list[Patch]

    @property
    def silent(self) -> np.ndarray:
        """Kernels of next to no strength, bool [n]."""
        return self.strength <= SILENT * self.strength.max()


def look_at_kernels(inside: Inside, convolution: Node, examples: Sequence[Example]) -> Kernels:
    """The kernels of ``convolution``, and what of ``examples`` excites them most where it is the first one."""
    weights = kernel_of(convolution.operation)  # [h, w, channels, n]
    strength = np.sqrt((weights**2).sum(axis=(0, 1, 2)))
    mixing, offset = sight_of(inside, convolution)
    if mixing is None:
        return Kernels(convolution.name, weights.shape, "slice", _strongest_slices(weights), strength, [])
    patches = _exciting(inside, convolution, examples, offset)
    if len(mixing) == 1:  # a grey network
        return Kernels(convolution.name, weights.shape, "grey", np.moveaxis(weights[:, :, 0], -1, 0), strength, patches)
    return Kernels(convolution.name, weights.shape, "colour", _seen_as_colours(convolution.operation, weights, mixing), strength, patches)


def _seen_as_colours(layer: Any, weights: np.ndarray, mixing: np.ndarray) -> np.ndarray:
    """What kernels [h, w, c, n] add up of red, green and blue, [n, h, w, 3]."""
    if isinstance(layer, keras.layers.DepthwiseConv2D):  # kernel i sees channel i // multiplier alone
        return np.einsum("hwn,nr->nhwr", weights[:, :, 0], np.repeat(mixing, layer.depth_multiplier, axis=0))
    return np.einsum("hwcn,cr->nhwr", weights, mixing)


def kernel_of(layer: Any) -> np.ndarray:
    """The kernels of a Conv2D or DepthwiseConv2D as float32 [height, width, channels one kernel sees, kernels]."""
    weights = keras.ops.convert_to_numpy(layer.kernel).astype("float32")
    if isinstance(layer, keras.layers.DepthwiseConv2D):  # [h, w, channels, multiplier]
        return weights.reshape(*weights.shape[:2], 1, -1)
    return weights


def _strongest_slices(weights: np.ndarray) -> np.ndarray:
    strongest = (weights**2).sum(axis=(0, 1)).argmax(axis=0)  # [n]
    return np.stack([weights[:, :, channel, number] for number, channel in enumerate(strongest)])


def _exciting(inside: Inside, convolution: Node, examples: Sequence[Example], offset: tuple[int, int]) -> list[Patch]:
    photos = np.stack([example.pixels for example in examples])
    (sums,) = values_of(inside, [convolution.leaving], photos)  # [n, h, w, k]
    axes, patches = axes_of(convolution), []
    for number in range(sums.shape[-1]):
        photo, *place = np.unravel_index(sums[..., number].argmax(), sums.shape[:3])
        patches.append(_patch(photos[photo], axes, (int(place[0]), int(place[1])), offset))
    return patches


def _patch(photo: np.ndarray, axes: tuple[Axis, Axis], place: tuple[int, int], offset: tuple[int, int]) -> Patch:
    starts, extents, corners = [], [], []
    for axis, position, shift, side in zip(axes, place, offset, photo.shape[:2], strict=True):
        top = axis.places(position)[0] - shift
        extent = min(side, max(CONTEXT, 3 * axis.reach))
        starts.append(min(max(0, top + axis.reach // 2 - extent // 2), side - extent))
        extents.append(extent)
        corners.append(top - starts[-1])
    (row, column), (height, width) = starts, extents
    return Patch(photo[row : row + height, column : column + width], (*corners, axes[0].reach, axes[1].reach))
