"""One block of a stack in a few characters: ``64@3/2:reflect:relu`` is 64 filters of side 3 at stride 2, reflecting padding, ReLU.

A block is a convolution, batch norm, an activation, a pooling and dropout, in this order; what its text does not say is the stack's.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tltool import catalog
from tltool.calls import Call, read_call
from tltool.catalog import Argument, Signature
from tltool.errors import SpecError

GRAMMAR = "FILTERS@KERNEL[/STRIDE][:WORD]…"
SIZE = re.compile(r"\s*([0-9]{1,9})\s*@\s*([0-9]{1,9})\s*(?:/\s*([0-9]{1,9})\s*)?")
MOST_FILTERS, LARGEST_SIDE = 65_536, 255


class Block(NamedTuple):
    """A convolution and what follows it.

    Attributes:
        filters: how many feature maps it makes.
        kernel_size: side of the kernel.
        stride: step of the kernel.
        dilation: distance between the cells of the kernel; 1 is none.
        padding: a name of ``catalog.PADDINGS``.
        border: what lies beyond the border with ``constant`` padding.
        activation: a name of ``catalog.ACTIVATIONS``.
        pooling: a name of ``catalog.POOLINGS``.
        window: side of the pooling window.
        batch_norm: whether the convolution's output is normalised over the batch.
        dropout: share of the block's output that is dropped while training.
        pool_stride: step of the pooling window; 0 is the window's side, so that windows touch and do not overlap.
        pool_padding: ``valid`` drops pooling windows that reach beyond the border, ``same`` keeps them and counts what is inside.
    """

    filters: int
    kernel_size: int
    stride: int = 1
    dilation: int = 1
    padding: str = "same"
    border: float = 0.0
    activation: str = "relu"
    pooling: str = "none"
    window: int = 2
    batch_norm: bool = True
    dropout: float = 0.0
    pool_stride: int = 0
    pool_padding: str = "valid"

    @property
    def reach(self) -> int:
        """Side of what the kernel covers, gaps included: dilation·(kernel_size − 1) + 1."""
        return self.dilation * (self.kernel_size - 1) + 1

    @property
    def step(self) -> int:
        """Step of the pooling window."""
        return self.pool_stride or self.window

    def __str__(self) -> str:
        """The block's text with nothing left to a default; ``read_block`` reads it back."""
        padding = f"constant({self.border!r})" if self.padding == "constant" else self.padding
        pooling = f"{self.pooling}({self.window},{self.step},{self.pool_padding})" if self.pooling != "none" else "none"
        return ":".join(
            [
                f"{self.filters}@{self.kernel_size}/{self.stride}",
                padding,
                self.activation,
                pooling,
                "norm" if self.batch_norm else "no-norm",
                f"dropout({self.dropout!r})",
                f"dilation({self.dilation})",
            ]
        )


_SIDE = Argument(LARGEST_SIDE, int, 1, LARGEST_SIDE)
OTHERS: dict[str, dict[str, Signature]] = {
    "batch norm": {"norm": {}, "no-norm": {}},
    "dropout": {"dropout": {"share": Argument(catalog.REQUIRED, float, 0, 0.99)}},
    "dilation": {"dilation": {"distance": _SIDE._replace(default=catalog.REQUIRED)}},
}
KINDS: dict[str, dict[str, Signature]] = {
    "padding": catalog.PADDINGS,
    "activation": {name: {} for name in catalog.ACTIVATIONS},
    "pooling": catalog.POOLINGS,
    **OTHERS,
}
WORDS: dict[str, Signature] = {name: signature for names in KINDS.values() for name, signature in names.items()}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}


