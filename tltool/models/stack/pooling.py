"""Summaries of a feature map, by window or as a whole. Minimum, sum and GeM, which Keras lacks, are written with what it has.

Windows that reach beyond the border are dropped (``valid``) or count what is inside (``same``): a maximum, minimum or mean of fewer
cells, and a sum to which nothing is added.

Minimum is ``-max(-x)`` with the sign as a multiplication by −1: as an operator of its own, NEG stays float inside an int8 TFLite.

GeM, the generalized mean (mean of x³)^⅓ of Radenović, Tolias and Chum 2018, lies between mean and maximum; cells below ``EPSILON`` count as
that. It is written as m·(mean of (x/m)³)^⅓ with m the largest cell of the window, and the quotient, the cube and the root by logarithms:
POW stays float inside an int8 TFLite, a division meets zeros there, and eight bits cannot hold cubes, whose root then is
wrong by a third; relative to m they can. Half precision likes it for the same reason.
"""

import math
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from keras import layers, ops

from tltool.models.stack.axes import added
from tltool.models.stack.padding import pad

MAXIMUM = {3: layers.MaxPooling1D, 4: layers.MaxPooling2D}  # by rank
AVERAGE = {3: layers.AveragePooling1D, 4: layers.AveragePooling2D}
GLOBAL_MAXIMUM = {3: layers.GlobalMaxPooling1D, 4: layers.GlobalMaxPooling2D}
GLOBAL_AVERAGE = {3: layers.GlobalAveragePooling1D, 4: layers.GlobalAveragePooling2D}
POWER = 3.0  # of GeM
EPSILON = 1e-4  # GeM counts less as this; small beside what batch norm gives, and its reciprocal is a number in half precision


def pool(x: Any, kind: str, window: int = 2, stride: int | None = None, padding: str = "valid", name: str | None = None) -> Any:
    """``x`` [n, *sides, c] → [n, *fewer, c]: max, average, min, sum or gem of each window; none returns ``x``.

    Args:
        stride: step of the windows; default: ``window``.
        padding: what becomes of windows that reach beyond the border, ``valid`` or ``same``.
        name: of the layer that gives the result.
    """
    rank, said = len(x.shape), {"pool_size": window, "strides": stride or window, "padding": padding}
    match kind:
        case "none":
            return x
        case "max":
            return MAXIMUM[rank](**said, name=name)(x)
        case "average":
            return AVERAGE[rank](**said, name=name)(x)
        case "min":
            return layers.Identity(name=name)(MAXIMUM[rank](**said)(x * -1.0) * -1.0)
        case "sum":
            return layers.Identity(name=name)(_sum(x, window, stride or window, padding))
        case "gem":
            return layers.Identity(name=name)(_gem(x, window, stride or window, padding))
    raise ValueError(kind)


def pool_globally(x: Any, kind: str) -> Any:
    """``x`` [n, *sides, c] → [n, c] by avg, max, min, sum or gem over all places, or [n, sides·c] by flatten; [n, c] passes unchanged."""
    rank = len(x.shape)
    if rank == 2:
        return x
    match kind:
        case "avg":
            return GLOBAL_AVERAGE[rank]()(x)
        case "max":
            return GLOBAL_MAXIMUM[rank]()(x)
        case "min":
            return GLOBAL_MAXIMUM[rank]()(x * -1.0) * -1.0
        case "sum":
            return GLOBAL_AVERAGE[rank]()(x) * float(math.prod(x.shape[1:-1]))
        case "gem":
            return _gem_globally(x)
        case "flatten":
            return layers.Flatten()(x)
    raise ValueError(kind)


def _sum(x: Any, window: int, stride: int, padding: str) -> Any:
    """A mean of zeros and cells, times the cells of a window: with ``same``, Keras's own mean leaves out what lies beyond the border."""
    if padding == "same":
        borders = [added(side, window, stride, "same") for side in x.shape[1:-1]]
        x = pad(x, "constant", [before for before, _ in borders], [after for _, after in borders])
    return AVERAGE[len(x.shape)](window, stride)(x) * float(window ** (len(x.shape) - 2))


def _gem(x: Any, window: int, stride: int, padding: str) -> Any:
    """The generalized mean of each window, one side after the other: a mean of means, as all rows of a window have as many cells."""
    sides = x.shape[1:-1]
    borders = [added(side, window, stride, padding) for side in sides]
    x = ops.maximum(pad(x, "constant", [low for low, _ in borders], [high for _, high in borders]), EPSILON)
    for axis, (side, (low, _)) in enumerate(zip(sides, borders, strict=True), start=1):
        starts = range(-low, x.shape[axis] - low - window + 1, stride)
        inside = [min(side, start + window) - max(0, start) for start in starts]
        x = _gem_along(x, axis, window, stride, inside)
    return x


def _gem_along(x: Any, axis: int, window: int, stride: int, inside: list[int]) -> Any:
    """The generalized mean over windows along one side; ``inside`` counts the cells of each: a border adds next to nothing."""

    def of_sides(here: int, others: int) -> tuple[int, ...]:
        return tuple(here if side == axis else others for side in range(1, len(x.shape) - 1))

    largest = MAXIMUM[len(x.shape)](of_sides(window, 1), of_sides(stride, 1))
    log = ops.log(x)
    top = largest(log)
    cubes = [ops.exp((_every(log, axis, first, stride, len(inside)) - top) * POWER) for first in range(window)]
    shares = np.reshape(1 / np.array(inside, "float32"), (1, *of_sides(-1, 1), 1)) if min(inside) < window else 1 / window
    return largest(x) * ops.exp(ops.log(reduce(add, cubes) * shares) * (1 / POWER))


def _every(cells: Any, axis: int, first: int, stride: int, places: int) -> Any:
    """The cells ``first``, ``first + stride`` … along one side: one of every window."""
    return cells[(slice(None),) * axis + (slice(first, first + (places - 1) * stride + 1, stride),)]


def _gem_globally(x: Any) -> Any:
    x = ops.maximum(x, EPSILON)
    largest = GLOBAL_MAXIMUM[len(x.shape)]
    log = ops.log(x)
    cubes = ops.exp((log - largest(keepdims=True)(log)) * POWER)
    return largest()(x) * ops.exp(ops.log(GLOBAL_AVERAGE[len(x.shape)]()(cubes)) * (1 / POWER))
