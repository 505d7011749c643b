"""A window that slides along one axis: where it lies, and how many places it makes. Plain integers, no Keras.

Along n places, a window that reaches over f = dilation·(window − 1) + 1 of them at stride s makes

    valid            ⌊(n − f) / s⌋ + 1     nothing is added
    same and others  ⌈n / s⌉               ``total`` = max(0, (⌈n / s⌉ − 1)·s + f − n) is added, ⌊total / 2⌋ of it before
    causal           ⌈n / s⌉               f − 1 is added before, nothing after

``same`` adds no more than the windows need, as TensorFlow and Keras do: at stride 2 a kernel of 3 on an even side gets nothing before
and 1 after, so its first window is not centred on the first cell as it would be in PyTorch. Formulas as in Dumoulin and Visin, "A guide
to convolution arithmetic for deep learning" (2016).
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

Shape = tuple[int, ...]  # without the batch: (height, width, channels), (length, channels) or (units,)


class Axis(NamedTuple):
    """A window of ``window`` places, ``dilation`` apart, moving by ``stride`` along ``size`` places with ``before`` and ``after`` added."""

    size: int
    window: int = 1
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Places from the first to the last that the window covers, gaps included."""
        return self.dilation * (self.window - 1) + 1

    @property
    def leaving(self) -> int:
        """⌊(n+2p−f)/s⌋+1; less than 1 where the window does not fit."""
        return (self.size + self.before + self.after - self.reach) // self.stride + 1

    @property
    def formula(self) -> str:
        added = f"2·{self.before}" if self.before == self.after else f"{self.before}+{self.after}"
        window = self.window if self.dilation == 1 else f"{self.dilation}·({self.window}−1)−1"
        return f"⌊({self.size}+{added}−{window})/{self.stride}⌋+1 = {self.leaving}"

    @property
    def keeping(self) -> Fraction:
        """p = ½[n(s−1)+f−s]: the padding on each side with which as many places leave as enter; may be a half."""
        return Fraction(self.size * (self.stride - 1) + self.reach - self.stride, 2)

    @property
    def keeping_formula(self) -> str:
        """With the floor of the size, half a place too much does no harm from stride 2 on; at stride 1 one side has to get more."""
        whole, half = int(self.keeping), self.keeping.denominator == 2
        rounded = "" if not half else f": {whole} and {whole + 1}" if self.stride == 1 else f", so {whole + 1}"
        return f"½[{self.size}({self.stride}−1)+{self.reach}−{self.stride}] = {whole or ('' if half else 0)}{'½' * half}{rounded}"

    def places(self, position: int) -> range:
        """What lies under the window at ``position`` of what leaves; places below 0 or from ``size`` up lie beyond the border."""
        start = position * self.stride - self.before
        return range(start, start + self.reach, self.dilation)


def lay_window(size: int, window: int, stride: int = 1, dilation: int = 1, padding: str = "valid") -> Axis:
    """The axis of ``size`` places with what ``padding`` adds to it."""
    reach = dilation * (window - 1) + 1
    return Axis(size, window, stride, *added(size, reach, stride, padding), dilation)


def added(size: int, reach: int, stride: int, padding: str) -> tuple[int, int]:
    """Places that ``padding`` adds before and after: none with ``valid``, in front alone with ``causal``, else as with ``same``."""
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return reach - 1, 0
    total = max(0, (ceil(size / stride) - 1) * stride + reach - size)
    return total // 2, total - total // 2


def sized(shape: Sequence[int]) -> str:
    """``96×96×3``"""
    return "×".join(map(str, shape))
