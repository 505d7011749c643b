"""What a model computes, as one short text: equal for equal layers with equal weights, whatever they are called and wherever they are."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

# of layers; they have no say in inference
IDLE = {"name", "trainable", "momentum", "renorm_momentum", "frozen_statistics", "build_config", "compile_config", "registered_name"}
IDLE_ENDINGS = ("_initializer", "_regularizer", "_constraint")


def fingerprint(model: keras.Model) -> str:
    """SHA-256 of the architecture of ``model``, of the graphs of hub modules in it, and of its weights, as 64 hexadecimal digits.

    Two models with the same one answer the same photos with the same numbers in inference, on the same device. Names of layers, and what
    matters in training alone (what is frozen, batch norm's momentum, initializers), leave it as it is.
    """
    hashed = hashlib.sha256(json.dumps(_nameless(model.get_config(), {}), sort_keys=True, default=str).encode())
    for graph in _hub_graphs(model):
        hashed.update(graph)
    for weight in model.weights:
        values = np.asarray(keras.ops.convert_to_numpy(weight))
        hashed.update(f"{values.dtype}{values.shape}".encode())
        hashed.update(np.ascontiguousarray(values).tobytes())
    return hashed.hexdigest()


def _hub_graphs(layer: keras.layers.Layer) -> Iterator[bytes]:
    """The graph of every hub module in ``layer``, in order: its config says only what goes in and comes out."""
    if hasattr(layer, "module_graph"):
        yield layer.module_graph
    for inner in layer.layers if isinstance(layer, keras.Model) else ():
        yield from _hub_graphs(inner)


def _nameless(value: Any, places: Mapping[str, int]) -> Any:
    """A configuration without what ``IDLE`` says; where it names a layer of its own model, the place of that layer instead."""
    if isinstance(value, (list, tuple)):
        return [_nameless(item, places) for item in value]
    if not isinstance(value, dict):
        return value
    if "layers" in value:  # a model, which may lie within another
        places = {layer.get("name", ""): place for place, layer in enumerate(value["layers"])}
    return {key: _part(key, part, places) for key, part in value.items() if key not in IDLE and not key.endswith(IDLE_ENDINGS)}


def _part(key: str, value: Any, places: Mapping[str, int]) -> Any:
    if key in ("keras_history", "input_layers", "output_layers"):
        return _numbered(value, places)
    return value if key == "dtype" else _nameless(value, places)  # the name of a dtype matters


def _numbered(value: Any, places: Mapping[str, int]) -> Any:
    """``["conv1", 0, 0]`` with the place of the layer, at any depth."""
    if isinstance(value, (list, tuple)):
        return [_numbered(item, places) for item in value]
    return places.get(value, value) if isinstance(value, str) else value
