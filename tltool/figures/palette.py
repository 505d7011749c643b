"""The colours of classes, points and objects, the same wherever they are drawn: on photos, in masks, as curves.

Okabe and Ito, "Color Universal Design" (2008): told apart by people who see few colours. Yellow comes last: on paper it is pale.
"""

from collections.abc import Sequence

from tltool.figures.shades import blend
from tltool.figures.style import INK, PAPER

HUES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
AGAIN = ((PAPER, 0.0), (PAPER, 0.5), (INK, 0.45), (PAPER, 0.25), (INK, 0.25))  # what they are mixed with when they come again, and how much
Colour = tuple[int, int, int]


def hue_of(place: int) -> str:
    """``#rrggbb`` of what has that place among the classes; after ``len(HUES) * len(AGAIN)`` the same ones come again."""
    again, hue = divmod(place, len(HUES))
    return blend(HUES[hue], *AGAIN[again % len(AGAIN)])


def hues(classes: Sequence[str]) -> list[tuple[str, str]]:
    """The classes, each with its colour."""
    return [(name, hue_of(place)) for place, name in enumerate(classes)]


def rgb(hue: str) -> Colour:
    """``#rrggbb`` as red, green and blue, 0…255."""
    return int(hue[1:3], 16), int(hue[3:5], 16), int(hue[5:], 16)
