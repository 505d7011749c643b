"""A stack laid on a size: what enters and leaves every layer, and what is added at the border. Arithmetic, no Keras.

How a window slides is told in ``tltool.models.stack.axes``. ``reflect``, ``replicate`` and ``constant`` add as many cells as ``same``, with
another content; ``constant(0)`` is ``same``.
"""

from collections.abc import Iterable
from typing import NamedTuple

from tltool.blocks import Block
from tltool.errors import SpecError
from tltool.models.stack.axes import Axis, Shape, lay_window, sized
from tltool.models.stack.filter_banks import bank
from tltool.specs import ConvStack

LARGEST_KERNEL = 2**31 - 1  # weights; TFLite and XLA count them in 32 bits
COLOURS = 3
FIXED = "fixed_"  # how the names of layers that never learn begin
FIRST_FILTERS, MOST_BLOCKS, SMALLEST_LEFT = 16, 6, 3  # of a stack that names no filters


class Placed(NamedTuple):
    """A block where it stands in its stack.

    Attributes:
        number: from 1.
        entering: the shape that reaches the convolution, before its padding.
        before, after: cells that padding adds on each side, per axis.
        convolved: the shape after the convolution.
        leaving: the shape after the pooling.
    """

    block: Block
    number: int
    entering: Shape
    before: tuple[int, ...]
    after: tuple[int, ...]
    convolved: Shape
    leaving: Shape


class Fixed(NamedTuple):
    """A layer in front of the first block that never learns: a convolution without bias.

    Attributes:
        name: of its layer in the model.
        kernel_size: side of its kernels.
        filters: kernels per channel for a bank, 1 for grey.
        parameters: weights in the model, none of them trainable.
    """

    name: str
    kernel_size: int
    filters: int
    entering: Shape
    leaving: Shape
    parameters: int


def lay_out_fixed(stack: ConvStack, shape: Shape) -> list[Fixed]:
    """The fixed layers of ``stack`` on ``shape`` in order: ``fixed_grey`` for one channel, then the bank of ``first_layer``.

    Raises:
        SpecError: colours or a bank asked of a signal.
    """
    _require_photo(stack, shape)
    fixed: list[Fixed] = []
    entering: Shape
    if stack.channels == 1 and shape[-1] == COLOURS:
        shape, entering = (*shape[:-1], 1), shape
        fixed.append(Fixed(f"{FIXED}grey", 1, 1, entering, shape, COLOURS))
    if stack.first_layer:
        kernels = bank(stack.first_layer)
        shape, entering = (*shape[:-1], shape[-1] * len(kernels)), shape
        fixed.append(Fixed(f"{FIXED}{stack.first_layer}", len(kernels[0]), len(kernels), entering, shape, len(kernels[0]) ** 2 * shape[-1]))
    return fixed


def resolve_stack(stack: ConvStack, shape: Shape) -> ConvStack:
    """``stack`` with its filters chosen where it names none: 16, doubled in every further block; as many blocks as leave a feature map
    of 3 cells or more a side, from 1 to 6, or 3 where nothing shrinks.

    The last kernels then see most of the photo: five blocks learned twice as much from photos of 96 px as three.
    """
    if stack.conv or stack.filters is not None:
        return stack
    grown = [stack.fill(filters=tuple(FIRST_FILTERS << i for i in range(blocks))) for blocks in range(1, MOST_BLOCKS + 1)]
    left = [_side_left(one, shape) for one in grown]
    if left[0] == left[-1]:
        return grown[2]
    return grown[max(0, sum(side >= SMALLEST_LEFT for side in left) - 1)]


def _side_left(stack: ConvStack, shape: Shape) -> int:
    """Side of the feature map that the last block leaves; 0 where some block cannot be laid."""
    try:
        return min(lay_out_stack(stack, shape)[1][-1].leaving[:-1])
    except SpecError:
        return 0


def lay_out_stack(stack: ConvStack, shape: Shape) -> tuple[list[Fixed], list[Placed]]:
    """The fixed layers and the blocks of ``stack`` on photos (height, width, 3) or signals (length, channels).

    Raises:
        SpecError: as ``lay_out_fixed`` and ``lay_out``.
    """
    stack, fixed = resolve_stack(stack, shape), lay_out_fixed(stack, shape)
    return fixed, lay_out(stack.blocks, fixed[-1].leaving if fixed else shape)


