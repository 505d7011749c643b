"""Blocks of convolutions from scratch, for photos and for signals: padding, convolution, batch norm, activation, pooling, dropout."""

import zlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from tltool import catalog
from tltool.blocks import Block
from tltool.calls import read_initializer
from tltool.lookup import locate
from tltool.models.stack.filter_banks import bank
from tltool.models.stack.padding import pad
from tltool.models.stack.pooling import pool
from tltool.models.stack.shapes import COLOURS, Placed, lay_out_stack
from tltool.progress import say
from tltool.specs import ConvStack

LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue; ITU-R BT.601
WITHIN_KERAS = ("same", "valid", "causal")  # paddings that Keras's convolutions do themselves
CONVOLUTIONS = {3: layers.Conv1D, 4: layers.Conv2D}  # by rank


def build_stack(stack: ConvStack, shape: tuple[int, ...], seed: int) -> keras.Model:
    """A model named ``backbone``: float32 [n, *shape] → feature map, as ``tltool.models.stack.shapes`` lays it out.

    Args:
        shape: (height, width, 3) for photos RGB 0–255, which are scaled inside, or (length, channels) for signals, which are not.
        seed: of the kernels and of dropout; no layer of one seed equals a layer of another.

    Raises:
        SpecError: a layer that cannot be laid on what reaches it, or a wish that photos alone can have.
    """
    fixed, blocks = lay_out_stack(stack, shape)
    _note_even_kernels([place.block for place in blocks])
    given = keras.Input(shape, name="photo" if len(shape) == 3 else "signal")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(given) if len(shape) == 3 else given
    for layer in fixed:
        x = _grey(x) if layer.name == "fixed_grey" else _filter(x, str(stack.first_layer), layer.name)
    for place in blocks:
        x = _block(stack.kernel_initializer, x, place, seed)
    return keras.Model(given, x, name="backbone")


def initializer(text: str, seed: int, layer: str) -> keras.Initializer:
    """A fresh initializer for the layer called ``layer``: one object used twice would give equal kernels to layers of equal shape.
    Its seed is a hash of both, so that no layer of one seed equals another layer of the next seed.

    Args:
        text: a name of ``catalog.INITIALIZERS``, with arguments if need be, as in ``truncated_normal(stddev=0.02)``.

    Raises:
        SpecError: an unknown name, or arguments that it does not take.
    """
    name, arguments = read_initializer(text, "An initializer")
    seeded = {} if name in catalog.UNSEEDED_INITIALIZERS else {"seed": _seed(seed, layer)}
    return locate(catalog.INITIALIZERS[name])(**arguments, **seeded)


def _seed(seed: int, layer: str) -> int:
    return zlib.crc32(f"{seed} {layer}".encode()) >> 1


def _block(kernel_initializer: str, x: Any, place: Placed, seed: int) -> Any:
    block, name = place.block, f"block{place.number}"
    if block.padding not in WITHIN_KERAS:
        x = pad(x, block.padding, place.before, place.after, block.border)
    x = CONVOLUTIONS[len(x.shape)](
        block.filters,
        block.kernel_size,
        strides=block.stride,
        dilation_rate=block.dilation,
        padding=block.padding if block.padding in WITHIN_KERAS else "valid",
        use_bias=not block.batch_norm,
        kernel_initializer=initializer(kernel_initializer, seed, name),
        name=f"{name}_conv",
    )(x)
    if block.batch_norm:
        x = layers.BatchNormalization(name=f"{name}_batch_norm")(x)
    x = layers.Activation(block.activation, name=f"{name}_{block.activation}")(x)
    x = pool(x, block.pooling, block.window, block.step, block.pool_padding, name=f"{name}_pool")
    return layers.Dropout(block.dropout, seed=_seed(seed, f"{name}_dropout"), name=f"{name}_dropout")(x) if block.dropout else x


def _grey(x: Any) -> Any:
    """[n, h, w, 3] → [n, h, w, 1]: luminance, as a convolution, which an int8 file computes as it should."""
    layer = layers.Conv2D(1, 1, use_bias=False, trainable=False, kernel_initializer="zeros", name="fixed_grey")
    grey = layer(x)
    layer.set_weights([np.reshape(LUMINANCE, (1, 1, COLOURS, 1))])
    return grey


def _filter(x: Any, name: str, layer_name: str) -> Any:
    """[n, h, w, c] → [n, h, w, c·k]: the k kernels of a bank on every channel, the photo's edge repeated beyond its border."""
    kernels = np.array(bank(name), "float32").transpose(1, 2, 0)  # [side, side, k]
    border = (len(kernels) // 2,) * 2
    layer = layers.DepthwiseConv2D(
        len(kernels), depth_multiplier=kernels.shape[-1], use_bias=False, trainable=False, depthwise_initializer="zeros", name=layer_name
    )
    filtered = layer(pad(x, "replicate", border, border))
    layer.set_weights([np.repeat(kernels[:, :, None], x.shape[-1], axis=2)])  # [side, side, c, k]
    return filtered


def _note_even_kernels(blocks: Sequence[Block]) -> None:
    even = [
        f"block{number}_conv" for number, block in enumerate(blocks, start=1) if block.kernel_size % 2 == 0 and block.padding != "causal"
    ]
    if even:
        say(
            f"A kernel of even side has no cell in the middle, so its map lies half a cell off; an odd one keeps the centre. Even: "
            f"{', '.join(even)}."
        )
