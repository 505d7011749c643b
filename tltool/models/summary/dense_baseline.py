"""The dense network to hold against a stack: as many parameters, and no convolution. Arithmetic, no Keras."""

from math import prod

from tltool.models.summary.arithmetic import Layer
from tltool.models.summary.blueprint import head_layers, stack_layers
from tltool.progress import warn
from tltool.specs import Comparison, ConvStack, Head

UNITS = 256  # where parameters are not what counts


def dense_baseline(stack: ConvStack, head: Head, comparison: Comparison, shape: tuple[int, ...], classes: int) -> tuple[ConvStack, Head]:
    """A stack without blocks and a head with one hidden layer: with ``comparison.units`` units or, without them, as many as bring its
    parameters nearest to those of ``stack`` with ``head`` on photos of ``shape`` (height, width, 3).

    Raises:
        SpecError: the stack cannot be laid on that shape.
    """
    layers = whole_layers(stack, head, shape, classes)
    bare = ConvStack(filters=(), channels=stack.channels)
    inputs, budget = prod(shape[:-1]) * stack.channels, sum(layer.parameters.number for layer in layers)
    units = comparison.units or (match_units(inputs, classes, budget) if comparison.budget == "parameters" else UNITS)
    if comparison.budget == "parameters" and units == 1 and count_dense(inputs, 1, classes) > budget:
        warn(
            f"Every unit of a dense network needs {inputs:,} weights, one for each number of a photo. With a single one it has "
            f"{count_dense(inputs, 1, classes):,} parameters, more than the stack's {budget:,}."
        )
    return bare, Head(pool="flatten", dense=(units,), dropout=0.0)


def whole_layers(stack: ConvStack, head: Head, shape: tuple[int, ...], classes: int) -> list[Layer]:
    """The layers of ``stack`` with ``head`` on it, from the photo to the probabilities."""
    layers = stack_layers(stack, shape)
    return [*layers, *head_layers(head, classes, layers[-1].leaving, layers[-1].view)]


def match_units(inputs: int, classes: int, parameters: int) -> int:
    """The number of hidden units, from 1 up, with which a dense network comes nearest to ``parameters``; of two as near, the fewer."""
    few = max(1, (parameters - classes) // (inputs + 1 + classes))
    return min((few, few + 1), key=lambda units: abs(count_dense(inputs, units, classes) - parameters))


def count_dense(inputs: int, units: int, classes: int) -> int:
    """Parameters of a dense network with one hidden layer: (inputs + 1)·units + (units + 1)·classes."""
    return (inputs + 1) * units + (units + 1) * classes
