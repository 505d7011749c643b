"""A stack of convolutions from scratch, said at once or block by block."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from tltool import catalog
from tltool.blocks import LARGEST_SIDE, Block, read_blocks, read_fields
from tltool.calls import read_initializer
from tltool.errors import SpecError
from tltool.lookup import entry
from tltool.specs.spec import Sizes, Spec, Texts, option

AT_ONCE = ("filters", "kernel_size", "dilation_growth")  # what --conv says of every block itself


class ConvStack(Spec):
    """Conv2D blocks from scratch: convolution, batch norm, activation, pooling, dropout, once per block."""

    conv: Texts = option(
        (),
        help="One block, repeatable: FILTERS@KERNEL[/STRIDE][:WORD]…; 32@3, then 64@5/2:reflect:elu are 32 "
        "filters of 3×3, then 64 of 5×5 at stride 2 with reflected borders and ELU. Words, in any order: a "
        'padding, an activation, a pooling, norm or no-norm, "dropout(0.2)", "dilation(2)". What a block '
        "does not say is what the others below say of every block, but one with a stride is not pooled unless "
        "it says so. Default: one block for each number of --filters.",
    )
    filters: Sizes | None = option(
        None,
        help="Without --conv: the filters of each block, as in 32,64; where a recipe has none of its own, "
        "16, doubled in every further block while the feature map keeps 3 cells or more a side.",
    )
    kernel_size: int = option(3, help="Without --conv: side of every kernel, in pixels; odd sizes keep the centre.", ge=1, le=LARGEST_SIDE)
    dilation_growth: int = option(
        1,
        help="Without --conv: the dilation of each block is this many times that of the block before; 2 is 1, "
        "2, 4 …, so that a few small kernels reach far.",
        ge=1,
        le=LARGEST_SIDE,
    )
    kernel_initializer: str = option(
        "he_normal",
        help="Keras initializer of every kernel, freshly seeded per layer: "
        f"{', '.join(catalog.INITIALIZERS)}; with its arguments in brackets and quotes: "
        '"truncated_normal(stddev=0.02)".',
    )
    padding: str = option(
        "same",
        help="What lies beyond the border of a feature map: same (zeros), valid (nothing: the map shrinks), "
        'reflect, replicate, "constant(0.5)", or causal (signals only).',
    )
    pooling: str = option(
        "max",
        help='How each block shrinks its feature map: max, average, min, sum, gem or none; "max(3,2)" is a '
        'window of 3 at stride 2, "max(2,padding=same)" keeps windows that reach beyond the border.',
    )
    activation: str = option("relu", help=f"Activation after every convolution: {', '.join(catalog.ACTIVATIONS)}.")
    batch_norm: bool = option(True, help="Normalise each convolution's output over the batch.")
    dropout: float = option(0.0, help="Share of each block's output that is dropped while training.", ge=0, le=0.99)
    first_layer: Literal["edges", "sobel", "gabor", "blur", "sharpen"] | None = option(
        None, none="optional", help="Begin with a bank of fixed filters that never learn; default: none, every filter is learned."
    )
    channels: Literal[1, 3] = option(3, help="3 sees colours; 1 turns each photo to grey inside the model, which still takes RGB.")

    @field_validator("filters", mode="before")
    @classmethod
    def _typed_filters_are_some(cls, value: Any) -> Any:
        """In Python an empty tuple is a stack without blocks; a text without numbers is a slip."""
        if isinstance(value, str) and not value.strip(" ,"):
            raise SpecError(f"--filters must name at least one number, as in 16,32. Received: {value!r}.")
        return value

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        entry(self.activation, catalog.ACTIVATIONS, "--activation")
        read_initializer(self.kernel_initializer, "--kernel-initializer")
        shadowed = [
            name for name in AT_ONCE if name in self.model_fields_set and getattr(self, name) != type(self).model_fields[name].default
        ]
        if self.conv and shadowed:
            raise SpecError(
                f"--conv says this of every block itself, so --{shadowed[0].replace('_', '-')} must be left away. "
                f"Received: both, with {getattr(self, shadowed[0])!r}."
            )
        self._with((1,) if self.filters is None else self.filters)  # raises what is wrong with them
        return self

    @classmethod
    def over(cls, earlier: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        """Blocks that are said one by one leave no place for an earlier stack that was said at once, nor the other way round."""
        gone = AT_ONCE if said.get("conv") else ("conv",) if any(name in said for name in AT_ONCE) else ()
        return {name: value for name, value in earlier.items() if name not in gone} | said

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every block, with nothing left to a default; none for ``ConvStack(filters=())``.

        Raises:
            SpecError: the size decides, and has not yet: see ``tltool.models.resolve_stack``.
        """
        if self.filters is None and not self.conv:
            raise SpecError(
                "ConvStack must have filters or conv before its blocks can be named. Received: neither. Take "
                "models.resolve_stack(stack, shape), which chooses filters by the size."
            )
        return self._with(self.filters or ())

    def _with(self, filters: Sequence[int]) -> tuple[Block, ...]:
        default = Block(
            1,
            self.kernel_size,
            activation=self.activation,
            batch_norm=self.batch_norm,
            dropout=self.dropout,
            **read_fields(self.padding, "padding", "--padding"),
            **read_fields(self.pooling, "pooling", "--pooling"),
        )
        return read_blocks(self.conv, filters, default, self.dilation_growth)
