"""What is said of named points at the door."""

from dataclasses import replace
from pathlib import Path

import pytest
from marked import write_coco, write_points

from tltool import Photos
from tltool.data.named_points import say_of_points
from tltool.data.photos import read_photos
from tltool.errors import SpecError


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        ({"normalise_by": "left"}, "must name two points, as in snout,tailbase. Received: left"),
        ({"normalise_by": "left,left"}, "must name two points"),
        ({"normalise_by": "left,right,middle"}, "must name two points"),
        ({"flip_pairs": "left"}, "must name pairs of two points, as in leftear:rightear. Received: left"),
        ({"flip_pairs": "left:"}, "must name pairs of two points"),
        ({"flip_pairs": "left:left"}, "must name pairs of two points"),
        ({"flip_pairs": "left:right,middle:left"}, "must name each point once. Received: left in several pairs"),
    ],
)
def test_pairs_of_one_point_and_points_in_two_pairs_are_refused(wish: dict[str, str], refused: str) -> None:
    with pytest.raises(SpecError, match=refused):
        Photos(data="photos", **wish)


def test_points_are_said_once_they_are_known(tmp_path: Path) -> None:
    samples = read_photos(write_points(tmp_path / "points", 4), task="landmarks")
    wish = Photos(data="photos", normalise_by="left,right", flip_pairs=["left:middle"])
    said = say_of_points(samples, wish.normalise_by, wish.flip_pairs)
    assert said.given == {"normaliser": {"left": 1, "right": 1}, "flip_pairs": {"left:middle": 1}}
    assert say_of_points(samples, None, None).saying == {} and said.saying == {"given": said.given}
    for wishes, flag in (((("left", "nose"), None), "normalise"), ((None, ("nose:left",)), "flip")):
        with pytest.raises(SpecError, match=rf"{flag}.* must name points of the photos: left, middle, right\. Received: nose"):
            say_of_points(samples, *wishes)


def test_photos_without_named_points_refuse_them(tmp_path: Path) -> None:
    samples = read_photos(write_coco(tmp_path / "boxes", 4), task="detect")
    for wishes, flag in (((("a", "b"), None), "normalise"), ((None, ("a:b",)), "flip")):
        with pytest.raises(SpecError, match=rf"{flag}.* must go with named points, --task landmarks\. Received: --task detect"):
            say_of_points(samples, *wishes)


def test_pairs_that_leave_a_side_alone_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    samples = replace(read_photos(write_points(tmp_path), task="landmarks"), classes=["leftear", "rightear", "snout"])
    assert say_of_points(samples, None, ("leftear:rightear",)).may_flip and "not mirrored" not in caplog.text
    assert not say_of_points(samples, None, ("leftear:snout",)).may_flip and "photos are not mirrored" in caplog.text
