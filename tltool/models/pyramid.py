"""The maps of a backbone at strides of 4, 8, 16, 32, and a small feature pyramid on them that brings what they know to one map at stride 4:
what tasks stand on that say something of every place of a photo.

The pyramid is that of Lin et al., "Feature Pyramid Networks for Object Detection" (2017), narrow, with separable convolutions. It consists
of Keras's own layers only. Along each side cell i of a map covers [i, i + 1), and its centre is i + 0.5.
"""

from collections.abc import Iterator, Sequence
from math import ceil, log2, prod
from typing import Any

import keras
from keras import layers

from tltool.errors import SpecError
from tltool.models.freezing import MOMENTUM
from tltool.models.stack.axes import sized
from tltool.models.stack.conv_stack import initializer
from tltool.models.summary.anatomy import nodes_of, views_of

STRIDE = 4  # pixels a side of a cell of the map that comes out
WIDTH = 64  # channels
KERNELS = "glorot_uniform"


def tapped(backbone: keras.Model) -> keras.Model:
    """``backbone`` with several outputs instead of one: its last good map at each of the strides 4, 8, 16, 32 … that it has, the finest
    first, each [n, h, w, c]. Layers and weights are those of ``backbone``.

    A good map is all that the layers behind it see (a cut of the graph). Where a stride has none, as in NASNet, it is the last of the
    widest. What was only padded or cropped is none. A backbone that never comes to a stride of 4 has one tap, its output.

    Raises:
        SpecError: a backbone without maps: a hub module that gives one vector for a photo, or a stack for signals.
    """
    last = backbone.outputs[-1]
    _require_map(last)
    levels = {tensor: round(log2(max(view.step))) for tensor, view in views_of(backbone).items()}
    calls = [(node.outputs[0], cut) for node, cut in _calls(backbone) if _makes_a_map(node)]
    taps = []
    for level in range(round(log2(STRIDE)), levels[id(last)] + 1):
        there = [(map_, cut) for map_, cut in calls if levels[id(map_)] == level]
        taps += ([map_ for map_, cut in there if cut] or _widest([map_ for map_, _ in there]))[-1:]
    return keras.Model(backbone.input, taps or [last], name="backbone")


