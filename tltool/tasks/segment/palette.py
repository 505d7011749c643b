"""A colour for every class, by its place among the classes."""

from tltool.figures.shades import mix
from tltool.figures.style import COLOURS, INK

LIGHTER = (0.0, 0.5, 0.25, 0.75)  # with what share of paper the colours come again
Colour = tuple[int, int, int]


def colour_of(place: int) -> Colour:
    """Red, green and blue, 0…255."""
    again, colour = divmod(place, len(COLOURS))
    return rgb(mix(COLOURS[colour], LIGHTER[again % len(LIGHTER)]))


def rgb(colour: str = INK) -> Colour:
    """``#rrggbb`` as three numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:], 16)
