"""What pooling keeps of a feature map: its maximum, mean, minimum and sum in every window, and where the maxima come from."""

from itertools import takewhile
from typing import Any, NamedTuple

import keras
import numpy as np

from tltool.inspection.examples import Example
from tltool.inspection.feature_maps import choose_nodes
from tltool.inspection.graph import Inside, Node, values_of
from tltool.models.stack.axes import Axis, lay_window
from tltool.models.stack.pooling import EPSILON

KINDS = ("max", "average", "min", "sum")  # that are drawn
GEM = "gem"
POOLS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)
CLOSE = 1e-4  # of the largest value, for what is computed in another order


class Pooled(NamedTuple):
    """One feature map before and after pooling.

    Attributes:
        layer: whose map it is; ``number`` is the filter's, from 0.
        pool: the network's pooling layer, "" where it has none and a window of 2 is shown instead.
        window, stride, same: (height, width) of the window, its step, and whether windows may reach beyond the border.
        before: float32 [h, w].
        after: by kind, float32 [h', w'].
        peaks: (row, column) in ``before`` of each window's maximum, int [h', w', 2].
        own: the kinds that give exactly what the network passes on; ``gem``, the cube root of the mean cube, may be among them.
    """

    layer: str
    number: int
    pool: str
    window: tuple[int, int]
    stride: tuple[int, int]
    same: bool
    before: np.ndarray
    after: dict[str, np.ndarray]
    peaks: np.ndarray
    own: list[str]


def look_at_pooling(inside: Inside, example: Example, number: int | None = None) -> Pooled | None:
    """The map that the first pooling layer gets, or the first activation's in a network without one; None in one without maps.

    Args:
        number: of the map, from 0; one that is not there, or None, is the map that pooling changes
            most: where maximum and minimum of a window differ most on average.
    """
    found = _first_pooling(inside)
    if found:
        before = found.before
        window = _longest([pool.operation.pool_size for pool in found.pools])
        stride = _longest([pool.operation.strides for pool in found.pools])
        # a sum gets its zeros beforehand
        same = found.pools[0].operation.padding == "same" or found.pools[0].entering.shape[1:3] != before.leaving.shape[1:3]
        maps, passed = (value[0] for value in values_of(inside, [before.leaving, found.after.leaving], example.pixels[None]))
    else:
        nodes = [node for node in choose_nodes(inside) if min(node.leaving.shape[1:3]) >= 2]
        if not nodes:
            return None
        before, window, stride, same = nodes[0], (2, 2), (2, 2), False
        maps, passed = values_of(inside, [before.leaving], example.pixels[None])[0][0], None
    if number is None or number >= maps.shape[-1]:
        number = _most_changed(maps, window, stride, same)
    chosen = maps[..., number]
    after_all = {kind: pool_by(chosen, kind, window, stride, same) for kind in KINDS}
    own = (
        []
        if passed is None
        else [kind for kind in (*KINDS, GEM) if _equal(pool_by(chosen, kind, window, stride, same), passed[..., number])]
    )
    return Pooled(
        before.name,
        number,
        found.after.name if found else "",
        window,
        stride,
        same,
        chosen,
        after_all,
        peaks_of(chosen, window, stride, same),
        own,
    )


def pool_by(values: np.ndarray, kind: str, window: tuple[int, int], stride: tuple[int, int], same: bool = False) -> np.ndarray:
    """``values`` [h, w] pooled: [h', w']. Beyond the border nothing is counted, so that a mean is one of fewer places there."""
    if kind == GEM:
        return pool_by(np.maximum(values, EPSILON).astype("float64") ** 3, "average", window, stride, same) ** (1 / 3)
    windows = _windows(values.astype("float64"), window, stride, same)
    pool: Any = {"max": np.nanmax, "average": np.nanmean, "min": np.nanmin, "sum": np.nansum}[kind]
    return pool(windows, axis=(2, 3)).astype("float32")


def peaks_of(values: np.ndarray, window: tuple[int, int], stride: tuple[int, int], same: bool = False) -> np.ndarray:
    """(row, column) in ``values`` [h, w] of the first maximum of each window, int [h', w', 2]."""
    windows = _windows(values.astype("float64"), window, stride, same)
    rows, columns = np.divmod(np.nanargmax(windows.reshape(*windows.shape[:2], -1), axis=2), window[1])
    tops = [np.arange(axis.leaving) * axis.stride - axis.before for axis in _axes(values, window, stride, same)]
    return np.stack([rows + tops[0][:, None], columns + tops[1][None]], axis=-1)


def _most_changed(maps: np.ndarray, window: tuple[int, int], stride: tuple[int, int], same: bool) -> int:
    spans = [
        np.mean(pool_by(one, "max", window, stride, same) - pool_by(one, "min", window, stride, same)) for one in np.moveaxis(maps, -1, 0)
    ]
    return int(np.argmax(spans))


def _windows(values: np.ndarray, window: tuple[int, int], stride: tuple[int, int], same: bool) -> np.ndarray:
    """[h', w', window, window]; NaN lies beyond the border."""
    borders = [(axis.before, axis.after) for axis in _axes(values, window, stride, same)]
    values = np.pad(values, borders, constant_values=np.nan)
    return np.lib.stride_tricks.sliding_window_view(values, window)[:: stride[0], :: stride[1]]


def _axes(values: np.ndarray, window: tuple[int, int], stride: tuple[int, int], same: bool) -> list[Axis]:
    return [lay_window(*sliding, padding="same" if same else "valid") for sliding in zip(values.shape, window, stride, strict=True)]


class PooledMap(NamedTuple):
    """A pooling of the network: the node whose map it pools, its pooling layers, and the node at which the pooled map is complete."""

    before: Node
    pools: list[Node]
    after: Node


def _first_pooling(inside: Inside) -> PooledMap | None:
    """The first one. All but maximum and mean are made of these and of bare operations, with an Identity behind to give them a name."""
    for at, pool in enumerate(inside.nodes):
        before = next((node for node in reversed(inside.nodes[:at]) if node.is_layer and node.is_map), None)
        if not isinstance(pool.operation, POOLS) or before is None:
            continue
        following = list(takewhile(lambda node: not node.is_layer or isinstance(node.operation, POOLS), inside.nodes[at:]))
        named = inside.nodes[at + len(following)] if at + len(following) < len(inside.nodes) else None
        if named and isinstance(named.operation, keras.layers.Identity):
            return PooledMap(before, [node for node in following if isinstance(node.operation, POOLS)], named)
        after = pool
        for node in following[1:]:  # a sign that is changed back, or a mean that becomes a sum
            if node.entering is not after.leaving or node.leaving.shape != pool.leaving.shape:
                break
            after = node
        return PooledMap(before, [pool], after)
    return None


def _longest(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """Along each axis; a pooling may go along the rows first and along the columns after that."""
    return max(size[0] for size in sizes), max(size[1] for size in sizes)


def _equal(ours: np.ndarray, own: np.ndarray) -> bool:
    return ours.shape == own.shape and bool(np.abs(ours - own).max() <= CLOSE * max(float(np.abs(own).max()), 1e-6))