def decode(taps: Any, width: int = WIDTH, seed: int = 0) -> Any:
    """``taps`` of a photo [n, size, size, 3], the finest first → one feature map [n, ⌈size/4⌉, ⌈size/4⌉, width].

    From the coarsest on, a map is enlarged (bilinear), added to what a 1×1 convolution makes of the next finer one, and smoothed. A network
    that pads nothing has fewer cells than its stride makes of the photo: zero borders of equal width bring its maps to their place.

    Args:
        taps: what ``tapped(backbone)`` gives for a symbolic photo.
        seed: of the kernels.
    """
    taps = taps if isinstance(taps, (list, tuple)) else [taps]
    (photo,) = keras.utils.get_source_inputs(taps[0])
    views, size = views_of(keras.Model(photo, taps)), photo.shape[1]
    *finer, coarsest = [(tap, views[id(tap)].step[0]) for tap in taps]
    step = coarsest[1]
    x = _lateral(*coarsest, size, width, seed)
    for tap, stride in reversed(finer):
        lateral = _lateral(tap, stride, size, width, seed)
        coarser = _enlarge(x, step // stride, lateral.shape[1], f"pyramid_{stride}")
        x = _smooth(layers.Add(name=f"pyramid_{stride}_sum")([lateral, coarser]), width, seed, f"pyramid_{stride}")
        step = stride
    while step >= 2 * STRIDE and step % 2 == 0:
        step //= 2
        x = _smooth(_enlarge(x, 2, ceil(size / step), f"pyramid_{step}"), width, seed, f"pyramid_{step}")
    return _resize(x, step, ceil(size / STRIDE))


def head_map(features: Any, channels: int, name: str, seed: int, bias: float = 0.0) -> Any:
    """``features`` [n, h, w, c] → [n, h, w, channels], linear: a separable convolution and one of 1×1, the layer called ``name``.

    Args:
        bias: what it says of every place before it has learned.
    """
    x = _smooth(features, WIDTH, seed, name)
    return layers.Conv2D(
        channels, 1, kernel_initializer=initializer(KERNELS, seed, name), bias_initializer=keras.initializers.Constant(bias), name=name
    )(x)


def _require_map(output: Any) -> None:
    if len(output.shape) != 4:
        raise SpecError(
            "A task that finds places in photos must have a backbone that gives a map of height, width and channels. "
            f"Received: an output of {sized(output.shape[1:])}. Choose one of `tltool backbones`."
        )


def _calls(backbone: keras.Model) -> Iterator[tuple[Any, bool]]:
    """The calls of layers and operations in order, and whether each is a cut: no other tensor made up to there is read behind it."""
    nodes = nodes_of(backbone)
    last_read = {id(tensor): position for position, node in enumerate(nodes) for tensor in node.input_tensors}
    until = last_read[id(backbone.input)]
    for position, node in enumerate(nodes):
        yield node, until <= position
        until = max(until, *(last_read.get(id(tensor), 0) for tensor in node.outputs))


def _makes_a_map(node: Any) -> bool:
    """Whether a map leaves it that was not only padded or cropped. An edge is repeated by operations that also do other things, so that
    padding is known by what it does."""
    leaving, entering = node.outputs[0].shape, max((tensor.shape for tensor in node.input_tensors), key=lambda shape: prod(shape[1:-1]))
    return len(leaving) == 4 and leaving[1] <= entering[1] and not isinstance(node.operation, (layers.ZeroPadding2D, layers.Cropping2D))


def _widest(maps: Sequence[Any]) -> list[Any]:
    """Those of most places, and of those the ones of most channels."""
    most = max(((map_.shape[1], map_.shape[-1]) for map_ in maps), default=None)
    return [map_ for map_ in maps if (map_.shape[1], map_.shape[-1]) == most]


def _lateral(tap: Any, stride: int, size: int, width: int, seed: int) -> Any:
    """What the pyramid takes of ``tap``: [n, ⌈size/stride⌉, ⌈size/stride⌉, width]."""
    name = f"pyramid_{stride}_lateral"
    x = layers.Conv2D(width, 1, use_bias=False, kernel_initializer=initializer(KERNELS, seed, name), name=name)(tap)
    return _border(_normalize(x, name), ceil(size / stride), name)


def _smooth(x: Any, width: int, seed: int, name: str) -> Any:
    """A separable convolution of 3×3, normalized."""
    x = layers.SeparableConv2D(
        width,
        3,
        padding="same",
        use_bias=False,
        depthwise_initializer=initializer(KERNELS, seed, f"{name}_depthwise"),
        pointwise_initializer=initializer(KERNELS, seed, f"{name}_pointwise"),
        name=f"{name}_smooth",
    )(x)
    return _normalize(x, f"{name}_smooth")


def _normalize(x: Any, name: str) -> Any:
    x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_batch_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _border(x: Any, cells: int, name: str) -> Any:
    """``x`` with zeros around it, or without its rim, so that it has ``cells`` a side and keeps its centre."""
    missing = cells - x.shape[1]
    if not missing:
        return x
    before, after = abs(missing) // 2, abs(missing) - abs(missing) // 2
    layer = layers.ZeroPadding2D if missing > 0 else layers.Cropping2D
    return layer(((before, after), (before, after)), name=f"{name}_border")(x)


def _enlarge(x: Any, factor: int, cells: int, name: str) -> Any:
    """``x`` with ``factor`` times the cells, and of those the first ``cells`` a side: the last may lie beyond the photo."""
    if factor > 1:
        x = layers.UpSampling2D(factor, interpolation="bilinear", name=f"{name}_enlarged")(x)
    beyond = x.shape[1] - cells
    return layers.Cropping2D(((0, beyond), (0, beyond)), name=f"{name}_cropped")(x) if beyond else x


def _resize(x: Any, step: int, cells: int) -> Any:
    """``x`` at a stride of ``step`` with ``cells`` a side, where no doubling has brought it there."""
    if step < STRIDE and STRIDE % step == 0:
        return layers.AveragePooling2D(STRIDE // step, padding="same", name="pyramid_4_mean")(x)
    return x if step == STRIDE else layers.Resizing(cells, cells, name="pyramid_4_resized")(x)