def read_block(text: str, default: Block) -> Block:
    """The block that ``text`` describes: ``FILTERS@KERNEL[/STRIDE][:WORD]…``, the words in any order, each kind at most once.

    Words: a padding, an activation or a pooling by its name in ``catalog``, with arguments where it takes some (``constant(0.5)``,
    ``max(3,2)``), ``norm``, ``no-norm``, ``dropout(0.2)``, ``dilation(2)``. What is not said is ``default``'s, except that a block with a
    stride has no pooling.

    Raises:
        SpecError: another form, an unknown word, two of one kind, a number out of range, or a stride with a dilation.
    """
    size, *words = text.split(":")
    found = SIZE.fullmatch(size)
    if not found:
        raise SpecError(f"--conv must be {GRAMMAR}, as in 32@3 or 64@3/2:reflect:relu. Received: {text!r}.")
    filters, kernel_size, stride = (int(number or 1) for number in found.groups())
    _check_range(filters, kernel_size, stride, text)
    unpooled: dict[str, Any] = _fields(Call("none", {})) if stride > 1 else {}
    block = default._replace(filters=filters, kernel_size=kernel_size, stride=stride, **unpooled)
    return require_possible(block._replace(**_said(words, text)), f"--conv {text}")


def read_fields(text: str, kind: str, flag: str) -> dict[str, Any]:
    """The fields of a block that one word sets, which must be of ``kind``: what ``--padding`` and ``--pooling`` say of every block.

    Raises:
        SpecError: no such word, or not with these arguments.
    """
    return _fields(read_call(text, KINDS[kind], flag))


def read_blocks(conv: Iterable[str], filters: Sequence[int], default: Block, growth: int = 1) -> tuple[Block, ...]:
    """The blocks of a stack: one for each text, or without texts one like ``default`` for each number of filters, each with ``growth``
    times the dilation of the one before.

    Raises:
        SpecError: as ``read_block``, or a dilation that grows too large.
    """
    if blocks := tuple(read_block(text, default) for text in conv):
        return blocks
    if growth > 1 and (last := growth ** max(0, len(filters) - 1)) > LARGEST_SIDE:
        raise SpecError(
            f"--dilation-growth must keep every dilation at {LARGEST_SIDE} or less. Received: {growth} for {len(filters)} "
            f"blocks, the last of which would have {last:,}."
        )
    return tuple(default._replace(filters=number, dilation=growth**i) for i, number in enumerate(filters))


def require_possible(block: Block, said: str) -> Block:
    """``block``, or ``SpecError`` where Keras could not compute it whatever the size; ``said`` begins the message."""
    if block.stride > 1 and block.dilation > 1:
        raise SpecError(
            f"{said} must have a stride or a dilation, not both: Keras has no convolution with both. "
            f"Received: stride {block.stride}, dilation {block.dilation}. Leave one away, or pool instead of the stride."
        )
    return block


def _said(words: Iterable[str], text: str) -> dict[str, Any]:
    """The fields that ``words`` set."""
    fields: dict[str, Any] = {}
    before: dict[str, str] = {}
    for word in words:
        call = read_call(word, WORDS, f"A word of --conv {text}")
        kind = KIND_OF[call.name]
        if kind in before:
            raise SpecError(f"--conv must name one {kind} per block. Received: {text!r}, with {before[kind]} and {word.strip()}.")
        before[kind] = word.strip()
        fields |= _fields(call)
    return fields


def _fields(call: Call) -> dict[str, Any]:
    """The fields of a block that one word sets."""
    match KIND_OF[call.name]:
        case "padding":
            return {"padding": call.name, "border": call.arguments.get("value", 0.0)}
        case "activation":
            return {"activation": call.name}
        case "batch norm":
            return {"batch_norm": call.name == "norm"}
        case "dropout":
            return {"dropout": call.arguments["share"]}
        case "dilation":
            return {"dilation": call.arguments["distance"]}
    window, stride = call.arguments.get("window", 2), call.arguments.get("stride") or 0
    return {
        "pooling": call.name,
        "window": window,
        "pool_stride": 0 if stride == window else stride,
        "pool_padding": call.arguments.get("padding", "valid"),
    }


def _check_range(filters: int, kernel_size: int, stride: int, text: str) -> None:
    if not 1 <= filters <= MOST_FILTERS:
        raise SpecError(f"--conv must have 1 to {MOST_FILTERS:,} filters. Received: {text!r}.")
    for what, side in (("a kernel", kernel_size), ("a stride", stride)):
        if not 1 <= side <= LARGEST_SIDE:
            raise SpecError(f"--conv must have {what} of 1 to {LARGEST_SIDE}. Received: {text!r}.")
