"""What lies beyond the border of a feature map. Functions of ``keras.ops`` in the graph: nothing to save, nothing to register."""

from typing import Any

from keras import ops


def pad(x: Any, mode: str, before: int, after: int) -> Any:
    """``x`` [n, h, w, c] with ``before`` rows and columns added on the low side and ``after`` on the high side.

    Modes: ``reflect`` mirrors without repeating the edge, ``replicate`` repeats the edge. Reflection needs a feature map larger
    than the border it adds.
    """
    if before == after == 0:
        return x
    if mode == "reflect":
        return ops.pad(x, ((0, 0), (before, after), (before, after), (0, 0)), mode="reflect")
    x = ops.concatenate([x[:, :1]] * before + [x] + [x[:, -1:]] * after, axis=1)
    return ops.concatenate([x[:, :, :1]] * before + [x] + [x[:, :, -1:]] * after, axis=2)
