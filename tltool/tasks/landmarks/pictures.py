"""Points on a photo: where they are said to lie, and where they do."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Truth
from tltool.figures.palette import hue_of, hues as hues
from tltool.figures.shades import mix
from tltool.task import Choice
from tltool.tasks.landmarks.points import coordinates, truth_of
from tltool.wording import shown as printable

DARK, LIGHT = "#000000", "#ffffff"
SMALLEST = 480  # pixels of the longer side on which names can be read; a smaller photo is enlarged
DOT, LETTER = 1 / 160, 1 / 40  # of the longer side: radius of a point, height of its name
SMALL_DOT = 3  # pixels: radius where there is no room for names
LONGEST = 24  # letters of a name that are drawn
LINES = (0, 1, -1, 2, -2, 3, -3)  # below its point and above it, where a name may stand

Sides = tuple[float, float, float, float]  # left, top, right, bottom

MASKS = False
KEY = "Dots: answers. Rings, with a line to their dot: what is true."


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
    radius = max(3, round(long * DOT))
    for place in _there(rings) if truth else []:
        _ring(canvas, rings[place], dots[place], radius * 2, hue_of(place))
    _name(canvas, dots, classes, radius, max(12, round(long * LETTER)))
    for place in _there(dots):
        _dot(canvas, dots[place], radius, hue_of(place))
    return drawn


def mark(photo: Image.Image, truth: Truth, classes: Sequence[str]) -> Image.Image:
    """Points as dots in the colours of their names."""
    picture = photo.convert("RGB").copy()
    canvas, (points,) = ImageDraw.Draw(picture), coordinates([truth], classes)
    for place in _there(points):
        _dot(canvas, points[place] * (photo.width / truth.width, photo.height / truth.height), SMALL_DOT, hue_of(place))
    return picture


def _enlarged(photo: Image.Image) -> Image.Image:
    factor = max(1, -(-SMALLEST // max(photo.size)))
    return photo.convert("RGB").resize((photo.width * factor, photo.height * factor), Image.Resampling.NEAREST)


def _there(points: np.ndarray) -> list[int]:
    """Places of the points [k, 2] that are known."""
    return np.flatnonzero(np.isfinite(points).all(axis=1)).tolist()


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


def _name(canvas: ImageDraw.ImageDraw, dots: np.ndarray, classes: Sequence[str], radius: int, height: int) -> None:
    """Names beside their points, on the side away from the other points, none over another or over a point."""
    font = ImageFont.load_default(height)
    taken: list[Sides] = [_square(dots[place], radius + 2) for place in _there(dots)]
    for place in _there(dots):
        text, is_left = printable(classes[place])[:LONGEST], dots[place, 0] < np.nanmean(dots[:, 0])
        left, top, right, bottom = canvas.textbbox((0, 0), text, font=font, stroke_width=2)
        x, y, *_ = sides = _free(dots[place], (right - left, bottom - top), is_left, radius * 2, canvas.im.size, taken)
        canvas.text((x - left, y - top), text, fill=mix(hue_of(place), 0.4), font=font, stroke_width=2, stroke_fill=DARK)
        taken.append(sides)


def _free(at: np.ndarray, size: tuple[float, float], is_left: bool, gap: int, room: tuple[int, int], taken: Sequence[Sides]) -> Sides:
    """Where there is room for a name beside a point, at its height or a few lines from it; where there is none, at the point."""
    (width, height), beside = size, (at[0] - gap - size[0], at[0] + gap)
    proposed = [
        (x, y, x + width, y + height)
        for y in (at[1] - height / 2 + line * height for line in LINES)
        for x in (beside if is_left else beside[::-1])
        if 0 <= x <= room[0] - width and 0 <= y <= room[1] - height
    ]
    free = (sides for sides in proposed if not any(_overlap(sides, other) for other in taken))
    return next(free, (*np.clip(at, 0, np.maximum(0, np.subtract(room, size))).tolist(), at[0] + width, at[1] + height))


def _overlap(one: Sides, other: Sides) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _square(at: np.ndarray, radius: float) -> Sides:
    return at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius
