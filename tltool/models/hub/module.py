"""A SavedModel: its files, what TensorFlow makes of them, how that is called, and the variables in it."""

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tltool.errors import SpecError, WeightsError
from tltool.models.hub.guard import parse_graph, refuse_harmful, refuse_huge
from tltool.models.hub.handles import GRAPH, INDEX

Files = tuple[tuple[str, bytes], ...]  # (path inside the SavedModel, content)


def read_module(folder: Path, source: str) -> Files:
    """The files of a SavedModel that matter: graph, variables and fingerprint.

    Raises:
        WeightsError: one is missing, or the module needs further files (vocabularies), which no image module does.
    """
    if any(folder.glob("assets/*")):
        raise WeightsError(f"A hub module for photos must need no files beside its variables. Received: {source}. Choose another module.")
    paths = [folder / GRAPH, *sorted((folder / "variables").glob("variables.*")), folder / "fingerprint.pb"]
    if not paths[0].is_file() or not (folder / INDEX).is_file():
        raise WeightsError(f"A SavedModel must hold {GRAPH} and {INDEX}. Received: {source}. Give another folder.")
    return tuple((path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths if path.is_file())


def write_module(files: Files, folder: Path) -> None:
    """Write the files where they can be loaded from or packed."""
    for name, content in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def load_module(files: Files, source: str) -> Any:
    """What ``tf.saved_model.load`` makes of the checked files; they are not needed on disk afterwards."""
    import tensorflow as tf

    refuse_harmful(dict(files)[GRAPH], source)
    with tempfile.TemporaryDirectory(prefix="tltool-hub-") as folder:
        write_module(files, Path(folder))
        try:
            module = tf.saved_model.load(folder)
        except (tf.errors.OpError, OSError, LookupError, ValueError, TypeError, AssertionError, RuntimeError) as error:
            raise WeightsError(
                f"A hub module must be a complete SavedModel. Received: {source} ({' '.join(str(error).split())[:200]}). Download it again."
            ) from error
    for function in _functions(module):
        refuse_huge(function.graph, source)
    return module


def _functions(module: Any) -> list[Any]:
    """What can be called of a module, with all that it calls."""
    return [*(module.__call__.concrete_functions if callable(module) else ()), *module.signatures.values()]


def _signature(module: Any, inputs: Any, training: bool) -> Any:
    function = module.signatures["serving_default"]
    (name,) = function.structured_input_signature[1]
    return function(**{name: inputs})


STYLES: dict[str, Callable[..., Any]] = {  # (module, inputs, training) → outputs
    "training": lambda module, inputs, training: module(inputs, training=training),  # the Reusable SavedModel interface
    "inference": lambda module, inputs, training: module(inputs, training=False),  # takes the flag, saved for inference only
    "plain": lambda module, inputs, training: module(inputs),
    "signature": _signature,
}


def probe(module: Any, size: int, files: Files, source: str) -> tuple[str, list[int]]:
    """How the module can be called on photos of ``size``, and the shape of one photo's features."""
    import tensorflow as tf

    photos = tf.TensorSpec([None, size, size, 3])
    for style, call in STYLES.items():
        try:
            # Training is traced, not run: a run would move the averages.
            tf.function(partial(call, module, training=True), autograph=False).get_concrete_function(photos)
            outputs = call(module, tf.zeros([1, size, size, 3]), training=False)
        except (TypeError, ValueError, KeyError, AttributeError, tf.errors.OpError):
            continue
        return style, features(outputs, source).shape.as_list()[1:]
    native = input_size(files, source)
    other = f"saved for {native} x {native} pixels. Choose --size {native}." if native else "which does not. Choose another one."
    raise SpecError(f"A hub module must take float32 [n, {size}, {size}, 3]. Received: {source}, {other}")


def features(outputs: Any, source: str) -> Any:
    """The one feature tensor [n, c] or [n, h, w, c] among a module's outputs."""
    if isinstance(outputs, Mapping):
        outputs = outputs.get("default", next(iter(outputs.values())) if len(outputs) == 1 else outputs)
    if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
        outputs = outputs[0]
    if isinstance(outputs, (Mapping, list, tuple)) or len(outputs.shape) not in (2, 4):
        raise SpecError(
            "A hub module must give features [n, c] or [n, h, w, c]. "
            f"Received: {source} with other outputs. Choose its feature-vector variant."
        )
    return outputs


def variables(module: Any) -> list[tuple[Any, bool]]:
    """Every numeric variable of a module once, with whether it learns; learning ones first, the order always the same.

    A module that lists ``trainable_variables`` decides itself; otherwise the variables its functions read do.
    """
    declared = getattr(module, "trainable_variables", None)
    read = [variable for function in _functions(module) for variable in function.graph.variables]
    found = [*(declared or ()), *(getattr(module, "variables", None) or ()), *read]
    unique = {id(v): v for v in found if v.dtype.is_floating or v.dtype.is_integer or v.dtype.is_bool}.values()
    learning = {id(v) for v in (declared if declared is not None else unique) if v.trainable and v.dtype.is_floating}
    return [(v, True) for v in unique if id(v) in learning] + [(v, False) for v in unique if id(v) not in learning]


def input_size(files: Files, source: str) -> int | None:
    """The side of the square photos a module was saved for, read from its graph; ``None`` if it takes any."""
    meta = parse_graph(dict(files)[GRAPH], source)
    inputs = meta.signature_def["serving_default"].inputs.values() if "serving_default" in meta.signature_def else ()
    shapes = [tensor.tensor_shape for tensor in inputs]
    for function in meta.object_graph_def.concrete_functions.values():
        arguments = function.canonicalized_input_signature.tuple_value.values
        shapes += [value.tensor_spec_value.shape for group in arguments for value in group.tuple_value.values]
    sides = [[side.size for side in shape.dim] for shape in shapes]
    return next((s[1] for s in sides if len(s) == 4 and s[1] == s[2] > 0 and s[3] == 3), None)
