"""A deep network in a few lines: its layers by the size of the feature map they leave."""

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from tltool.models.stack.axes import sized
from tltool.models.summary.arithmetic import Layer

MOST_KINDS = 2
SHORT = {"convolution": "conv", "depthwise convolution": "depthwise", "separable convolution": "separable"}


class Stage(NamedTuple):
    """The layers that leave feature maps of one size; ``where`` is that size, or ``head`` for what comes after the maps."""

    where: str
    layers: tuple[Layer, ...]

    @property
    def last(self) -> Layer:
        """The last of them, paths aside that lead through a single place."""
        maps = [layer for layer in self.layers if not _is_small(layer) and layer.kind != "padding"]
        return (maps or list(self.layers))[-1]

    @property
    def kinds(self) -> str:
        """Those that compute, by number."""
        counts = Counter(layer.kind for layer in self.layers if layer.multiply_adds.number or layer.axes)
        named = [f"{number} {SHORT.get(kind, kind)}" for kind, number in counts.most_common(MOST_KINDS)]
        return ", ".join(named)


def stages_of(layers: Sequence[Layer]) -> list[Stage]:
    """``layers`` by size of map, in the order in which sizes come first. A squeeze to one place and back, as in squeeze-and-excitation,
    counts to the map it belongs to; a border counts to the map it is put around."""
    places = [i for i, layer in enumerate(layers) if not _is_small(layer)]
    last_map = places[-1] if places else -1
    found: dict[str, list[Layer]] = {}
    where = "head"
    for number, layer in enumerate(layers):
        if number > last_map or not (_is_small(layer) or (layer.kind == "padding" and found)):
            where = sized(layer.leaving[:-1]) or "head"
        found.setdefault(where, []).append(layer)
    return [Stage(where, tuple(inside)) for where, inside in found.items()]


def _is_small(layer: Layer) -> bool:
    return prod(layer.leaving[:-1]) == 1
