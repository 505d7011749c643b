"""The layers by kind, each as a record of ``tltool.models.summary.arithmetic``: what one of that kind costs, learns, sees and leaves.

``entering`` is the shape without the batch, ``view`` what a place of it sees; ``axes`` say how a window slides along each of its sides.
"""

from collections.abc import Sequence
from math import prod

from tltool.models.stack.axes import Axis, Shape, sized
from tltool.models.summary.arithmetic import NOTHING, Count, Layer, ReceptiveField, onward, times


def convolution(
    name: str,
    entering: Shape,
    axes: Sequence[Axis],
    filters: int,
    view: ReceptiveField,
    bias: bool = True,
    groups: int = 1,
    learned: bool = True,
) -> Layer:
    """(f·f·c_in+1)·c_out parameters, and as many multiply-adds per place as there are weights."""
    kernel = [axis.window for axis in axes] + [entering[-1] // groups]
    leaving = (*(axis.leaving for axis in axes), filters)
    weights = prod(kernel) * filters
    formula = f"({times(*kernel)}+1)·{filters}" if bias else times(*kernel, filters)
    parameters = Count(weights + filters * bias, formula)
    does = f"{filters}@{sized(kernel)}{moving(axes)}"
    return Layer(
        name,
        "convolution",
        does,
        entering,
        leaving,
        onward(view, axes),
        tuple(axes),
        parameters,
        parameters.number if learned else 0,
        _products(leaving, kernel),
        Count(prod(kernel), times(*kernel)),
        groups,
    )


def depthwise(name: str, entering: Shape, axes: Sequence[Axis], multiplier: int, view: ReceptiveField, bias: bool = True) -> Layer:
    """One kernel per channel: every channel is filtered for itself."""
    window = [axis.window for axis in axes]
    channels = entering[-1] * multiplier
    leaving = (*(axis.leaving for axis in axes), channels)
    formula = f"({times(*window)}+1)·{channels}" if bias else times(*window, channels)
    parameters = Count((prod(window) + bias) * channels, formula)
    return Layer(
        name,
        "depthwise convolution",
        f"{multiplier}@{sized(window)} a channel{moving(axes)}",
        entering,
        leaving,
        onward(view, axes),
        tuple(axes),
        parameters,
        parameters.number,
        _products(leaving, window),
        Count(prod(window), times(*window)),
        entering[-1],
    )


def separable(
    name: str, entering: Shape, axes: Sequence[Axis], multiplier: int, filters: int, view: ReceptiveField, bias: bool = True
) -> Layer:
    """A depthwise convolution and then one of 1×1, without anything in between."""
    window, channels = [axis.window for axis in axes], entering[-1] * multiplier
    places = tuple(axis.leaving for axis in axes)
    last = f"({channels}+1)·{filters}" if bias else times(channels, filters)
    parameters = Count(prod(window) * channels + (channels + bias) * filters, f"{times(*window, channels)}+{last}")
    products = Count(
        prod(places) * (prod(window) * channels + channels * filters),
        f"{times(*places)}·({times(*window, channels)}+{times(channels, filters)})",
    )
    return Layer(
        name,
        "separable convolution",
        f"{multiplier}@{sized(window)} a channel{moving(axes)}, then {filters}@1×1",
        entering,
        (*places, filters),
        onward(view, axes),
        tuple(axes),
        parameters,
        parameters.number,
        products,
        Count(prod(window) * channels, times(*window, channels)),
    )


def pooling(name: str, entering: Shape, axes: Sequence[Axis], summary: str, view: ReceptiveField) -> Layer:
    """The maximum, average … of each window: nothing to learn, no products."""
    window = [axis.window for axis in axes]
    return Layer(
        name,
        "pooling",
        f"{summary} {sized(window)}{moving(axes)}",
        entering,
        (*(axis.leaving for axis in axes), entering[-1]),
        onward(view, axes),
        tuple(axes),
        connections=Count(prod(window), times(*window)),
    )


def global_pooling(name: str, entering: Shape, summary: str, view: ReceptiveField, keep: bool = False) -> Layer:
    """The maximum, average … of each channel; ``keep`` leaves a map of one place."""
    places = entering[:-1]
    leaving = (*(1 for _ in places), entering[-1]) if keep else entering[-1:]
    return Layer(
        name,
        "global pooling",
        f"{summary} {sized(places)}",
        entering,
        leaving,
        view._replace(whole=True),
        connections=Count(prod(places), times(*places)),
    )


def batch_norm(name: str, entering: Shape, view: ReceptiveField, learned: int = 2) -> Layer:
    """4c parameters: of each channel a scale and a shift that are learned, a mean and a variance that follow the photos."""
    channels = entering[-1]
    return Layer(
        name,
        "batch norm",
        "scale, shift",
        entering,
        entering,
        view,
        parameters=Count((learned + 2) * channels, times(learned + 2, channels)),
        learned=learned * channels,
    )


def dense(name: str, entering: Shape, units: int, view: ReceptiveField, bias: bool = True) -> Layer:
    """(c_in+1)·c_out parameters. On a feature map it works on each place, like a convolution of 1×1."""
    inputs, places = entering[-1], entering[:-1]
    parameters = Count((inputs + bias) * units, f"({inputs:,}+1)·{units:,}" if bias else times(inputs, units))
    leaving = (*places, units)
    return Layer(
        name,
        "dense",
        f"{units:,} units",
        entering,
        leaving,
        view,
        parameters=parameters,
        learned=parameters.number,
        multiply_adds=_products(leaving, [inputs]),
        connections=Count(inputs, f"{inputs:,}" if places else ""),
    )


def flatten(name: str, entering: Shape, view: ReceptiveField) -> Layer:
    """All numbers of the map in a row, by place."""
    return Layer(name, "flatten", "one row", entering, (prod(entering),), view._replace(whole=True))


def each(
    name: str,
    kind: str,
    does: str,
    entering: Shape,
    view: ReceptiveField,
    leaving: Shape | None = None,
    parameters: Count = NOTHING,
    learned: int | None = None,
) -> Layer:
    """A layer that works on every number by itself, or only moves numbers about."""
    return Layer(
        name,
        kind,
        does,
        entering,
        entering if leaving is None else leaving,
        view,
        parameters=parameters,
        learned=parameters.number if learned is None else learned,
    )


def moving(axes: Sequence[Axis]) -> str:
    """How a window moves, as in ``--conv``: `` /2`` is stride 2."""
    strides, dilation = [axis.stride for axis in axes], max(axis.dilation for axis in axes)
    stride = sized(strides if len(set(strides)) > 1 else strides[:1])
    return (f" /{stride}" if stride != "1" else "") + (f" dilation {dilation}" if dilation > 1 else "")


def _products(leaving: Shape, kernel: Sequence[int]) -> Count:
    return Count(prod(leaving) * prod(kernel), times(*leaving, prod(kernel)))
