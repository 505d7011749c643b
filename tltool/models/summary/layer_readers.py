"""A Keras layer as a record of ``tltool.models.summary.arithmetic``: one reader for each kind that is known."""

from collections.abc import Callable, Mapping, Sequence
from math import log2
from typing import Any

from tltool.models.stack.axes import Axis, Shape, lay_window, sized
from tltool.models.summary.arithmetic import NOTHING, Count, Layer, ReceptiveField, times
from tltool.models.summary.layer_kinds import batch_norm, convolution, dense, depthwise, each, flatten, global_pooling, pooling, separable

Reader = Callable[[Any, Shape, Shape, ReceptiveField], Layer]  # a Keras layer, the shape that enters, the shape that leaves, the view


def reader_of(operation: Any) -> Reader:
    """What reads ``operation``, by its class or the nearest one above it; whatever is unknown keeps Keras's own count of parameters."""
    return next((READERS[kind.__name__] for kind in type(operation).__mro__ if kind.__name__ in READERS), _unknown)


def _axes(layer: Any, shape: Shape, windows: Sequence[int], dilations: Sequence[int]) -> list[Axis]:
    return [lay_window(*sliding, padding=layer.padding) for sliding in zip(shape, windows, layer.strides, dilations)]


def _convolution(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    axes = _axes(layer, entering, layer.kernel_size, layer.dilation_rate)
    return convolution(layer.name, entering, axes, layer.filters, view, layer.use_bias, layer.groups)


def _depthwise(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    axes = _axes(layer, entering, layer.kernel_size, layer.dilation_rate)
    return depthwise(layer.name, entering, axes, layer.depth_multiplier, view, layer.use_bias)


def _separable(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    axes = _axes(layer, entering, layer.kernel_size, layer.dilation_rate)
    return separable(layer.name, entering, axes, layer.depth_multiplier, layer.filters, view, layer.use_bias)


def _pooling(summary: str) -> Reader:
    def read(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
        return pooling(layer.name, entering, _axes(layer, entering, layer.pool_size, [1] * len(layer.pool_size)), summary, view)

    return read


def _global_pooling(summary: str) -> Reader:
    def read(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
        return global_pooling(layer.name, entering, summary, view, layer.keepdims)

    return read


def _batch_norm(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    return batch_norm(layer.name, entering, view, layer.center + layer.scale)


def _layer_norm(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    learned = layer.center + layer.scale
    return each(
        layer.name, "layer norm", "scale, shift", entering, view, parameters=Count(learned * entering[-1], times(learned, entering[-1]))
    )


def _layer_scale(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    return each(layer.name, "layer scale", "per channel", entering, view, parameters=Count(entering[-1], "1·" + times(entering[-1])))


def _normalization(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    """Mean and variance of each channel, and of how many values they are."""
    adapted = Count(2 * entering[-1] + 1, f"2·{entering[-1]}+1") if layer.input_mean is None else NOTHING
    return each(layer.name, "scaling", "by deviation", entering, view, parameters=adapted, learned=0)


def _dense(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    return dense(layer.name, entering, layer.units, view, layer.use_bias)


def _flatten(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    return flatten(layer.name, entering, view)


def _activation(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    function = getattr(layer, "activation", None)
    return each(layer.name, "activation", getattr(function, "__name__", "") or type(layer).__name__.lower(), entering, view)


def _padding(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    return each(layer.name, "padding", f"{sized(entering[:-1])} to {sized(leaving[:-1])}", entering, view, leaving)


def _joint(does: str) -> Reader:
    def read(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
        return each(layer.name, "join", does, entering, view, leaving)

    return read


def _plain(kind: str, does: str) -> Reader:
    def read(layer: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
        return each(layer.name, kind, does, entering, view, leaving)

    return read


def _unknown(operation: Any, entering: Shape, leaving: Shape, view: ReceptiveField) -> Layer:
    """Parameters, if any, as Keras counts them. What has some and makes fewer places of a map, as a hub module does, has halved it
    so many times."""
    own = operation.count_params() if hasattr(operation, "count_params") else 0
    kind = type(operation).__name__
    if not own and len(leaving) == 1 < len(entering):
        view = view._replace(whole=True)
    if own and len(leaving) == len(entering) == 3:
        view = view._replace(step=tuple(step << max(0, round(log2(a / b))) for step, a, b in zip(view.step, entering, leaving)))
    parameters = Count(own, "as Keras counts" if own else "")
    return each(operation.name, "other" if own else "operation", kind, entering, view, leaving, parameters)


READERS: Mapping[str, Reader] = {  # by the class's name, or that of a class above it
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv1D": _separable,
    "SeparableConv2D": _separable,
    "Dense": _dense,
    "Flatten": _flatten,
    "MaxPooling1D": _pooling("max"),
    "MaxPooling2D": _pooling("max"),
    "AveragePooling1D": _pooling("average"),
    "AveragePooling2D": _pooling("average"),
    "GlobalMaxPooling1D": _global_pooling("max"),
    "GlobalMaxPooling2D": _global_pooling("max"),
    "GlobalAveragePooling1D": _global_pooling("average"),
    "GlobalAveragePooling2D": _global_pooling("average"),
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "LayerScale": _layer_scale,
    "Normalization": _normalization,
    "Rescaling": _plain("scaling", "pixels"),
    "CustomScaleLayer": _joint("sum, one scaled"),
    "ZeroPadding1D": _padding,
    "ZeroPadding2D": _padding,
    "Pad": _padding,
    "Cropping2D": _padding,
    "Activation": _activation,
    "ReLU": _activation,
    "Softmax": _activation,
    "LeakyReLU": _activation,
    "ELU": _activation,
    "Dropout": _plain("dropout", "some inputs"),
    "StochasticDepth": _plain("dropout", "whole branches"),
    "Identity": _plain("identity", "a name"),
    "Add": _joint("sum"),
    "Multiply": _joint("product"),
    "Concatenate": _joint("side by side"),
}
