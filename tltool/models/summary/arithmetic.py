"""The arithmetic of layers: sizes, parameters, multiply-adds, what an output sees and what it is joined to, with the numbers put in.

Nothing is loaded for it: plain integers. The receptive field as in Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional
Neural Networks" (2019).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from tltool.models.stack.axes import Axis, Shape

FLOAT = 4  # bytes


class Count(NamedTuple):
    """A number, and how it comes about."""

    number: int
    formula: str = ""

    def __str__(self) -> str:
        return f"{self.formula} = {self.number:,}" if self.formula else f"{self.number:,}" if self.number else ""


NOTHING = Count(0)


class ReceptiveField(NamedTuple):
    """What one place of a feature map sees of the photo: ``field`` pixels along each axis, ``step`` pixels on from place to place.
    ``whole``: a global pooling or a dense layer on the way has let in everything besides."""

    field: Shape
    step: Shape
    whole: bool = False


@dataclass(frozen=True)
class Layer:
    """One layer in numbers. ``learned`` of the ``parameters`` are changed by gradients; ``connections`` are the numbers that one output is
    computed from; ``axes`` are there where a window slides."""

    name: str
    kind: str
    does: str
    entering: Shape
    leaving: Shape
    view: ReceptiveField
    axes: tuple[Axis, ...] = ()
    parameters: Count = NOTHING
    learned: int = 0
    multiply_adds: Count = NOTHING
    connections: Count = NOTHING
    groups: int = 1

    @property
    def size_formula(self) -> str:
        """Of the axis with the widest window; of both where they come out differently."""
        if len({axis.leaving for axis in self.axes}) > 1:
            return ", ".join(axis.formula for axis in self.axes)
        return max(self.axes, key=lambda axis: axis.reach).formula if self.axes else ""

    @property
    def seen_formula(self) -> str:
        """r + (f−1)·j along the axis with the widest window."""
        if not self.axes:
            return ""
        at = max(range(len(self.axes)), key=lambda i: self.axes[i].reach)
        step, more = self.view.step[at] // self.axes[at].stride, self.axes[at].reach - 1
        return f"{self.view.field[at] - more * step}+({more + 1}−1)·{step} = {self.view.field[at]}"

    @property
    def dense_connections(self) -> int:
        """What one output of a dense layer in this place would be computed from: everything."""
        return prod(self.entering)

    @property
    def dense_parameters(self) -> Count:
        """Of the dense layer that computes as many outputs from the same inputs."""
        inputs, units = prod(self.entering), prod(self.leaving)
        return Count((inputs + 1) * units, f"({inputs:,}+1)·{units:,}")

    @property
    def memory(self) -> int:
        """Bytes of its outputs for one photo, in float32."""
        return FLOAT * prod(self.leaving)


def looking(shape: Shape) -> ReceptiveField:
    """The view of the photo itself: every pixel sees itself."""
    return ReceptiveField((1,) * (len(shape) - 1), (1,) * (len(shape) - 1))


def onward(view: ReceptiveField, axes: Sequence[Axis]) -> ReceptiveField:
    """The view through one more window: r + (f−1)·j pixels, where j is the product of the strides before it."""
    field = tuple(seen + (axis.reach - 1) * step for seen, step, axis in zip(view.field, view.step, axes))
    return ReceptiveField(field, tuple(step * axis.stride for step, axis in zip(view.step, axes)), view.whole)


def together(views: Iterable[ReceptiveField]) -> ReceptiveField:
    """The view of a place where paths meet: the widest of them. A path that has let in the whole photo says nothing of places."""
    views = list(views)
    local = [view for view in views if not view.whole] or views
    field, step = (tuple(map(max, zip(*sides))) for sides in ([v.field for v in local], [v.step for v in local]))
    return ReceptiveField(field, step, any(view.whole for view in views))


def times(*numbers: int) -> str:
    """``3·3·16``, and ``1,024·10`` where numbers are long."""
    return "·".join(f"{number:,}" for number in numbers)
