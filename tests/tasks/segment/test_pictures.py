"""Regions drawn on photos."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from regions import CLASSES, squares, truth_in

from tltool.figures.palette import hue_of, rgb
from tltool.tasks.segment.class_maps import truth_of
from tltool.tasks.segment.pictures import LARGEST, SMALLEST, draw

(MAP,) = squares(1, 64)
GREY = Image.new("RGB", (64, 64), (128, 128, 128))


def colours(picture: Image.Image) -> set[tuple[int, ...]]:
    return set(map(tuple, np.asarray(picture).reshape(-1, 3).tolist()))


def test_a_region_has_the_colour_of_its_class_and_a_rim_and_the_background_is_left_as_it_is() -> None:
    (name,) = np.unique(MAP[MAP > 0])
    seen = colours(draw(GREY, truth_of(MAP, CLASSES), CLASSES))
    assert (128, 128, 128) in seen and rgb(hue_of(int(name))) in seen
    assert tuple(round(0.55 * 128 + 0.45 * part) for part in rgb(hue_of(int(name)))) in seen


def test_the_truth_stands_beside_the_answer(tmp_path: Path) -> None:
    answer = truth_of(np.zeros_like(MAP), CLASSES)
    alone, both = draw(GREY, answer, CLASSES), draw(GREY, answer, CLASSES, truth_in(tmp_path / "a.png", MAP))
    assert both.width > 1.8 * alone.width and len(colours(both)) > len(colours(alone))


@pytest.mark.parametrize("size", [(1, 1), (7, 500), (3000, 20), (640, 480)])
def test_photos_of_any_size_can_be_seen(size: tuple[int, int]) -> None:
    found = np.zeros(size[::-1], np.uint8)
    picture = draw(Image.new("L", size), truth_of(found, CLASSES), CLASSES)
    assert SMALLEST <= max(picture.size) <= LARGEST + 100


@pytest.mark.parametrize("sign", ["ß", "Ж"])
def test_names_are_written_in_letters_that_tell_them_apart(sign: str) -> None:
    known, unknown = (np.asarray(draw(GREY, truth_of(np.ones_like(MAP), [*pair]), [*pair])) for pair in (("a", sign), ("a", "漢")))
    assert known.shape != unknown.shape or not np.array_equal(known, unknown)


def test_many_classes_have_colours_of_their_own_and_a_legend_that_fits() -> None:
    names = [f"class number {i}" for i in range(30)]
    found = np.arange(64, dtype=np.uint8).reshape(8, 8) % 30
    picture = draw(Image.new("RGB", (8, 8)), truth_of(found, names), names)
    assert len({rgb(hue_of(i)) for i in range(30)}) == 30 and picture.height > picture.width
