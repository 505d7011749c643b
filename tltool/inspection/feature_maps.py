"""Feature maps of a photo at several depths of a network: which layers to look at, and which of their maps say most."""

from typing import Any, NamedTuple

import keras
import numpy as np

from tltool.inspection.examples import Example
from tltool.inspection.graph import Inside, Node, values_of

MOST_LAYERS, MOST_MAPS = 6, 8
ACTIVATIONS = (keras.layers.Activation, keras.layers.ReLU, keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.ELU)


class Depth(NamedTuple):
    """One layer's feature maps of a photo, the strongest first: ``maps`` float32 [k, h, w] are those numbered ``numbers`` of ``among``.

    ``share`` is how far along the network the layer lies, from 0 to 1.
    """

    layer: str
    share: float
    among: int
    numbers: list[int]
    maps: np.ndarray


def map_depths(inside: Inside, example: Example, layers: int = MOST_LAYERS, maps: int = MOST_MAPS) -> list[Depth]:
    """The strongest ``maps`` feature maps of up to ``layers`` layers along the network; the strength of a map is how much it varies over
    the photo (its standard deviation), because one that is the same everywhere shows nothing. Empty for a network without maps."""
    chosen = choose_nodes(inside, layers)
    if not chosen:
        return []
    found = values_of(inside, [node.leaving for node in chosen], example.pixels[None])
    return [
        _depth(node, value[0], inside.nodes.index(node) / (len(inside.nodes) - 1), maps) for node, value in zip(chosen, found, strict=True)
    ]


def choose_nodes(inside: Inside, most: int = MOST_LAYERS) -> list[Node]:
    """The first layer, the last one at every size of the maps, and evenly more between them, ``most`` in all, in order.

    Layers are those after whose activation a map is read; where there is none, the convolutions.
    """
    along = [node for node in inside.nodes if node.is_map and _activates(node)]
    along = along or [node for node in inside.convolutions if node.is_map]
    if len(along) <= most:
        return along
    last = {node.leaving.shape[1]: number for number, node in enumerate(along)}
    chosen = sorted({0, *last.values()} if len(last) < most else last.values())
    if len(chosen) > most:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, most).round().astype(int)]
    while len(chosen) < most:  # into the widest gap
        at = int(np.diff(chosen).argmax())
        chosen.insert(at + 1, (chosen[at] + chosen[at + 1]) // 2)
    return [along[number] for number in chosen]


def _activates(node: Node) -> bool:
    activation: Any = getattr(node.operation, "activation", None)
    fused = isinstance(node.operation, keras.layers.Conv2D) and activation is not keras.activations.linear
    return isinstance(node.operation, ACTIVATIONS) or fused


def _depth(node: Node, value: np.ndarray, share: float, most: int) -> Depth:
    strength = value.std(axis=(0, 1))
    numbers = np.argsort(-strength, kind="stable")[:most].tolist()
    return Depth(node.name, share, value.shape[-1], numbers, np.moveaxis(value[..., numbers], -1, 0))
