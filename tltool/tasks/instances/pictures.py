"""Masks drawn on their photo: translucent, each object in another colour than the one before it and with a rim, class and score on its box;
and the outlines of what is true."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tltool.data.annotations.truths import Truth
from tltool.figures.palette import HUES, hues as hues, rgb
from tltool.figures.style import INK, PAPER, lettering
from tltool.tasks.detect.pictures import LETTER, LINE, tag
from tltool.tasks.instances.answers import picked
from tltool.tasks.instances.instance_maps import instance_map

STRENGTH = 0.4  # share of an object's colour within its mask

FEW = 12  # objects whose names do not hide one another
KEY = "Coloured: answers, each object in another colour. White outlines: what is true."
MASKS = False  # pixels of several objects of one class
shown = picked


def draw(photo: Image.Image, answer: Truth, classes: Sequence[str], truth: Truth | None = None) -> Image.Image:
    """A copy of ``photo``, RGB, with the objects of ``answer`` on it, those of low scores behind, and white outlines of those of the
    ``truth``. Only a few are named: of many the masks say more."""
    side = (photo.width * photo.height) ** 0.5
    line, font = max(1, round(LINE * side / 2)), lettering(max(8, round(LETTER * side)))
    order = sorted(range(len(answer.instances)), key=lambda place: answer.boxes[place].score)
    inks = [HUES[number % len(HUES)] for number in range(len(order))]
    ordered = Truth(answer.width, answer.height, tuple(answer.instances[place] for place in order))
    pixels = np.array(photo.convert("RGB"))
    for hue, (where, mask) in zip(inks, _masks(ordered), strict=True):
        _colour(pixels[where], mask, hue, STRENGTH)
        _colour(pixels[where], _rim(mask, line), hue, 1.0)
    for where, mask in _masks(truth) if truth else ():
        _colour(pixels[where], _rim(mask, line), PAPER, 1.0)
    picture = Image.fromarray(pixels)
    for hue, box in zip(inks, ordered.boxes, strict=True) if len(inks) <= FEW else ():
        tag(ImageDraw.Draw(picture), picture.size, box, hue, font, line)
    return picture


def mark(photo: Image.Image, truth: Truth, classes: Sequence[str]) -> Image.Image:
    """Masks in the colours of their classes, each with a rim."""
    small = Image.fromarray(instance_map(truth).astype(np.int32)).resize(photo.size, Image.Resampling.NEAREST)
    places, pixels, colours = np.asarray(small), np.array(photo.convert("RGB")), dict(hues(classes))
    for place, box in enumerate(truth.boxes, start=1):
        hue, mask = colours.get(box.label, INK), places == place
        _colour(pixels, mask, hue, STRENGTH)
        _colour(pixels, _rim(mask, 1), hue, 1.0)
    return Image.fromarray(pixels)


def _masks(truth: Truth) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Of every object the pixels around it, and its mask there, bool [height, width]; without pixels where it has no mask."""
    for place in range(len(truth.instances)):
        whole = truth.mask(place)
        rows, columns = (np.flatnonzero(whole.any(axis=axis)) if whole is not None else np.empty(0, int) for axis in (1, 0))
        where = tuple(slice(lines[0], lines[-1] + 1) if len(lines) else slice(0, 0) for lines in (rows, columns))
        yield (where[0], where[1]), np.zeros((0, 0), bool) if whole is None else whole[where] != 0


def _colour(pixels: np.ndarray, mask: np.ndarray, hue: str, share: float) -> None:
    pixels[mask] = np.round(pixels[mask] * (1 - share) + np.array(rgb(hue)) * share)


def _rim(mask: np.ndarray, width: int) -> np.ndarray:
    """The outer pixels of a mask."""
    if not mask.size:
        return mask
    inner = Image.fromarray(np.pad(mask, width).astype(np.uint8)).filter(ImageFilter.MinFilter(2 * width + 1))
    return mask & (np.asarray(inner)[width:-width, width:-width] == 0)
