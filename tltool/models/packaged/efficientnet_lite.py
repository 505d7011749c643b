"""EfficientNet-Lite: EfficientNet without squeeze-and-excite, with ReLU6 for swish, and with a stem and a top of one width.

Made for phones by Renjie Liu, 2020 (github.com/tensorflow/tpu, efficientnet/lite). Keras has no builder of it; this one names layers as
Keras names those of EfficientNet.
"""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

KERNELS = {"class_name": "VarianceScaling", "config": {"scale": 2.0, "mode": "fan_out", "distribution": "truncated_normal"}}
EPSILON = 1e-3  # of batch norm
DROPPED = 0.2  # of the photos, the share whose last block is left out in training; of earlier blocks the less
SMALLEST = 32  # pixels


class Stage(NamedTuple):
    """``repeats`` blocks, of which the first steps by ``stride``."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)

TENSORS = {  # a layer → how PyTorch's module calls it; within a block, and outside
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "dwconv": "_depthwise_conv",
    "bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
    "stem_conv": "_conv_stem",
    "stem_bn": "_bn0",
    "top_conv": "_conv_head",
    "top_bn": "_bn1",
    "predictions": "_fc",
}


def efficientnet_lite(
    width: float, depth: float, include_top: bool = True, input_tensor: Any = None, input_shape: tuple[int, int, int] | None = None
) -> keras.Model:
    """The network with random weights: scaled RGB (RGB 0–255 less 127, by 128) [n, h, w, 3] → a feature map [n, ⌈h/32⌉, ⌈w/32⌉, 1280], or
    with its top the logits of ImageNet's 1,000 classes [n, 1000].

    Args:
        width: factor of the channels of the blocks.
        depth: factor of the number of blocks in all stages but the first and the last.
        input_tensor: what to build on, instead of an input of ``input_shape``.

    Raises:
        ValueError: photos of less than 32 pixels a side.
    """
    if input_shape and min(input_shape[:2]) < SMALLEST:
        raise ValueError(f"Photos must be at least {SMALLEST} pixels a side. Received: {input_shape}.")
    x = keras.Input(input_shape or (None, None, 3)) if input_tensor is None else input_tensor
    (photo,) = keras.utils.get_source_inputs(x)
    x = _conv(x, 32, 3, "stem_conv", strides=2)
    x = _relu(_normalize(x, "stem_bn"), "stem_activation")
    blocks = list(_blocks(width, depth))
    for place, (name, stage) in enumerate(blocks):
        x = _block(x, stage, DROPPED * place / len(blocks), name)
    x = _conv(x, 1280, 1, "top_conv")
    x = _relu(_normalize(x, "top_bn"), "top_activation")
    if include_top:
        x = layers.Dense(1000, name="predictions")(layers.GlobalAveragePooling2D(name="avg_pool")(x))
    return keras.Model(photo, x, name="efficientnet_lite")


def put_tensors(network: keras.Model, tensors: Mapping[str, np.ndarray]) -> None:
    """Put ``tensors``, as the PyTorch module has them, into ``network``, which may have a top or none.

    Raises:
        KeyError, ValueError: tensors of another network.
    """
    blocks: list[str] = []
    for layer in network.layers:
        if not layer.weights:
            continue
        block, _, part = layer.name.partition("_")
        if layer.name in TENSORS:
            prefix = TENSORS[layer.name]
        else:
            blocks += [block] if block not in blocks else []
            prefix = f"_blocks.{blocks.index(block)}.{TENSORS[part]}"
        layer.set_weights(_in_order(layer, prefix, tensors))


def _in_order(layer: layers.Layer, prefix: str, tensors: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """The weights of ``layer`` as Keras orders them and their axes."""
    if isinstance(layer, layers.BatchNormalization):
        return [tensors[f"{prefix}.{name}"] for name in ("weight", "bias", "running_mean", "running_var")]
    kernel = tensors[f"{prefix}.weight"]
    if isinstance(layer, layers.Dense):
        return [kernel.T, tensors[f"{prefix}.bias"]]
    return [kernel.transpose((2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0))]


def _blocks(width: float, depth: float) -> Iterator[tuple[str, Stage]]:
    """The blocks in order, each with its name and as a stage of its own."""
    for number, stage in enumerate(STAGES, start=1):
        outermost = number in (1, len(STAGES))
        for repeat in range(stage.repeats if outermost else ceil(depth * stage.repeats)):
            here = stage._replace(channels=_round(stage.channels * width), stride=1 if repeat else stage.stride)
            yield f"block{number}{chr(ord('a') + repeat)}_", here


def _round(channels: float) -> int:
    """To a multiple of 8, and by no more than a tenth down."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _block(x: Any, stage: Stage, dropped: float, name: str) -> Any:
    """An inverted bottleneck (Sandler et al. 2018): widened, convolved channel by channel, narrowed, and added to what came."""
    entering = x
    if stage.expand > 1:
        x = _conv(x, entering.shape[-1] * stage.expand, 1, f"{name}expand_conv")
        x = _relu(_normalize(x, f"{name}expand_bn"), f"{name}expand_activation")
    x = layers.DepthwiseConv2D(
        stage.kernel, stage.stride, padding="same", use_bias=False, depthwise_initializer=KERNELS, name=f"{name}dwconv"
    )(x)
    x = _relu(_normalize(x, f"{name}bn"), f"{name}activation")
    x = _normalize(_conv(x, stage.channels, 1, f"{name}project_conv"), f"{name}project_bn")
    if stage.stride > 1 or entering.shape[-1] != stage.channels:
        return x
    if dropped > 0:
        x = layers.Dropout(dropped, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return layers.Add(name=f"{name}add")([x, entering])


def _conv(x: Any, channels: int, kernel: int, name: str, strides: int = 1) -> Any:
    return layers.Conv2D(channels, kernel, strides, padding="same", use_bias=False, kernel_initializer=KERNELS, name=name)(x)


def _normalize(x: Any, name: str) -> Any:
    return layers.BatchNormalization(epsilon=EPSILON, name=name)(x)


def _relu(x: Any, name: str) -> Any:
    return layers.ReLU(6.0, name=name)(x)
