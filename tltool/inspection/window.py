"""One number of a feature map, explained: the pixels under the kernel, the kernel, their products, and the sum."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import keras
import numpy as np

from tltool.errors import SpecError, TltoolError
from tltool.inspection.examples import Example
from tltool.inspection.graph import Inside, Node, find_convolution, require_filter, sight_of, values_of
from tltool.models.stack.axes import Axis, lay_window
from tltool.progress import Table, table
from tltool.wording import counted

COLOURS = ("red", "green", "blue")
MOST_CHANNELS = 3  # told number by number
MOST_COLUMNS = 7  # of a kernel that are told number by number
TOLERANCE = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 1e-1}  # by what it computes in, of the sum of the products' sizes


class Window(NamedTuple):
    """The multiply-and-sum of one window. ``pixels``, ``kernel`` and ``products`` are float64 [h, w, c], ``outside`` bool [h, w].

    ``value`` is what the sum with the bias and the layer's own ``activation`` makes; ``own`` is what the network itself says; ``corner``
    is the (row, column) of the first place under the kernel; ``feature_map`` is the whole map of the filter, float32 [h, w].
    """

    layer: str
    filter: int
    place: tuple[int, int]
    channels: list[str]
    pixels: np.ndarray
    kernel: np.ndarray
    outside: np.ndarray
    bias: float
    activation: str
    value: float
    own: float
    corner: tuple[int, int]
    axes: tuple[Axis, Axis]
    feature_map: np.ndarray
    example: Example

    @property
    def products(self) -> np.ndarray:
        return self.pixels * self.kernel

    @property
    def sums(self) -> np.ndarray:
        """Of the products of each channel, [c]."""
        return self.products.sum(axis=(0, 1))

    @property
    def shown(self) -> list[int]:
        """The channels told number by number: all of few, else those that weigh most."""
        count = len(self.channels)
        heaviest = np.argsort(-np.abs(self.sums), kind="stable")[:MOST_CHANNELS]
        return list(range(count)) if count <= MOST_CHANNELS else sorted(heaviest.tolist())

    def said(self) -> Iterable[Table | str]:
        height, width, count = self.kernel.shape
        where = f"Row {self.place[0]}, column {self.place[1]} of {self.layer}, filter {self.filter}"
        yield table(
            f"{where}: {height}×{width} pixels of {counted(count, 'channel')}",
            ("channel", "pixels, scaled", "× kernel", "= products", "sum"),
            self._rows(),
        )
        if self.outside.any():
            yield f"{int(self.outside.sum())} of {self.outside.size} places lie beyond the border, where padding puts 0."
        after = f", through {self.activation}: {self.value:.6f}" if self.activation != "linear" else ""
        yield f"Sum {self.sums.sum():.6f} + bias {self.bias:.6f} = {self.sums.sum() + self.bias:.6f}{after}"
        yield f"The network's own value there: {self.own:.6f} (difference {abs(self.own - self.value):.1e})"

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "layer": self.layer,
            "filter": self.filter,
            "place": list(self.place),
            "photo": str(self.example.path),
            "channels": self.channels,
            "pixels": self.pixels.tolist(),
            "kernel": self.kernel.tolist(),
            "products": self.products.tolist(),
            "sum": float(self.sums.sum()),
            "bias": self.bias,
            "activation": self.activation,
            "value": self.value,
            "network": self.own,
        }

    def _rows(self) -> Iterable[tuple[str, ...]]:
        for channel in self.shown:
            for row in range(self.kernel.shape[0]):
                last = row == self.kernel.shape[0] - 1
                parts = (part[row, :, channel] for part in (self.pixels, self.kernel, self.products))
                yield (self.channels[channel] if row == 0 else "", *map(_numbers, parts), f"{self.sums[channel]:.4f}" if last else "")
        if rest := [channel for channel in range(len(self.channels)) if channel not in self.shown]:
            yield (f"{len(rest)} other channels", "", "", "", f"{self.sums[rest].sum():.4f}")


def require_window(inside: Inside, place: str | None, layer: str | None, number: int | None) -> None:
    """Raises ``SpecError`` unless the convolution called ``layer``, its filter of that ``number`` and, for a ``place`` in its feature map,
    that place are there. Nothing said is no wish."""
    if place is None and layer is None and number is None:
        return
    convolution = find_convolution(inside, layer)
    if number is not None:
        require_filter(convolution, number)
    if place is not None:
        read_place(place, convolution)


def explain_window(inside: Inside, example: Example, place: str, layer: str | None = None, number: int | None = None) -> Window:
    """How one number of a convolution's feature map comes about on the photo of ``example``.

    Args:
        place: "ROW,COL" in the feature map, from 0.
        layer: name of the convolution; None is the first.
        number: of the filter, from 0; None is the one that says most at the place.

    Raises:
        SpecError: no such convolution, place or filter.
        TltoolError: the sum is not the network's own value, so that the explanation would be wrong.
    """
    convolution = find_convolution(inside, layer)
    row, column = read_place(place, convolution)
    if number is not None:
        require_filter(convolution, number)
    entering, leaving = (found[0] for found in values_of(inside, [convolution.entering, convolution.leaving], example.pixels[None]))
    number = int(np.abs(leaving[row, column]).argmax()) if number is None else number
    kernel, channels = _kernel(convolution, number)
    axes = axes_of(convolution)
    rows, columns = np.array(axes[0].places(row)), np.array(axes[1].places(column))
    pixels, outside = _under(entering, rows, columns)
    bias = convolution.operation.bias
    bias = 0.0 if bias is None else float(keras.ops.convert_to_numpy(bias).astype("float32")[number])
    products = pixels[..., channels] * kernel
    window = Window(
        convolution.name,
        number,
        (row, column),
        _names(inside, convolution, channels),
        pixels[..., channels],
        kernel,
        outside,
        bias,
        convolution.operation.activation.__name__,
        _activated(convolution.operation, products.sum() + bias),
        float(leaving[row, column, number]),
        (int(rows[0]), int(columns[0])),
        axes,
        leaving[..., number],
        example,
    )
    _require_equal(window, np.abs(products).sum() + abs(bias), convolution.operation.compute_dtype)
    return window


def read_place(text: str, convolution: Node) -> tuple[int, int]:
    """ "ROW,COL" as a place in the feature map of ``convolution``.

    Raises:
        SpecError: no such place.
    """
    height, width = convolution.leaving.shape[1:3]
    parts = [part.strip() for part in str(text).split(",")]
    place = [int(part) for part in parts if part.isascii() and part.isdecimal()]
    if len(parts) != 2 or len(place) != 2 or place[0] >= height or place[1] >= width:
        raise SpecError(
            f"--explain-window must be ROW,COL in the feature map of {convolution.name}: rows 0 to {height - 1}, columns 0 to "
            f"{width - 1}. Received: {text!r}."
        )
    return place[0], place[1]


def axes_of(convolution: Node) -> tuple[Axis, Axis]:
    """How the kernel of ``convolution`` slides over the rows and the columns of what enters it."""
    layer = convolution.operation
    rows, columns = (
        lay_window(*sliding, layer.padding)
        for sliding in zip(convolution.entering.shape[1:3], layer.kernel_size, layer.strides, layer.dilation_rate, strict=True)
    )
    return rows, columns


def _kernel(convolution: Node, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Of one filter: its kernel, float64 [h, w, c], and the input channels it sees, int [c]."""
    layer, seen = convolution.operation, convolution.entering.shape[-1]
    weights = keras.ops.convert_to_numpy(layer.kernel).astype("float64")
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        channel, turn = divmod(number, layer.depth_multiplier)
        return weights[:, :, channel : channel + 1, turn], np.array([channel])
    group = number // (weights.shape[-1] // layer.groups)
    return weights[..., number], np.arange(seen // layer.groups) + group * (seen // layer.groups)


def _under(entering: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What lies under the kernel, float64 [h, w, all channels], 0 beyond the border; and where that is, bool [h, w]."""
    height, width = entering.shape[:2]
    outside = ((rows < 0) | (rows >= height))[:, None] | ((columns < 0) | (columns >= width))[None]
    pixels = entering[rows.clip(0, height - 1)][:, columns.clip(0, width - 1)].astype("float64")
    return np.where(outside[..., None], 0.0, pixels), outside


def _activated(layer: Any, value: float) -> float:
    if layer.activation is keras.activations.linear:
        return float(value)
    return float(keras.ops.convert_to_numpy(layer.activation(keras.ops.convert_to_tensor([value], "float32")))[0])


def _names(inside: Inside, convolution: Node, channels: np.ndarray) -> list[str]:
    mixing, _ = sight_of(inside, convolution)
    if mixing is None:
        return [f"channel {channel}" for channel in channels]
    return ["grey"] if len(mixing) == 1 else [COLOURS[np.abs(mixing[channel]).argmax()] for channel in channels]


def _require_equal(window: Window, size: float, dtype: str) -> None:
    if not abs(window.value - window.own) <= TOLERANCE.get(dtype, TOLERANCE["float32"]) * max(size, 1e-6):
        raise TltoolError(
            f"The sum of a window must be the network's own value. Received: {window.value:g} and {window.own:g} at "
            f"{window.place} of {window.layer}, filter {window.filter}. This layer cannot be explained."
        )


def _numbers(values: np.ndarray) -> str:
    if len(values) > MOST_COLUMNS:
        return f"{values.min():.2f} … {values.max():.2f}"
    return " ".join(f"{value:6.2f}" for value in values.round(2) + 0.0)  # + 0.0: no −0.00
