"""What lies beyond the border of a feature map. Functions of ``keras.ops`` in the graph: nothing to save, nothing to register."""

from collections.abc import Sequence
from typing import Any

from keras import ops


def pad(x: Any, mode: str, before: Sequence[int], after: Sequence[int], value: float = 0.0) -> Any:
    """``x`` [n, *sides, c] with ``before[i]`` cells added on the low side of side i and ``after[i]`` on the high side.

    Modes: ``reflect`` mirrors without repeating the edge, ``replicate`` repeats the edge, ``constant`` adds cells of ``value``.
    Reflection needs a side longer than what is added to it.
    """
    borders = list(zip(before, after, strict=True))
    if not any(map(any, borders)):
        return x
    match mode:
        case "reflect":
            return ops.pad(x, ((0, 0), *borders, (0, 0)), mode="reflect")
        case "constant":
            return ops.pad(x, ((0, 0), *borders, (0, 0)), constant_values=value)
        case "replicate":
            for axis, (low, high) in enumerate(borders, start=1):
                x = _repeat_edges(x, axis, low, high)
            return x
    raise ValueError(mode)


def _repeat_edges(x: Any, axis: int, low: int, high: int) -> Any:
    if not low and not high:
        return x
    everything = (slice(None),) * axis
    first, last = x[(*everything, slice(None, 1))], x[(*everything, slice(-1, None))]
    return ops.concatenate([first] * low + [x] + [last] * high, axis=axis)
