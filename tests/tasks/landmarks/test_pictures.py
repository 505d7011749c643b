import numpy as np
import pytest
from named_points import NAMES, SHAPE, truths_of, without
from PIL import Image

from tltool.data.annotations.cells import write
from tltool.data.annotations.truths import Truth
from tltool.figures.palette import HUES
from tltool.task import Choice
from tltool.tasks.landmarks.pictures import SMALLEST, draw, shown
from tltool.tasks.landmarks.points import coordinates, truth_of

GREY = (90, 90, 90)


def colour_at(picture: Image.Image, x: float, y: float) -> str:
    return "#{:02x}{:02x}{:02x}".format(*picture.getpixel((int(x), int(y))))


@pytest.mark.parametrize("size", [(640, 480), (40, 30), (3000, 1200)])
def test_every_point_has_its_colour_where_it_lies_at_any_size(size: tuple[int, int]) -> None:
    truth = truth_of(size, SHAPE * size, NAMES)
    picture = draw(Image.new("RGB", size, GREY), truth, NAMES)
    assert max(picture.size) >= SMALLEST and picture.width / picture.height == pytest.approx(size[0] / size[1], rel=0.01)
    for (x, y), colour in zip(SHAPE * picture.size, HUES):
        assert colour_at(picture, x, y) == colour


def test_an_answer_is_drawn_with_the_truth_beside_it() -> None:
    truth = truths_of(1)[0]
    answer = truth_of((640, 480), coordinates([truth], NAMES)[0] + 60, NAMES)
    alone, both = (draw(Image.new("RGB", (640, 480), GREY), *case) for case in ((truth, NAMES), (answer, NAMES, truth)))
    x, y = coordinates([truth], NAMES)[0, 3]
    assert colour_at(alone, x, y) == HUES[3]
    assert colour_at(both, x + 60, y + 60) == HUES[3]
    assert colour_at(both, x + 30, y + 30) in (HUES[3], "#000000")  # the line


def test_points_that_are_not_there_are_not_drawn_and_photos_without_any_stay_as_they_are() -> None:
    photo = Image.new("RGB", (600, 500), GREY)
    assert np.array_equal(draw(photo, Truth(600, 500), NAMES), photo)
    truth = truth_of((600, 500), SHAPE * (600, 500), NAMES)
    assert colour_at(draw(photo, without(truth, "tailbase"), NAMES), *(SHAPE[3] * (600, 500))) != HUES[3]
    draw(photo, truth, NAMES, Truth(600, 500)), draw(photo, Truth(600, 500), NAMES, truth)


def test_a_name_at_the_edge_and_a_name_of_no_letters_stay_in_the_picture() -> None:
    truth = truth_of((600, 500), np.array([[599.0, 499.0], [0.0, 0.0]]), ["a very long name of a point indeed", "\n"])
    draw(Image.new("L", (600, 500)), truth, ["a very long name of a point indeed", "\n"])


def test_what_was_chosen_is_shown() -> None:
    cell = write(truths_of(1)[0])
    picture = shown(cell, [Choice("tailbase", 0.9, (3.0, 4.0)), Choice("snout", 0.4, (5.0, 6.0))])
    assert (picture.width, picture.height) == (640, 480)
    assert coordinates([picture], NAMES)[0, [0, 3]].tolist() == [[5, 6], [3, 4]]
    assert not shown(cell, []).instances
