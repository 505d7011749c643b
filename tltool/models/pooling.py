"""Summaries of a feature map, by window or as a whole. Minimum and sum, which Keras lacks, are written with what it has.

Minimum is ``-max(-x)`` with the sign as a multiplication by −1: as an operator of its own, NEG stays float inside an int8 TFLite.
"""

from typing import Any

from keras import layers


def pool(x: Any, kind: str, window: int = 2) -> Any:
    """``x`` [n, h, w, c] → [n, h // window, w // window, c]: max, average, min or sum of each window; none returns ``x``."""
    match kind:
        case "none":
            return x
        case "max":
            return layers.MaxPooling2D(window)(x)
        case "average":
            return layers.AveragePooling2D(window)(x)
        case "min":
            return layers.MaxPooling2D(window)(x * -1.0) * -1.0
        case "sum":
            return layers.AveragePooling2D(window)(x) * float(window * window)
    raise ValueError(kind)


def pool_globally(x: Any, kind: str) -> Any:
    """``x`` [n, h, w, c] → [n, c] by avg, max, min or sum over all places, or [n, h·w·c] by flatten; [n, c] passes unchanged."""
    if len(x.shape) == 2:
        return x
    match kind:
        case "avg":
            return layers.GlobalAveragePooling2D()(x)
        case "max":
            return layers.GlobalMaxPooling2D()(x)
        case "min":
            return layers.GlobalMaxPooling2D()(x * -1.0) * -1.0
        case "sum":
            return layers.GlobalAveragePooling2D()(x) * float(x.shape[1] * x.shape[2])
        case "flatten":
            return layers.Flatten()(x)
    raise ValueError(kind)
