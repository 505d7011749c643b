"""Cells of masks, and the classes that photos are counted to."""

import json
from pathlib import Path

import numpy as np
import pytest
from marked import write_masks, write_outlines
from regions import CLASSES, truth_in

from tltool import data
from tltool.data.annotations.cells import write
from tltool.data.annotations.class_masks import ClassMask, Region
from tltool.data.annotations.masks import encode
from tltool.data.annotations.truths import Box, Instance, Truth
from tltool.data.geometry import IGNORED, Frame
from tltool.errors import DataError
from tltool.task import Listing
from tltool.tasks.segment import labels
from tltool.tasks.segment.class_maps import map_of


def truth(*names: str) -> Truth:
    return Truth(8, 6, (), ClassMask("/masks/a.png", tuple(Region(name, i, 5) for i, name in enumerate(names))))


def test_cells_name_their_classes_and_are_encoded_as_truths(tmp_path: Path) -> None:
    cell = write(truth_in(tmp_path / "a.png", np.array([[0, 2, 255]], np.uint8)))
    assert labels.names(cell) == ("background", "dog")
    (encoded,) = labels.encode([cell], CLASSES)
    assert write(encoded) == cell
    assert labels.encode([], CLASSES).shape == (0,)


@pytest.mark.parametrize("classes", [["cat"], [str(i) for i in range(256)]])
def test_classes_must_be_as_many_as_a_mask_can_tell_apart(classes: list[str]) -> None:
    with pytest.raises(DataError, match=f"2 to 255 classes. Received: {len(classes)}"):
        labels.encode([], classes)


def test_a_list_is_read_where_tltool_wrote_its_cells() -> None:
    cell = write(truth("cat"))
    lines = [{"path": "a.png", "label": cell}, {"path": "b.png", "label": " "}]
    listing = Listing(["path", "label"], lines, ["line 2", "line 3"], "split.csv")
    assert labels.read(listing) == [cell, None] and labels.recognize(listing) == ""
    with pytest.raises(DataError, match="A label must be JSON as tltool writes it"):
        labels.read(listing._replace(lines=[{"path": "a.png", "label": "cat"}]))
    with pytest.raises(DataError):
        labels.read(listing._replace(columns=["path"]))


def test_a_photo_is_counted_to_the_class_that_fewest_photos_show() -> None:
    shown = [("background", "cat"), ("background", "cat", "dog"), ("background",), ()]
    encoded = np.array([truth(*names) for names in shown], object)
    cat, dog, background, nothing = labels.rarest(encoded)
    assert len({cat, dog, background, nothing}) == 4
    assert labels.rarest(encoded[:0]).shape == (0,)


def test_the_classes_that_a_photo_shows_are_known_by_their_names() -> None:
    assert [labels.names(write(shown)) for shown in (truth("dog", "cow"), truth())] == [("dog", "cow"), ()]


def test_every_photo_has_its_own_frame() -> None:
    assert labels.frames(np.array([truth("cat")], object), 224, "pad") == [Frame(8, 6, 224, "pad")]


def test_outlines_of_objects_are_the_class_map_that_masks_of_the_same_photos_are(tmp_path: Path) -> None:
    outlined = data.read_photos(write_outlines(tmp_path / "outlines", 6), task="segment")
    masked = data.read_photos(write_masks(tmp_path / "masks", 6), task="segment")
    assert len(outlined.classes) == len(masked.classes) == 2 and "background" in outlined.classes
    square = outlined.classes.index("square"), masked.classes.index("square")
    for one, other in zip(outlined.labels, masked.labels, strict=True):
        found = map_of(one, outlined.classes), map_of(other, masked.classes)
        assert ((found[0] == square[0]) == (found[1] == square[1])).all() and (found[0] != IGNORED).all()
    assert all({*names} == {*outlined.classes} for names in outlined.names)


@pytest.mark.parametrize(("right", "shown"), [(8, ("cat", "dog")), (7, ("cat", "dog", "background"))])
def test_objects_that_leave_no_pixel_free_have_no_background(right: int, shown: tuple[str, ...]) -> None:
    halves = np.zeros((6, 8), bool), np.zeros((6, 8), bool)
    halves[0][:, :4], halves[1][:, 4:right] = True, True
    cat, dog = (encode(half) for half in halves)
    its = Truth(8, 6, (Instance(Box("cat", 0, 0, 4, 6), cat), Instance(Box("dog", 4, 0, 8, 6), dog)))
    assert labels.names(write(its)) == shown


def test_a_photo_without_objects_is_all_background_and_one_with_an_object_without_an_outline_is_left_out(tmp_path: Path) -> None:
    file = write_outlines(tmp_path / "outlines", 6) / "annotations.json"
    content = json.loads(file.read_text())
    first, second, *_ = content["images"]
    content["annotations"] = [entry for entry in content["annotations"] if entry["image_id"] != first["id"]]
    next(entry for entry in content["annotations"] if entry["image_id"] == second["id"])["segmentation"] = []
    file.write_text(json.dumps(content))
    samples = data.read_photos(file.parent, task="segment")
    assert len(samples) == 5 and "without a mask" in samples.faults[0].reason
    assert (map_of(samples.labels[0], samples.classes) == samples.classes.index("background")).all()
    assert labels.names(samples.table["label"][0]) == ("background",)
