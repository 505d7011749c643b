"""Points on a photo: where they are said to lie, and where they do."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Truth
from tltool.task import Choice
from tltool.tasks.landmarks.points import coordinates, truth_of
from tltool.wording import shown as printable

# Okabe and Ito, "Color Universal Design" (2008): told apart by people who see few colours
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
DARK, LIGHT = "#000000", "#ffffff"
SMALLEST = 480  # pixels of the longer side on which names can be read; a smaller photo is enlarged
DOT, LETTER = 1 / 110, 1 / 36  # of the longer side: radius of a point, height of its name
LONGEST = 24  # letters of a name that are drawn


def shown(cell: str, chosen: Sequence[Choice]) -> Truth:
    """The points that were chosen."""
    whole = parse(cell)
    places = np.array([choice.place for choice in chosen], float).reshape(-1, 2)
    return truth_of((whole.width, whole.height), places, [choice.label for choice in chosen])


def draw(photo: Image.Image, answer: Truth, classes: Sequence[str], truth: Truth | None = None) -> Image.Image:
    """A copy of ``photo``, RGB, with the points of ``answer`` as dots with their names, and those of the ``truth`` as rings, with a line
    from the one to the other. A photo smaller than ``SMALLEST`` is enlarged."""
    drawn = _enlarged(photo)
    canvas, long, scale = ImageDraw.Draw(drawn), max(drawn.size), np.array(drawn.size) / (answer.width, answer.height)
    dots, rings = (coordinates([points], classes)[0] * scale for points in (answer, truth or answer))
    radius, font = max(3, round(long * DOT)), ImageFont.load_default(max(12, round(long * LETTER)))
    for place in _there(rings) if truth else []:
        _ring(canvas, rings[place], dots[place], radius * 2, _colour(place))
    for place in _there(dots):
        _name(canvas, dots[place], dots[place, 0] < np.nanmean(dots[:, 0]), radius, printable(classes[place])[:LONGEST], font)
    for place in _there(dots):  # no name hides a point
        _dot(canvas, dots[place], radius, _colour(place))
    return drawn


def _enlarged(photo: Image.Image) -> Image.Image:
    factor = max(1, -(-SMALLEST // max(photo.size)))
    return photo.convert("RGB").resize((photo.width * factor, photo.height * factor), Image.Resampling.NEAREST)


def _there(points: np.ndarray) -> list[int]:
    """Places of the points [k, 2] that are known."""
    return np.flatnonzero(np.isfinite(points).all(axis=1)).tolist()


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _ring(canvas: ImageDraw.ImageDraw, at: np.ndarray, dot: np.ndarray, radius: int, colour: str) -> None:
    """Around ``at``, with a line to ``dot`` where there is one."""
    for wide, ink in ((max(4, radius // 2), DARK), (max(2, radius // 4), colour)):
        if np.isfinite(dot).all():
            canvas.line([*at, *dot], fill=ink, width=wide)
        canvas.ellipse(_square(at, radius + wide / 2), outline=ink, width=wide)


def _dot(canvas: ImageDraw.ImageDraw, at: np.ndarray, radius: int, colour: str) -> None:
    canvas.ellipse(_square(at, radius + 2), fill=DARK)
    canvas.ellipse(_square(at, radius + 1), fill=LIGHT)
    canvas.ellipse(_square(at, radius - 1), fill=colour)


def _name(canvas: ImageDraw.ImageDraw, at: np.ndarray, is_left: bool, radius: int, text: str, font: Any) -> None:
    """Beside the point, on the left or on the right, or on the other side where the photo ends."""
    left, top, right, bottom = canvas.textbbox((0, 0), text, font=font, stroke_width=2)
    (wide, high), width, height, gap = canvas.im.size, right - left, bottom - top, radius * 1.7
    x = at[0] - gap - width if is_left else at[0] + gap
    if not 0 <= x <= wide - width:
        x = at[0] + gap if is_left else at[0] - gap - width
    y = min(max(0, at[1] - height / 2), high - height)
    canvas.text((max(0, x) - left, y - top), text, fill=LIGHT, font=font, stroke_width=2, stroke_fill=DARK)


def _square(at: np.ndarray, radius: float) -> list[float]:
    return [at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius]
