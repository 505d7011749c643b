"""A Keras model taken apart: every layer as a record of ``tltool.models.summary.arithmetic``, models within models included.

Numbers of parameters come from the formulas and not from Keras, so that Keras's own count can be held against their sum.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from tltool.models.stack.axes import Shape
from tltool.models.summary.arithmetic import NOTHING, Layer, ReceptiveField, looking, together
from tltool.models.summary.layer_readers import reader_of


def take_apart(model: Any) -> list[Layer]:
    """Every layer of a functional or sequential ``keras.Model`` in the order of computation. A layer that is used twice is there twice, and
    has its parameters the first time only."""
    return list(_walk(model, _views_of_input(model), set()))


def views_of(model: Any) -> dict[int, ReceptiveField]:
    """What each tensor in the graph of a functional or sequential ``model`` sees of its input, by the ``id`` of the tensor."""
    views = _views_of_input(model)
    for _ in _walk(model, views, set()):
        pass
    return views


def _views_of_input(model: Any) -> dict[int, ReceptiveField]:
    (source,) = model.inputs
    return {id(source): looking(source.shape[1:])}


def _walk(model: Any, views: dict[int, ReceptiveField], met: set[int]) -> Iterator[Layer]:
    """The layers of ``model``, with ``views`` of its tensors; those of its inputs are there at the beginning."""
    for node in nodes_of(model):
        operation, entering = node.operation, node.input_tensors
        view = together(views[id(tensor)] for tensor in entering)
        if hasattr(operation, "layers"):
            inside = {id(tensor): views[id(outer)] for tensor, outer in zip(graph_of(operation).inputs, entering)}
            yield from _walk(operation, inside, met)
            leaving = [inside[id(tensor)] for tensor in graph_of(operation).outputs]
        else:
            layer = _read(operation, entering, node.outputs[0], view, fresh=id(operation) not in met)
            met.add(id(operation))
            yield layer
            leaving = [layer.view] * len(node.outputs)
        views |= {id(tensor): seen for tensor, seen in zip(node.outputs, leaving)}


def graph_of(model: Any) -> Any:
    """The functional model by which a functional or sequential ``model`` computes."""
    return getattr(model, "_functional", None) or model  # a Sequential keeps its graph to itself


def nodes_of(model: Any) -> list[Any]:
    """The calls of layers and operations, each after what it needs."""
    by_depth = graph_of(model)._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if node.operation and not node.is_input]


def _read(operation: Any, entering: Sequence[Any], leaving: Any, view: ReceptiveField, fresh: bool) -> Layer:
    # where maps of one place meet larger ones, as in squeeze-and-excitation, the larger one is what is worked on
    shape = max((_shape(tensor) for tensor in entering), key=prod)
    layer = reader_of(operation)(operation, shape, _shape(leaving), view)
    return layer if fresh else _again(layer)


def _again(layer: Layer) -> Layer:
    return replace(layer, does=f"{layer.does} (again)", parameters=NOTHING, learned=0)


def _shape(tensor: Any) -> Shape:
    return tuple(side or 1 for side in tensor.shape[1:])
