"""What a SavedModel may do: compute. Its graph is read before TensorFlow loads it, and refused if it holds what is not in
``hub_operations``.

The whole library of functions is looked at, since TensorFlow works out shapes while it loads, and runs small constant parts for that.
All of it may only compute, but for the functions that save and restore the module, which every SavedModel has and TensorFlow 2 never
runs: they may read and write its variables, unless anything in the module could call them. Not covered: time and memory (refused is only
a tensor that is huge whatever the photos are), and faults inside TensorFlow's kernels.
"""

from collections.abc import Collection, Iterator
from math import prod
from typing import Any

from tltool.errors import WeightsError
from tltool.models.hub.operations import CONSTANTS, LARGEST, OBJECTS, OPERATIONS, REFUSED, SAVING

MOST = 5  # faults that a message names


def refuse_harmful(graph: bytes, source: str) -> None:
    """Raise unless the SavedModel graph ``graph`` (the bytes of ``saved_model.pb``) only computes.

    Raises:
        WeightsError: not a TensorFlow 2 SavedModel, or anything in it that a network for photos does not need.
    """
    if faults := sorted(set(_faults(parse_graph(graph, source)))):
        more = f" and {len(faults) - MOST} more" if len(faults) > MOST else ""
        raise WeightsError(
            "A hub module must only compute, with the operations of networks for photos. "
            f"Received: {source} with {', '.join(faults[:MOST])}{more}. Use another module."
        )


def parse_graph(graph: bytes, source: str) -> Any:
    """The one ``MetaGraphDef`` of a TensorFlow 2 SavedModel.

    Raises:
        WeightsError: damaged, or in TensorFlow 1's format, which cannot be trained and is loaded by another, unguarded path.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    try:
        metas = SavedModel.FromString(graph).meta_graphs
    except DecodeError as error:
        raise WeightsError(f"A SavedModel must be whole. Received: {source}, whose graph is damaged. Get it again.") from error
    if len(metas) != 1 or not metas[0].HasField("object_graph_def"):
        raise WeightsError(
            "A hub module must be in TensorFlow 2's SavedModel format. "
            f"Received: {source}, in TensorFlow 1's. Choose a newer version of it."
        )
    return metas[0]


def refuse_huge(graph: Any, source: str) -> None:
    """Raise if a tensor of ``graph``, a loaded function's with those it calls, is huge whatever the photos are.

    Raises:
        WeightsError: one of more than ``LARGEST`` numbers for one photo.
    """
    shaped = graph.as_graph_def(add_shapes=True)
    for node in (*shaped.node, *(node for function in shaped.library.function for node in function.node_def)):
        size = max(map(_size, node.attr["_output_shapes"].list.shape), default=0)
        if size > LARGEST:
            raise WeightsError(
                f"A hub module must make no more than {LARGEST:,} numbers of one photo at once. "
                f"Received: {source} with {size:,} by the operation {node.op}. Use another module."
            )


def _size(shape: Any) -> int:
    """How many numbers a tensor of this shape holds at least: a side that is not known counts as one."""
    return 0 if shape.unknown_rank else prod(max(1, side.size) if side.size else 0 for side in shape.dim)


def _faults(meta: Any) -> Iterator[str]:
    library = meta.graph_def.library
    functions = {function.signature.name: function for function in library.function}
    saving = _saving(meta, functions) - _callable(meta, functions)
    for name, function in functions.items():
        allowed = functions.keys() | OPERATIONS | (SAVING if name in saving else frozenset())
        for node in function.node_def:
            yield from _node_faults(node, allowed)
    yield from (f"a function by the name of the operation {name}" for name in functions if _is_operation(name))
    yield from (fault for node in meta.graph_def.node if node.op == "Const" for fault in _constant_faults(node.attr["value"].tensor))
    kinds = {node.WhichOneof("kind") for node in meta.object_graph_def.nodes}
    yield from (f"an object of the kind {kind}" for kind in kinds - OBJECTS)


def _is_operation(name: str) -> bool:
    from tensorflow.python.framework import op_def_registry

    return op_def_registry.get(name) is not None


def _node_faults(node: Any, allowed: Collection[str]) -> Iterator[str]:
    if node.op not in allowed:
        yield f"the operation {node.op}" + (f", which {REFUSED[node.op]}" if node.op in REFUSED else "")
    elif node.op == "Const":
        yield from _constant_faults(node.attr["value"].tensor)


def _constant_faults(tensor: Any) -> Iterator[str]:
    """A constant may be a handle to what belongs to others, and may claim to be larger than it is."""
    from tensorflow.dtypes import as_dtype

    if (kind := as_dtype(tensor.dtype).name) not in CONSTANTS:
        yield f"a constant of the type {kind}"
    if _size(tensor.tensor_shape) > LARGEST:
        yield "a constant that claims to be huge"


def _callable(meta: Any, functions: dict[str, Any]) -> set[str]:
    """The functions that loading or calling may run: those that objects name in whatever way, gradients, and what these call."""
    objects, library = meta.object_graph_def, meta.graph_def.library
    named = [
        name
        for node in objects.nodes
        for name in (
            *node.function.concrete_functions,
            node.bare_concrete_function.concrete_function_name,
            node.captured_tensor.concrete_function,
        )
    ]
    gradients = [gradient.gradient_func for gradient in (*library.gradient, *library.registered_gradients)]
    return _reached([*objects.concrete_functions, *named, *gradients], functions)


def _saving(meta: Any, functions: dict[str, Any]) -> set[str]:
    """The functions by which a SavedModel would save and restore itself where it is loaded into TensorFlow 1."""
    saver = meta.saver_def
    own = {saver.save_tensor_name.partition(":")[0], saver.restore_op_name}
    return _reached([name for node in meta.graph_def.node if node.name in own for name in _called(node)], functions)


def _reached(pending: list[str], functions: dict[str, Any]) -> set[str]:
    """The functions among ``pending``, and those they call."""
    reached: set[str] = set()
    while pending:
        name = pending.pop()
        if name in functions and name not in reached:
            reached.add(name)
            pending += [called for node in functions[name].node_def for called in _called(node)]
    return reached


def _called(node: Any) -> list[str]:
    """Names of the functions a node may call: itself, or what its attributes hand to it (the branches of an If)."""
    return [node.op, *(name for a in node.attr.values() for name in (a.func.name, *(f.name for f in a.list.func)) if name)]
