"""How large the model of a ``.keras`` file would be, known before a number of it is made.

Keras builds it once with shapes in place of arrays: in a ``StatelessScope`` weights are only noted, and layers are called with symbols.
This happens in a thread of its own, because Keras keeps the notes of weights still to be made by thread, and would make them when the
next such scope ends. Not covered: the time that a network of honest size takes to compute.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf, prod
from typing import Any

import keras
import numpy as np

from tltool.models.hub.operations import LARGEST
from tltool.models.summary.anatomy import graph_of, nodes_of

OPEN_SIDE = 224  # pixels or steps, for a side that a model leaves open


def size_faults(config: dict[str, Any], stored: int) -> Iterator[str]:
    """What in the model that a checked ``config`` describes is too large, in words.

    Args:
        stored: bytes of the file, which no weights may exceed.

    Raises:
        Exception: whatever Keras raises where a config does not fit together.
    """
    with ThreadPoolExecutor(1) as thread:
        yield from thread.submit(_faults, config, stored).result()


def _faults(config: dict[str, Any], stored: int) -> list[str]:
    with keras.StatelessScope(initialize_variables=False):
        model = keras.saving.deserialize_keras_object(_close(config, _sides(config)), safe_mode=True)
    weights = sum(prod(weight.shape) * np.dtype(weight.dtype).itemsize for weight in model.variables)
    numbers, name = max(_sizes(model))
    return [
        *([f"{weights:,} bytes of weights"] if weights > stored else ()),
        *([f"{numbers:,} numbers at once by {name} for one photo"] if numbers > LARGEST else ()),
    ]


def _sides(config: dict[str, Any]) -> list[int]:
    """A shape to read into every open one: of a batch of one, with the sides of the model's first input."""
    shapes = [layer["config"].get("batch_shape") for layer in config["config"]["layers"]]
    shape = next((shape for shape in shapes if isinstance(shape, list)), [])
    return [1, *(side or OPEN_SIDE for side in shape[1:])]


def _close(found: Any, sides: Sequence[int], key: str = "") -> Any:
    """``found`` with a number for every size that it leaves open."""
    if isinstance(found, dict):
        return {name: _close(value, sides, name) for name, value in found.items()}
    if isinstance(found, list) and key.endswith("_shape") and found[:1] == [None]:
        return [_side(place, sides) if side is None else side for place, side in enumerate(found)]
    return [_close(value, sides, key) for value in found] if isinstance(found, list) else found


def _side(place: int, sides: Sequence[int]) -> int:
    return sides[place] if place < len(sides) else OPEN_SIDE


def _sizes(model: Any) -> Iterator[tuple[float, str]]:
    """How many numbers each input and each call in ``model`` makes, and what makes them; those of models within models too."""
    yield from ((_numbers(tensor.shape), "its input") for tensor in graph_of(model).inputs)
    for node in nodes_of(model):
        if hasattr(node.operation, "layers"):
            yield from _sizes(node.operation)
        made = max(map(_numbers, (tensor.shape for tensor in node.outputs)), default=0)
        yield max(made, _hidden(node)), type(node.operation).__name__


def _numbers(shape: Sequence[int | None]) -> float:
    return prod(inf if side is None else side for side in shape)


def _hidden(node: Any) -> float:
    """How many numbers a call makes that are no tensor of the model, at most."""
    shapes = [tensor.shape for tensor in node.input_tensors]
    if "Attention" in type(node.operation).__name__ and len(shapes) > 1:
        return _scores(node.operation, *shapes[:2])
    return max((_padded(node.operation, shape) for shape in shapes), default=0)


def _scores(attention: Any, query: Sequence[int], value: Sequence[int]) -> float:
    """Attention holds every query against every value, for each head (additive attention for each channel)."""
    heads = max(getattr(attention, name, 1) for name in ("num_heads", "num_query_heads"))
    each = query[-1] if isinstance(attention, keras.layers.AdditiveAttention) else heads
    return _numbers(query[:-1]) * _numbers(value[1:-1]) * each


def _padded(operation: Any, shape: Sequence[int]) -> float:
    """A sliding window pads what it slides over by its own reach at most; a separable one first makes several channels of each."""
    window = getattr(operation, "kernel_size", None) or getattr(operation, "pool_size", None)
    if not isinstance(window, (tuple, list)) or len(shape) != len(window) + 2:
        return 0
    gaps = getattr(operation, "dilation_rate", 1)
    gaps = gaps if isinstance(gaps, (tuple, list)) else [gaps] * len(window)
    channels, *places = shape[1:] if getattr(operation, "data_format", None) == "channels_first" else (shape[-1], *shape[1:-1])
    sides = [place + gap * (width - 1) for place, gap, width in zip(places, gaps, window)]
    return _numbers([shape[0], *sides, channels, getattr(operation, "depth_multiplier", None) or 1])
