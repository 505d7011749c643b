"""Answers as masks that can be learned from."""

from pathlib import Path

import numpy as np
import pytest
from labelled import write_photo
from PIL import Image

from tltool.data.annotations.folder import read_annotated
from tltool.figures.palette import hue_of, rgb
from tltool.tasks.segment.class_maps import map_of, truth_of
from tltool.tasks.segment.masks import mask_of

FOUND = np.array([[0, 1, 1, 255], [0, 2, 1, 255]], np.uint8)


@pytest.mark.parametrize(
    ("classes", "named", "values"),
    [(["road", "sky", "car"], True, [0, 1, 2]), (["0", "7", "200"], False, [0, 7, 200]), (["1", "2", "x"], True, [0, 1, 2])],
)
def test_masks_are_read_as_the_labels_that_they_say(classes: list[str], named: bool, values: list[int], tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    write_photo(tmp_path / "images" / "a.jpg", (4, 2))
    if named:
        (tmp_path / "classes.txt").write_text("\n".join(classes))
    mask_of(truth_of(FOUND, classes), classes).save(tmp_path / "masks" / "a.png")
    with Image.open(tmp_path / "masks" / "a.png") as picture:
        assert picture.mode == "P" and sorted(set(np.asarray(picture).ravel().tolist())) == [*values, 255]
        assert tuple(picture.convert("RGB").getpixel((1, 0))) == rgb(hue_of(1))
    annotated = read_annotated(tmp_path)
    assert annotated.classes == classes and np.array_equal(map_of(annotated.truths[0], classes), FOUND)
