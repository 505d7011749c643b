"""``Description``: the arithmetic of a stack, a backbone or a run as tables for people and as records for machines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from tltool.models.stack.axes import sized
from tltool.models.summary.arithmetic import FLOAT, Layer
from tltool.models.summary.layer_tables import (
    convolutions,
    cost_table,
    dense_table,
    formula_table,
    last_map,
    size_of,
    size_table,
    stage_table,
    unknown,
)
from tltool.progress import Table


@dataclass(frozen=True)
class Description:
    """Every layer in order, and how it is to be told.

    Attributes:
        title: what was taken apart.
        layers: in the order of computation, the photo's side first.
        keras: parameters as Keras counts them, where a model was built.
        staged: people get one line per size of feature map instead of one per layer.
        formulas: people also get multiply-adds, receptive fields and the padding that keeps the size, with the numbers put in.
        ann: people also get the dense network that would do the same.
        drawing: where it is drawn.
    """

    title: str
    layers: tuple[Layer, ...]
    keras: int | None = None
    staged: bool = False
    formulas: bool = False
    ann: bool = False
    drawing: Path | None = None

    def told(self, every_layer: bool = False, formulas: bool = False, ann: bool = False) -> Self:
        """The same, told at greater length."""
        return replace(self, staged=self.staged and not every_layer, formulas=formulas, ann=ann)

    @property
    def entering(self) -> str:
        """What goes in: a photo or a signal."""
        return "photo" if len(self.layers[0].entering) == 3 else "signal"

    @property
    def parameters(self) -> int:
        return sum(layer.parameters.number for layer in self.layers)

    @property
    def learned(self) -> int:
        """Parameters that gradients change, where nothing is frozen."""
        return sum(layer.learned for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Products that are added up, for one photo, in convolutions and dense layers."""
        return sum(layer.multiply_adds.number for layer in self.layers)

    @property
    def memory(self) -> int:
        """Bytes of the outputs of all layers for one photo, as training keeps them."""
        return sum(layer.memory for layer in self.layers)

    def said(self) -> Iterable[Table | str]:
        if self.staged:
            yield stage_table(self.title, self.layers)
        else:
            yield size_table(self.title, self.layers)
            if any(layer.connections.number for layer in self.layers):
                yield cost_table(self.layers)
                yield from self._legend()
        yield from self._totals()
        if self.formulas:
            yield formula_table(self.layers)
            yield from self._symbols()
        if self.ann and convolutions(self.layers):
            yield dense_table(self.layers)
            yield from self._reasons()
        yield from self._closing()

    def records(self) -> Iterable[dict[str, Any]]:
        yield from map(_record, self.layers)
        yield {
            "total": self.title,
            "layers": len(self.layers),
            "parameters": self.parameters,
            "learned": self.learned,
            "keras_parameters": self.keras,
            "multiply_adds": self.multiply_adds,
            "activation_bytes": self.memory,
            "weight_bytes": FLOAT * self.parameters,
        }

    def _closing(self) -> Iterator[str]:
        if self.drawing:
            yield f"Drawn: {self.drawing}"
        more = {
            "--layers (every layer, with its formulas)": self.staged,
            "--formulas (costs with the numbers put in)": not self.formulas,
            "--ann (the dense network)": not self.ann,
            "--plot FILE.png (drawn to scale)": not self.drawing,
        }
        if wanted := [flag for flag, is_new in more.items() if is_new]:
            yield f"More: {', '.join(wanted)}."

    def _legend(self) -> Iterator[str]:
        """What stands in the columns."""
        yield "Size: n places enter along a side, the window has f, p are added at each end, the stride is s. 2@3×3×8: 2 kernels of 3×3×8."
        if any(axis.dilation > 1 for layer in self.layers for axis in layer.axes):
            yield "Dilation d spreads a window of f over d·(f−1)+1 places, which then stands for f."
        yield f"Sees: how much of the {self.entering} one output depends on. Share: of the inputs that a dense layer's outputs would have."

    def _totals(self) -> Iterator[str]:
        differs = "" if self.keras == self.parameters else ", which differs"
        beside = "" if self.keras is None else f" (Keras counts {self.keras:,}{differs})"
        yield f"Parameters: {self.parameters:,}{beside}, of which {self.learned:,} learn."
        yield f"Multiply-adds for one {self.entering}: {self.multiply_adds:,}."
        yield (
            f"Memory (float32): weights {size_of(FLOAT * self.parameters)}; outputs of {_all(len(self.layers))}, as training "
            f"keeps them, {size_of(self.memory)} for one {self.entering}."
        )
        yield from self._sight()
        if names := list(unknown(self.layers)):
            yield f"Not taken apart, parameters as Keras counts them, multiply-adds not counted: {', '.join(names)}."

    def _sight(self) -> Iterator[str]:
        last, photo = last_map(self.layers), self.layers[0].entering
        if last is None or max(last.view.field) == 1:
            return
        beyond = any(seen > side for seen, side in zip(last.view.field, photo))
        yield (
            f"One place of the last map ({last.name}) sees {sized(last.view.field)} of the {sized(photo[:-1])} that enter"
            + (", so it reaches over the border." if beyond else ".")
        )
        yield f"Its neighbour sees the same {last.view.step[0]} further on."
        if last.view.whole:
            yield "A global pooling on the way (squeeze-and-excitation) also tells every place a summary of the whole photo."

    def _symbols(self) -> Iterator[str]:
        yield "A multiply-add is one product added to a sum: one for each input of each output, bias not counted."
        yield "r: what the layer before sees. j: all strides before, multiplied: how far its neighbours are apart in the photo."
        yield "The padding that keeps the size, where as many places leave as enter: p = ½[n(s−1)+f−s]."
        if any(axis.keeping.denominator == 2 and axis.stride == 1 for layer in self.layers for axis in layer.axes):
            yield "½: no equal padding keeps the size, as with every even window at stride 1; one end has to get one more."

    def _reasons(self) -> Iterator[str]:
        first = convolutions(self.layers)[0]
        yield "A dense layer has a weight of its own for each pair of input and unit. A convolution saves twice:"
        yield (
            f"  sparsity: an output is joined to the {first.connections.number:,} inputs under its window, not to all "
            f"{first.dense_connections:,} ({first.name});"
        )
        yield f"  sharing: the same weights serve all {sized(first.leaving[:-1])} places."


def _all(layers: int) -> str:
    return f"all {layers} layers" if layers > 1 else "its only layer"


def _record(layer: Layer) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "does": layer.does,
        "entering": layer.entering,
        "leaving": layer.leaving,
        "axes": [
            {**axis._asdict(), "leaving": axis.leaving, "formula": axis.formula, "keeping_padding": float(axis.keeping)}
            for axis in layer.axes
        ],
        "groups": layer.groups,
        "parameters": layer.parameters.number,
        "parameters_formula": layer.parameters.formula,
        "learned": layer.learned,
        "multiply_adds": layer.multiply_adds.number,
        "multiply_adds_formula": layer.multiply_adds.formula,
        "receptive_field": layer.view.field,
        "receptive_step": layer.view.step,
        "sees_everything": layer.view.whole,
        "connections": layer.connections.number,
        "dense_connections": layer.dense_connections,
        "dense_parameters": layer.dense_parameters.number,
        "activation_bytes": layer.memory,
    }
