"""What a SavedModel may do: compute. Its graph is read before TensorFlow loads it, and refused if it could touch anything else.

Only operations that loading or calling can reach count, so that every SavedModel's own save and restore functions may stay.
Kept out: operations that read or write files, run Python, print, queue, open datasets or summaries, talk to other devices or
processes, and those this TensorFlow does not know. Not covered: endless loops, memory, and faults inside TensorFlow's kernels.
"""

import re
from collections.abc import Iterable
from typing import Any

from tltool.errors import WeightsError

# An operation with a side effect is "stateful" in TensorFlow's registry: these are the harmless ones.
HARMLESS = re.compile(
    r"VarHandleOp|\w+VariableOp|VarIsInitializedOp|VariableShape|Resource(Gather|Scatter|StridedSlice)\w*|DisableCopyOnRead|"
    r"GuaranteeConst|StatefulPartitionedCall|If|While|Case|Assert|CheckNumerics(V2)?|Empty|DeviceIndex|TensorArray\w*|\w*Random\w*|"
    r"\w*TruncatedNormal|Multinomial|Stateful(StandardNormal|Uniform)\w*|RngReadAndSkip|RngSkip|SampleDistortedBoundingBox(V2)?")
# These reach files or Python although the registry does not call them all stateful.
HARMFUL = re.compile(
    r"\w*(File|PyFunc|Dataset|Snapshot|Vocab|Remap|Debug|Restore|Save|Checkpoint|Summary|RemoteCall|TPU|Host|CustomCall)\w*")


def refuse_harmful(graph: bytes, source: str) -> None:
    """Raise unless the SavedModel graph ``graph`` (the bytes of ``saved_model.pb``) only computes.

    Raises:
        WeightsError: not a TensorFlow 2 SavedModel, or an operation that could touch more than the model's own variables.
    """
    harmful = sorted(op for op in _reachable_operations(parse_graph(graph, source)) if is_harmful(op))
    if harmful:
        raise WeightsError("A hub module must only compute: no files, Python or network. "
                           f"Received: {source} with the operations {', '.join(harmful)}. Do not use it.")


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
        raise WeightsError("A hub module must be in TensorFlow 2's SavedModel format. "
                           f"Received: {source}, in TensorFlow 1's. Choose a newer version of it.")
    return metas[0]


def is_harmful(operation: str) -> bool:
    """Whether an operation could do more than compute; one that TensorFlow does not know counts as harmful."""
    from tensorflow.python.framework import op_def_registry

    known = op_def_registry.get(operation)
    return known is None or bool(HARMFUL.fullmatch(operation)) or (known.is_stateful and not HARMLESS.fullmatch(operation))


def _reachable_operations(meta: Any) -> set[str]:
    """Operations of all functions that loading or calling may run: those the objects name, gradients, and what these call."""
    library = meta.graph_def.library
    functions = {function.signature.name: function for function in library.function}
    pending = [*meta.object_graph_def.concrete_functions, *(g.gradient_func for g in library.gradient),
               *(g.gradient_func for g in library.registered_gradients)]
    operations: set[str] = set()
    visited: set[str] = set()
    while pending:
        name = pending.pop()
        if name in visited or name not in functions:
            continue
        visited.add(name)
        for node in functions[name].node_def:
            pending += [node.op, *_called(node.attr.values())]
            operations |= {node.op} - functions.keys()
    return operations


def _called(attributes: Iterable[Any]) -> list[str]:
    """Names of the functions a node's attributes hand to it (the branches of an If, the body of a While)."""
    return [name for a in attributes for name in (a.func.name, *(f.name for f in a.list.func)) if name]
