"""What lies inside a network: every operation in order, what enters it and what leaves it, and the values of those on photos."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from tltool.data.rows import Rows
from tltool.errors import SpecError
from tltool.lookup import nearest
from tltool.models.head import backbone_of

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


class Node(NamedTuple):
    """One operation; ``entering`` (its first input) and ``leaving`` are symbolic tensors with the batch in front."""

    name: str
    operation: Any
    entering: Any
    leaving: Any

    @property
    def is_layer(self) -> bool:
        """Whether it is a layer, and no bare operation of ``keras.ops``."""
        return isinstance(self.operation, keras.layers.Layer)

    @property
    def is_map(self) -> bool:
        """Whether a feature map [n, h, w, c] of more than one place leaves it."""
        shape: tuple[Any, ...] = getattr(self.leaving, "shape", ())
        return len(shape) == 4 and None not in shape[1:] and shape[1] * shape[2] > 1


class Inside(NamedTuple):
    """A backbone taken apart: ``pixels`` is its input, float32 RGB 0–255 [n, size, size, 3]; ``nodes`` are in the order of computing."""

    pixels: Rows
    nodes: tuple[Node, ...]

    @property
    def convolutions(self) -> list[Node]:
        return [node for node in self.nodes if isinstance(node.operation, CONVOLUTIONS)]

    @property
    def first(self) -> Node | None:
        """The convolution that sees the photo itself; one of a single place before it, as turns a photo to grey, only mixes colours."""
        wide = (node for node in self.convolutions if tuple(node.operation.kernel_size) != (1, 1))
        return next(wide, next(iter(self.convolutions), None))


def look_inside(model: keras.Model) -> Inside:
    """The nodes of the ``backbone`` in ``model``. Its layers are used as they are, weights and all; those of a Sequential within count one
    by one. A hub module is one node, whose inside is its own."""
    nodes: list[Node] = []

    def call(operation: Any, *inputs: Any, **settings: Any) -> Any:
        if isinstance(operation, keras.Sequential):
            x = inputs[0]
            for layer in operation.layers:
                x = call(layer, x)
            return x
        leaving = operation(*inputs, **settings)
        nodes.append(Node(operation.name, operation, inputs[0] if inputs else None, leaving))
        return leaving

    same = keras.models.clone_model(backbone_of(model), clone_function=lambda layer: layer, call_function=call)
    return Inside(same.input, tuple(nodes))


def values_of(inside: Inside, tensors: Sequence[Any], photos: np.ndarray) -> list[np.ndarray]:
    """What ``tensors`` hold for ``photos`` [n, size, size, 3] RGB 0–255: one float32 array [n, …] each, in inference mode."""
    return outputs_of(keras.Model(inside.pixels, list(tensors)), photos)


def outputs_of(model: keras.Model, photos: np.ndarray) -> list[np.ndarray]:
    """What leaves ``model`` for ``photos`` [n, size, size, 3] RGB 0–255: one float32 array [n, …] per output, in inference mode."""
    found = model(keras.ops.convert_to_tensor(photos.astype("float32")), training=False)
    found = found if isinstance(found, (list, tuple)) else [found]  # Keras gives a list of one as its one
    return [keras.ops.convert_to_numpy(value).astype("float32") for value in found]


def find_convolution(inside: Inside, name: str | None = None) -> Node:
    """The convolution called ``name``, or the first one.

    Raises:
        SpecError: no such convolution, or none at all.
    """
    known = {node.name: node for node in inside.convolutions}
    if inside.first is None:
        raise SpecError(
            "There must be a convolution to look into. Received: a network without one that can be reached (a hub module keeps "
            "its layers to itself, and a dense network has none)."
        )
    if name is None:
        return inside.first
    if name not in known:
        other = next((type(node.operation).__name__ for node in inside.nodes if node.name == name), None)
        received = f"{name!r}, a {other}" if other else repr(name)
        raise SpecError(f"--layer must be a convolution of the network: {nearest(name, known)}. Received: {received}.")
    return known[name]


def require_filter(convolution: Node, number: int) -> int:
    """``number``, counted from 0, when the convolution has a filter of that number.

    Raises:
        SpecError: it has fewer.
    """
    count = convolution.leaving.shape[-1]
    if not 0 <= number < count:
        raise SpecError(f"--filter must be a filter of {convolution.name}, from 0 to {count - 1}. Received: {number}.")
    return number


def sight_of(inside: Inside, convolution: Node) -> tuple[np.ndarray | None, tuple[int, int]]:
    """How the photo reaches ``convolution``, found by looking: what each input channel takes of red, green and blue, float [c, 3] for RGB
    of −1…1, and by how many rows and columns a border shifts it. None where the convolution does not see the photo itself."""
    if convolution != inside.first or convolution.entering.shape[-1] not in (1, 3):
        return None, (0, 0)
    size = inside.pixels.shape[1]
    middle = size // 2
    photos = np.zeros((5, size, size, 3), "float32")  # black, red, green, blue, and one white pixel
    photos[[1, 2, 3], :, :, [0, 1, 2]] = 255
    photos[4, middle, middle] = 255
    (seen,) = values_of(inside, [convolution.entering], photos)
    changed = np.abs(seen[4] - seen[0]).sum(axis=-1)
    row, column = np.unravel_index(changed.argmax(), changed.shape)
    mixing = (seen[1:4, row, column] - seen[0, row, column]).T / 2  # [c, 3]
    return mixing, (int(row) - middle, int(column) - middle)
