"""Half the bytes, next to the same answers."""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.float16 import _smallest, halve
from tltool.exports.tflite.graph import FLOAT16, FLOAT32, read_graph


def constants(content: bytes) -> dict[str, tuple[int, int]]:
    """Name → type and number of values of every constant weight of a convolution."""
    graph = read_graph(content)
    found = {}
    for tensor in graph.subgraphs[0].tensors:
        data = graph.buffers[tensor.buffer].data
        if data is not None and len(data):
            found[tensor.name.decode()] = tensor.type, len(data) // (2 if tensor.type == FLOAT16 else 4)
    return found


def test_halving_takes_half_the_bytes_and_hardly_moves_the_answers(exact: bytes, answers: Callable[[bytes], np.ndarray]) -> None:
    half = halve(exact)
    assert len(half) < 0.56 * len(exact)
    gap = np.abs(answers(half) - answers(exact)).max()
    assert 0 < gap < 2e-3


def test_the_large_weights_are_halved_and_the_small_ones_stay_float32(exact: bytes) -> None:
    kinds = constants(halve(exact))
    halved = {size for kind, size in kinds.values() if kind == FLOAT16}
    assert halved == {8 * 9 * 96, 96 * 9 * 64}
    assert {72, 216} <= {size for kind, size in kinds.values() if kind == FLOAT32}  # depthwise and early kernels


def test_the_smallest_are_spared_up_to_a_share() -> None:
    sizes = {5: 1000, 1: 100, 2: 300, 9: 10_000}
    assert _smallest(sizes, 0.01) == {1}
    assert _smallest(sizes, 0.05) == {1, 2}
    assert _smallest(sizes, 0) == set() and _smallest(sizes, 1) == set(sizes)
    assert _smallest({1: 3, 2: 10_000}, 0) == {1}  # too small to be worth an operator


def test_weights_beyond_the_range_of_float16_do_not_become_infinite(answers: Callable[[bytes], np.ndarray]) -> None:
    photo = keras.Input((16, 16, 3))
    dense = layers.Dense(4, name="logits")
    model = keras.Model(photo, dense(layers.Flatten()(photo)))
    dense.set_weights([np.full((768, 4), 1e5, "float32"), np.zeros(4, "float32")])
    assert np.isfinite(answers(halve(convert(model, "float32"), 0))).all()
