"""Masks on their photos."""

import numpy as np
from discs import CLASSES, disc, row_of_discs
from PIL import Image

from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.tasks.instances.pictures import draw

SIZE = (240, 180)
GREY = Image.new("RGB", SIZE, (128, 128, 128))


def test_objects_that_touch_differ_in_colour_and_the_rest_stays() -> None:
    truth = row_of_discs(0, size=SIZE)
    picture = np.asarray(draw(GREY, truth, CLASSES))
    middles = [((box.left + box.right) / 2, (box.top + box.bottom) / 2 + 4) for box in truth.boxes]
    colours = {tuple(picture[round(y), round(x)].tolist()) for x, y in middles}
    assert len(colours) == 4 and (128, 128, 128) not in colours
    assert np.all(picture[150:] == 128)


def test_a_rim_is_stronger_than_what_it_encloses() -> None:
    one = disc(120, 90, 40, SIZE)
    picture = np.asarray(draw(GREY, Truth(*SIZE, (one,)), CLASSES)).astype(int)
    rim, inner = picture[90, int(one.box.right) - 1], picture[90, 120]
    assert np.abs(rim - 128).sum() > np.abs(inner - 128).sum() > 0


def test_what_is_true_is_outlined_in_white() -> None:
    truth = Truth(*SIZE, (disc(120, 90, 40, SIZE), Instance(Box("ant", 5, 5, 20, 20))))
    picture = np.asarray(draw(GREY, Truth(*SIZE), CLASSES, truth))
    assert np.all(picture[90, 159] == 255) and np.all(picture[90, 120] == 128)
    assert np.array_equal(np.asarray(draw(GREY, Truth(*SIZE), CLASSES)), np.asarray(GREY))


def test_the_photo_given_is_not_drawn_on() -> None:
    photo = GREY.copy()
    draw(photo, row_of_discs(0, size=SIZE), CLASSES)
    assert np.array_equal(np.asarray(photo), np.asarray(GREY))
