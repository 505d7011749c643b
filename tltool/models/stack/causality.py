"""What each step of a stack's feature map sees of the signal, and whether any of it is later. Arithmetic, no Keras.

Strides and pooling make one step out of J: step k of the feature map stands for the steps k·J … (k+1)·J − 1 of the signal, and is there
when the last of them is. A stack is causal when nothing it computes for a step depends on a step of the signal later than those.
"""

import math
from collections.abc import Sequence

from tltool.models.stack.axes import Shape
from tltool.models.stack.shapes import Placed, lay_out_stack, pooling_axes
from tltool.specs import ConvStack


def seen_by(step: int, placed: Sequence[Placed]) -> range:
    """The steps of the signal, from the first to the last, that ``step`` of the feature map may depend on."""
    first, last = step, step
    for place in reversed(placed):
        block = place.block
        if block.pooling != "none":
            before = pooling_axes(block, place.convolved)[0].before
            first, last = _through(first, last, block.step, block.window, before, place.convolved[0])
        first, last = _through(first, last, block.stride, block.reach, place.before[0], place.entering[0], block.padding)
    return range(first, last + 1)


def stride_of(placed: Sequence[Placed]) -> int:
    """J: how many steps of the signal become one of the feature map."""
    return math.prod(place.block.stride * (place.block.step if place.block.pooling != "none" else 1) for place in placed)


def foresight(placed: Sequence[Placed]) -> int:
    """The most steps by which anything in the feature map sees further than the steps it stands for; 0 where the stack is causal."""
    return max(0, seen_by(0, placed)[-1] - (stride_of(placed) - 1))  # as for every step: the end of a signal only cuts it shorter


def describe_reach(stack: ConvStack, shape: Shape) -> str:
    """One sentence on what ``stack`` sees of signals of ``shape`` (length, channels).

    Raises:
        SpecError: a layer that cannot be laid on what reaches it.
    """
    _, placed = lay_out_stack(stack, shape)
    steps = placed[-1].leaving[0] if placed else shape[0]
    widest, later = max(len(seen_by(step, placed)) for step in (0, steps // 2, steps - 1)), foresight(placed)
    seen = f"all {shape[0]:,} steps" if widest == shape[0] else f"{widest:,} of {shape[0]:,} steps"
    return f"Each of the {steps:,} places of the feature map stands for {stride_of(placed):,} steps and sees {seen} of a signal, " + (
        "none of them later." if not later else f"up to {later:,} of them later: the stack is not causal."
    )


def _through(first: int, last: int, stride: int, window: int, before: int, side: int, padding: str = "valid") -> tuple[int, int]:
    """What a window sees of ``side`` places, with ``before`` added in front of them, when all from ``first`` to ``last`` of its outputs
    count."""
    first, last = first * stride - before, last * stride - before + window - 1
    if padding == "reflect":  # a place beyond the border is one within it
        return max(0, min(first, 2 * (side - 1) - last)), min(side - 1, max(last, -first))
    return max(0, min(first, side - 1)), min(side - 1, last)
