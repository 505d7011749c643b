"""Layers as tables for people: their sizes and parameters, what they cost and see, and the dense network beside them."""

from collections.abc import Iterator, Sequence
from math import prod

from tltool.models.stack.axes import sized
from tltool.models.summary.arithmetic import Layer
from tltool.models.summary.stages import stages_of
from tltool.progress import Table, table

MOST_DENSE = 20  # lines of the dense network; a longer one is told by its first line and its sum


def size_table(title: str, layers: Sequence[Layer]) -> Table:
    """One line per layer: what leaves, and how its size and its parameters come about."""
    rows = [(layer.name, layer.does, sized(layer.leaving), layer.size_formula, _parameters(layer)) for layer in layers]
    return table(title, ("layer", "what", "leaves", "size ⌊(n+2p−f)/s⌋+1", "parameters"), rows)


def cost_table(layers: Sequence[Layer]) -> Table:
    """One line per layer in which numbers meet: multiply-adds, receptive field, connections beside a dense layer's, memory."""
    rows = [
        (
            layer.name,
            _blank(layer.multiply_adds.number),
            seen(layer),
            f"{layer.connections.number:,}",
            f"{layer.dense_connections:,}",
            percent(layer.connections.number / layer.dense_connections),
            size_of(layer.memory),
        )
        for layer in layers
        if layer.connections.number
    ]
    columns = ("layer", "multiply-adds", "sees", "inputs per output", "if dense", "share", "memory")
    return table("What it costs and what it sees", columns, rows)


def stage_table(title: str, layers: Sequence[Layer]) -> Table:
    """One line per size of feature map."""
    rows = [
        (
            stage.where,
            f"{len(stage.layers)}",
            stage.kinds,
            f"{stage.last.leaving[-1]:,}",
            f"{_sum(stage.layers, 'parameters'):,}",
            shortened(_sum(stage.layers, "multiply_adds")),
            seen(stage.last),
            size_of(sum(layer.memory for layer in stage.layers)),
        )
        for stage in stages_of(layers)
    ]
    return table(title, ("maps", "layers", "mainly", "channels", "parameters", "mult-adds", "sees", "memory"), rows)


def formula_table(layers: Sequence[Layer]) -> Table:
    """Multiply-adds, receptive field and the padding that keeps the size, with the numbers put in."""
    rows = [
        (layer.name, str(layer.multiply_adds), layer.seen_formula, _keeping(layer))
        for layer in layers
        if layer.axes or layer.multiply_adds.number
    ]
    return table("With the numbers put in", ("layer", "multiply-adds", "sees r+(f−1)·j", "p that keeps n"), rows)


def dense_table(layers: Sequence[Layer]) -> Table:
    """Beside each convolution the dense layer that computes as many outputs from the same inputs."""
    rows = [
        _dense_row(
            layer.name,
            f"{prod(layer.entering):,} → {prod(layer.leaving):,}",
            str(layer.dense_parameters),
            layer.dense_parameters.number,
            layer.parameters.number,
        )
        for layer in convolutions(layers)
    ]
    sums = [sum(numbers) for numbers in zip(*((layer.dense_parameters.number, layer.parameters.number) for layer in convolutions(layers)))]
    shown = rows if len(rows) <= MOST_DENSE else [*rows[:1], (f"… {len(rows) - 1} more", "", "", "", "")]
    total = [_dense_row("together", "", f"{sums[0]:,}", *sums)] if len(rows) > 1 else []
    return table(
        "The dense network that would do the same",
        ("layer", "inputs → units", "dense: (inputs+1)·units", "here", "times"),
        [*shown, *total],
    )


def convolutions(layers: Sequence[Layer]) -> list[Layer]:
    """Those that a dense layer could take the place of."""
    return [layer for layer in layers if layer.kind.endswith("convolution") and layer.learned]


def seen(layer: Layer) -> str:
    """How much of the photo one output sees; ``all`` where there are no places any more."""
    return "all" if len(layer.leaving) == 1 else sized(layer.view.field)


def size_of(number: int) -> str:
    """A number of bytes as people read it."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{number / factor:.{0 if number >= 10 * factor else 1}f} {unit}"
    return f"{number} B"


def shortened(number: int) -> str:
    """Millions as such, less in full."""
    return f"{number / 1e6:,.{1 if number >= 1e7 else 2}f} M" if number >= 1e6 else f"{number:,}"


def percent(share: float) -> str:
    """Two digits that count."""
    return "100 %" if share >= 0.9995 else f"{100 * share:.2g} %"


def last_map(layers: Sequence[Layer]) -> Layer | None:
    """The last layer that leaves places, not a vector."""
    return next((layer for layer in reversed(layers) if len(layer.leaving) > 1), None)


def unknown(layers: Sequence[Layer]) -> Iterator[str]:
    """The names of layers whose insides are not known."""
    return (layer.name for layer in layers if layer.kind == "other")


def _parameters(layer: Layer) -> str:
    told = str(layer.parameters)
    if layer.learned == layer.parameters.number:
        return told
    return f"{told}, {layer.learned} learn" if layer.learned else f"{told}, fixed"


def _keeping(layer: Layer) -> str:
    return max(layer.axes, key=lambda axis: axis.reach).keeping_formula if layer.axes and layer.learned else ""


def _dense_row(name: str, shape: str, formula: str, dense: int, here: int) -> tuple[str, ...]:
    return name, shape, formula, f"{here:,}", f"{dense / here:,.0f}×"


def _sum(layers: Sequence[Layer], count: str) -> int:
    return sum(getattr(layer, count).number for layer in layers)


def _blank(number: int) -> str:
    return f"{number:,}" if number else ""
