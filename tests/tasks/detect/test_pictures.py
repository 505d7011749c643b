"""Boxes on a photo."""

import numpy as np
import pytest
from PIL import Image

from tltool.data.annotations.cells import write
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.figures.palette import HUES
from tltool.tasks.detect import answers
from tltool.tasks.detect.pictures import draw, shown

GREY = (90, 90, 90)


def rgb(hue: str) -> tuple[int, ...]:
    return tuple(int(hue[place : place + 2], 16) for place in (1, 3, 5))


def drawn(size: tuple[int, int], *boxes: Box, truth: Truth | None = None, classes: tuple[str, ...] = ("a", "b")) -> np.ndarray:
    photo = Image.new("RGB", size, GREY)
    picture = draw(photo, Truth(*size, tuple(map(Instance, boxes))), classes, truth)
    assert np.unique(np.array(photo)).tolist() == [90], "the photo itself was drawn on"
    return np.array(picture)


@pytest.mark.parametrize("size", [(48, 36), (640, 480), (3000, 4000)])
def test_a_box_has_the_colour_of_its_class_at_any_size(size: tuple[int, int]) -> None:
    wide, high = size
    pixels = drawn(size, Box("b", 0.25 * wide, 0.25 * high, 0.75 * wide, 0.75 * high, score=0.87))
    assert tuple(pixels[round(0.5 * high), round(0.25 * wide)]) == rgb(HUES[1])
    assert tuple(pixels[round(0.7 * high), round(0.7 * wide)]) == GREY


def test_a_label_is_read_within_the_photo_wherever_its_box_lies() -> None:
    for box in (Box("a", 0, 0, 60, 60, score=0.5), Box("a", 180, 180, 200, 200, score=0.5), Box("a" * 80, -9, 190, 400, 300)):
        pixels = drawn((200, 200), box, classes=(box.label,))
        assert pixels.shape == (200, 200, 3) and (pixels == rgb(HUES[0])).all(axis=2).sum() > 100


def test_what_is_true_is_dashed_beside_it() -> None:
    row = drawn((400, 400), truth=Truth(400, 400, (Instance(Box("a", 100, 100, 300, 300)),)))[100, 100:300]
    line = (row == rgb(HUES[0])).all(axis=1)
    assert 0.3 < line.mean() < 0.7


def test_odd_boxes_and_names_are_drawn_all_the_same() -> None:
    drawn((50, 50), Box("a", 40, 40, 10, 10), Box("nobody", 1, 1, 9, 9), Box("a\x1b[31m\n", 5, 5, 5, 5), Box("ガ", -20, -20, -5, -5))
    assert (drawn((50, 50)) == 90).all()


def test_only_what_was_chosen_is_shown() -> None:
    boxes = Box("a", 1, 2, 3, 4, score=0.5), Box("b", 5, 6, 7, 8, score=0.25)
    cell = write(Truth(9, 9, tuple(map(Instance, boxes))))
    assert shown(cell, answers.choose(cell, np.empty(0), ["a", "b"], {"threshold": {"score": 0.4}}, None)).boxes == boxes[:1]


def test_any_mode_becomes_rgb() -> None:
    assert draw(Image.new("L", (9, 9)), Truth(9, 9), []).mode == "RGB"
