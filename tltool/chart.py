"""How good answers are as a chart: its values, whatever they are of, for ``figures.charts`` to draw."""

from typing import NamedTuple


class Curve(NamedTuple):
    """Points joined by a line.

    Attributes:
        name: for the legend.
        across, up: of its points; as many.
        place: of what it is about among the classes, whose colour it has; None where it is about all of them.
        dot: a point beside it that stands out.
    """

    name: str
    across: tuple[float, ...]
    up: tuple[float, ...]
    place: int | None = None
    dot: tuple[float, float] | None = None


class Panel(NamedTuple):
    """Curves over one another, both axes from 0.

    Attributes:
        across, up: what the axes are.
        curves: those that matter most first.
        end: of the axis across.
        guess: what somebody would reach who has not seen the photos.
    """

    title: str
    across: str
    up: str
    curves: tuple[Curve, ...]
    end: float = 1.0
    guess: Curve | None = None


class Curves(NamedTuple):
    """Panels side by side; ``note`` says what is to be known of all of them."""

    title: str
    note: str
    panels: tuple[Panel, ...]


class Bar(NamedTuple):
    """One of several numbers, 0…1, or None where there is none; ``note`` stands beside it."""

    name: str
    number: float | None
    note: str
    place: int


class Bars(NamedTuple):
    """Numbers below one another, and their ``mean``; ``across`` is what they are."""

    title: str
    note: str
    across: str
    bars: tuple[Bar, ...]
    mean: float


Chart = Curves | Bars
