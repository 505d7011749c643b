"""A photo with the classes of its pixels as translucent colours, and what they are called below it."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED
from tltool.figures.canvas import named
from tltool.figures.palette import hue_of, rgb
from tltool.figures.style import INK, PAPER, lettering
from tltool.task import Choice
from tltool.tasks.segment.class_maps import BACKGROUND, map_of, paint
from tltool.tasks.segment.masks import mask_of as mask_of

SMALLEST, LARGEST = 320, 1024  # pixels of the longer side of a photo as it is drawn
STRENGTH = 0.45  # share of a class's colour within its region
GAP, LINE, LETTERS = 12, 22, 14  # pixels

MASKS = True
KEY = "Left what is true, right the answer; the background is left as it is."


def shown(cell: str, chosen: Sequence[Choice]) -> Truth:
    """All regions: they leave nothing of a photo out."""
    return parse(cell)


def draw(photo: Image.Image, answer: Truth, classes: Sequence[str], truth: Truth | None = None) -> Image.Image:
    """The regions of ``answer`` on an upright photo, and beside it those of the ``truth`` where it is known; RGB.

    The class background is left as it is; regions have rims, so that two colours that look alike to somebody are still two regions.

    Raises:
        DataError: the mask of the truth is gone, or has changed.
    """
    maps = {"answer": paint(answer, classes)} if truth is None else {"truth": map_of(truth, classes), "answer": paint(answer, classes)}
    panels = {title: _tinted(photo, found, classes, _size(photo)) for title, found in maps.items()}
    there = np.unique(np.concatenate([np.unique(found) for found in maps.values()]))
    width, height = next(iter(panels.values())).size
    whole = GAP + len(panels) * (width + GAP)
    legend = [*_rows([(i, named(classes[i])) for i in there.tolist() if i != IGNORED], whole)]
    sheet = Image.new("RGB", (whole, GAP + LINE + height + GAP + len(legend) * LINE + GAP), PAPER)
    pen = ImageDraw.Draw(sheet)
    for place, (title, panel) in enumerate(panels.items()):
        left = GAP + place * (width + GAP)
        pen.text((left, GAP), title, INK, lettering(LETTERS))
        sheet.paste(panel, (left, GAP + LINE))
    for number, row in enumerate(legend):
        _put_legend(pen, row, GAP + LINE + height + GAP + number * LINE, classes)
    return sheet


def hues(classes: Sequence[str]) -> list[tuple[str, str]]:
    """The classes but background, each with its colour."""
    return [(name, hue_of(place)) for place, name in enumerate(classes) if name != BACKGROUND]


def mark(photo: Image.Image, truth: Truth, classes: Sequence[str]) -> Image.Image:
    """Regions in the colours of their classes, each with a rim; the class background is left as it is."""
    return _tinted(photo, map_of(truth, classes), classes, photo.size)


def _size(photo: Image.Image) -> tuple[int, int]:
    """How large a photo is drawn."""
    scale = float(np.clip(max(photo.size), SMALLEST, LARGEST)) / max(photo.size)
    return max(1, round(photo.width * scale)), max(1, round(photo.height * scale))


def _tinted(photo: Image.Image, found: np.ndarray, classes: Sequence[str], size: tuple[int, int]) -> Image.Image:
    """The photo with each region in its colour with a rim."""
    pixels = np.asarray(photo.convert("RGB").resize(size, Image.Resampling.BICUBIC), float)
    drawn = np.asarray(Image.fromarray(found).resize(size, Image.Resampling.NEAREST))
    colours = np.array([rgb(hue_of(i)) for i in range(IGNORED)] + [(0, 0, 0)], float)
    coloured = np.array([i < len(classes) and classes[i] != BACKGROUND for i in range(IGNORED + 1)])
    share = np.where(coloured[drawn], np.where(_rim(drawn), 1.0, STRENGTH), 0.0)[..., None]
    return Image.fromarray((pixels * (1 - share) + colours[drawn] * share).round().astype(np.uint8))


def _rim(drawn: np.ndarray) -> np.ndarray:
    """The pixels beside one of another class."""
    padded = np.pad(drawn, 1, mode="edge")
    beside = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    return np.any([other != drawn for other in beside], axis=0)


def _rows(entries: list[tuple[int, str]], width: int) -> Iterator[list[tuple[int, int, str]]]:
    """Entries of a legend as (left, class, name), as many in a row as there is room for."""
    row: list[tuple[int, int, str]] = []
    left = GAP
    for i, name in entries:
        wide = LINE + round(lettering(LETTERS).getlength(name)) + GAP
        if row and left + wide > width:
            yield row
            row, left = [], GAP
        row.append((left, i, name))
        left += wide
    if row:
        yield row


def _put_legend(pen: ImageDraw.ImageDraw, row: list[tuple[int, int, str]], top: int, classes: Sequence[str]) -> None:
    for left, i, name in row:
        fill = None if classes[i] == BACKGROUND else hue_of(i)
        pen.rectangle((left, top + 2, left + LETTERS, top + 2 + LETTERS), fill, INK)
        pen.text((left + LINE, top), name, INK, lettering(LETTERS))