def lay_out(blocks: Iterable[Block], shape: Shape) -> list[Placed]:
    """Each block with the shape that reaches it and the shape it makes, (height, width, channels) or (length, channels).

    Raises:
        SpecError: a layer that cannot be laid on what reaches it: its name, that size, and why.
    """
    placed: list[Placed] = []
    for number, block in enumerate(blocks, start=1):
        place = _place(block, number, shape, placed)
        placed.append(place)
        shape = place.leaving
    return placed


def convolution_axes(block: Block, shape: Shape) -> list[Axis]:
    """How the kernels of ``block`` slide along each side of ``shape``, which reaches it."""
    return [lay_window(side, block.kernel_size, block.stride, block.dilation, block.padding) for side in shape[:-1]]


def pooling_axes(block: Block, shape: Shape) -> list[Axis]:
    """How the pooling window of ``block`` slides along each side of ``shape``, which its convolution leaves."""
    return [lay_window(side, block.window, block.step, padding=block.pool_padding) for side in shape[:-1]]


def _place(block: Block, number: int, shape: Shape, before_it: list[Placed]) -> Placed:
    _check_convolution(block, number, shape, before_it)
    axes = convolution_axes(block, shape)
    convolved = (*(axis.leaving for axis in axes), block.filters)
    pooled = (*(axis.leaving for axis in pooling_axes(block, convolved)), block.filters) if block.pooling != "none" else convolved
    if min(pooled) < 1:
        raise _refusal(
            f"block{number}_pool must lay its window of {_squared(block.window, shape)} on the feature map that reaches it",
            convolved,
            before_it,
            "pooling none",
            f"{block.pooling}({block.window},padding=same)",
        )
    return Placed(block, number, shape, tuple(axis.before for axis in axes), tuple(axis.after for axis in axes), convolved, pooled)


def _check_convolution(block: Block, number: int, shape: Shape, before_it: list[Placed]) -> None:
    name, smallest = f"block{number}_conv", min(shape[:-1])
    if block.padding == "causal" and len(shape) == 3:
        raise SpecError(
            f"{name} must not be padded causally: causal means that no output sees a later input, and a photo has no later. "
            "Received: causal on a photo. Use --padding same, or a stack for signals."
        )
    if block.padding == "valid" and smallest < block.reach:
        raise _refusal(
            f"{name} must lay its {_kernel(block, shape)} on the feature map that reaches it", shape, before_it, "--padding same"
        )
    axes = convolution_axes(block, shape)
    if block.padding == "reflect" and any(max(axis.before, axis.after) >= axis.size for axis in axes):
        widest = max(max(axis.before, axis.after) for axis in axes)
        raise _refusal(
            f"{name} must mirror {widest} cells at each border, which needs a feature map of at least {widest + 1}",
            shape,
            before_it,
            "--padding same",
            "replicate",
        )
    weights = block.kernel_size ** (len(shape) - 1) * shape[-1] * block.filters
    if weights > LARGEST_KERNEL:
        raise SpecError(
            f"{name} must have at most {LARGEST_KERNEL:,} weights. Received: {weights:,}, from {shape[-1]} maps to "
            f"{block.filters} with a {_kernel(block, shape)}. Use fewer filters or a smaller kernel."
        )


def _refusal(what: str, shape: Shape, before_it: list[Placed], *remedies: str) -> SpecError:
    sizes = [place.entering for place in before_it] + [shape]
    way = f" ({' → '.join(_size(size) for size in sizes)})" if len(sizes) > 1 else ""
    *some, last = ["a larger input", *(["fewer blocks", "less pooling"] if before_it else []), *remedies]
    return SpecError(f"{what}. Received: {_size(shape)}{way}. Use {', '.join(some)} or {last}.")


def _size(shape: Shape) -> str:
    return sized(shape[:-1])


def _squared(side: int, shape: Shape) -> str:
    return sized([side] * (len(shape) - 1))


def _kernel(block: Block, shape: Shape) -> str:
    gaps = f" (reaching over {_squared(block.reach, shape)} with dilation {block.dilation})" if block.dilation > 1 else ""
    return f"kernel of {_squared(block.kernel_size, shape)}{gaps}"


def _require_photo(stack: ConvStack, shape: Shape) -> None:
    if len(shape) == 3:
        return
    if stack.first_layer:
        raise SpecError(f"--first-layer must go with photos: its filters are made for them. Received: {stack.first_layer!r} for a signal.")
    if stack.channels == 1:
        raise SpecError("--channels must be left away for signals, which keep theirs. Received: 1.")
