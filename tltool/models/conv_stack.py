"""Conv2D blocks from scratch: padding, convolution, batch norm, activation, pooling, once per number of filters."""

import zlib
from typing import Any

import keras
from keras import layers

from tltool import catalog
from tltool.errors import SpecError
from tltool.lookup import entry, locate
from tltool.models.padding import pad
from tltool.models.pooling import pool
from tltool.specs import ConvStack


def build_stack(stack: ConvStack, size: int, seed: int) -> keras.Model:
    """A model named ``backbone``: float32 RGB 0–255 [n, size, size, 3] → feature map [n, h, w, filters of the last block].

    Raises:
        SpecError: the feature map gets too small for a block.
    """
    photo = keras.Input((size, size, 3), name="photo")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(photo)
    for number, filters in enumerate(stack.filters, start=1):
        _check_room(stack, number, x.shape[1])
        x = _block(stack, x, f"block{number}", filters, seed)
    return keras.Model(photo, x, name="backbone")


def initializer(name: str, seed: int, layer: str) -> keras.Initializer:
    """A fresh initializer for the layer called ``layer``: one object used twice would give equal kernels to layers of equal shape.
    Its seed is a hash of both, so that no layer of one seed equals another layer of the next seed."""
    kind = locate(entry(name, catalog.INITIALIZERS, "initializer"))
    return kind() if name in catalog.UNSEEDED_INITIALIZERS else kind(seed=zlib.crc32(f"{seed} {layer}".encode()) >> 1)


def _block(stack: ConvStack, x: Any, name: str, filters: int, seed: int) -> Any:
    inside = stack.padding in ("same", "valid")
    if not inside:
        x = pad(x, stack.padding, before=(stack.kernel_size - 1) // 2, after=stack.kernel_size // 2)
    x = layers.Conv2D(filters, stack.kernel_size, padding=stack.padding if inside else "valid", use_bias=not stack.batch_norm,
                      kernel_initializer=initializer(stack.kernel_initializer, seed, name), name=f"{name}_conv")(x)
    if stack.batch_norm:
        x = layers.BatchNormalization(name=f"{name}_batch_norm")(x)
    x = layers.Activation(stack.activation, name=f"{name}_{stack.activation}")(x)
    return pool(x, stack.pooling)


def _check_room(stack: ConvStack, number: int, size: int) -> None:
    """A block must be able to lay its kernel, and its pooling window, on the feature map that reaches it."""
    smallest = {"same": 1, "valid": stack.kernel_size, "reflect": stack.kernel_size // 2 + 1, "replicate": 1}[stack.padding]
    left = size - stack.kernel_size + 1 if stack.padding == "valid" else size
    if size < smallest or (stack.pooling != "none" and left < 2):
        raise SpecError(f"Block {number} of the stack must get a feature map large enough for its {stack.kernel_size}×"
                        f"{stack.kernel_size} kernel and its pooling. Received: {size}×{size}. Use a larger --size, fewer --filters "
                        f"or --padding same.")
