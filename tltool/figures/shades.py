"""The colours and shapes that a drawn network is made of."""

from collections.abc import Sequence
from typing import Any

from tltool.figures.style import PAPER

RAMP = ("#2563eb", "#0891b2", "#16a34a", "#ca8a04", "#ea580c", "#db2777")  # from the photo's side to the other


def ramp(number: int, of: int) -> str:
    """The colour of depth ``number`` of ``of``."""
    place = (len(RAMP) - 1) * number / max(of - 1, 1)
    low = min(int(place), len(RAMP) - 2)
    return blend(RAMP[low], RAMP[low + 1], place - low)


def mix(colour: str, light: float) -> str:
    """``colour`` with a share ``light`` of paper in it."""
    return blend(colour, PAPER, light)


def blend(one: str, other: str, share: float) -> str:
    """``one`` with a ``share`` of ``other`` in it, 0…1."""
    parts = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def polygon(points: Sequence[tuple[float, float]], colour: str, zorder: float, edge: str, alpha: float = 1.0) -> Any:
    """A patch of matplotlib with corners at ``points``."""
    from matplotlib.patches import Polygon

    return Polygon(points, closed=True, facecolor=colour, edgecolor=edge, linewidth=0.7, zorder=zorder, joinstyle="round", alpha=alpha)


def rectangle(corner: tuple[float, float], width: float, height: float, colour: str, zorder: float, edge: str | None = None) -> Any:
    """A patch of matplotlib, ``corner`` its lower left; ``edge`` is the colour around it."""
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=colour, edgecolor=edge or colour, linewidth=0.8, zorder=zorder)
