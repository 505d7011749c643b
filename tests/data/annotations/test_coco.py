"""COCO JSON as it is found: with gaps, without what nobody needs, cut short, contradictory and hostile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from labelled import coco_of, write_json, write_photo

from tltool.data.annotations import coco, stream
from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.folder import read_annotated
from tltool.data.annotations.masks import encode
from tltool.errors import DataError

Content = dict[str, Any]


def two_photos(folder: Path) -> Content:
    """Two photos, with a box each; whoever changes what is returned writes it."""
    for name in ("a.jpg", "b.jpg"):
        write_photo(folder / "images" / name, (40, 30))
    return coco_of({"a.jpg": ((40, 30), [("cat", 1, 2, 11, 22)]), "b.jpg": ((40, 30), [("dog", 5, 5, 9, 9)])})


def read(folder: Path, content: Content, task: str | None = None) -> Annotated:
    write_json(folder / "annotations.json", content)
    return read_annotated(folder, task)


def reasons(annotated: Annotated) -> dict[str, str]:
    return {Path(fault.path).name: fault.reason for fault in annotated.faults}


def test_ids_may_have_gaps_and_classes_are_in_their_order(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["categories"] = [{"id": 90, "name": "cat"}, {"id": 2, "name": "dog"}]
    for annotation, category in zip(content["annotations"], (90, 2)):
        annotation["category_id"] = category
    annotated = read(tmp_path, content)
    assert annotated.classes == ["dog", "cat"] and [truth.labels for truth in annotated.truths] == [("cat",), ("dog",)]


def test_a_category_that_only_stands_above_others_is_no_class(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["categories"] = [{"id": 0, "name": "animals", "supercategory": "none"}] + [
        category | {"supercategory": "animals"} for category in content["categories"]
    ]
    assert read(tmp_path, content).classes == ["cat", "dog"]


def test_a_class_without_objects_is_kept(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["categories"].append({"id": 50, "name": "emu", "supercategory": "emu"})
    assert read(tmp_path, content).classes == ["cat", "dog", "emu"]


def test_a_crowd_is_told_apart(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["annotations"][0] |= {"iscrowd": 1, "segmentation": {"size": [30, 40], "counts": [600, 600]}}
    truth = read(tmp_path, content).truths[0]
    assert truth.boxes[0].crowd and truth.mask(0).sum() == 600  # type: ignore[union-attr]


def test_a_mask_without_a_box_has_the_box_around_it(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    mask = np.zeros((30, 40))
    mask[3:8, 10:31] = 1
    content["annotations"][0] |= {"bbox": [], "segmentation": {"size": [30, 40], "counts": encode(mask).counts}}
    content["annotations"][1] |= {"bbox": None, "segmentation": [[10, 3, 31, 3, 31, 8]]}
    annotated = read(tmp_path, content)
    assert [truth.boxes[0].corners for truth in annotated.truths] == [(10, 3, 31, 8)] * 2
    assert annotated.tasks == ("instances", "segment", "detect", "localize")


def test_empty_segmentations_are_no_masks(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    for annotation in content["annotations"]:
        annotation["segmentation"] = []
    assert read(tmp_path, content).tasks == ("detect", "localize")


def test_a_photo_with_an_object_without_a_mask_is_left_out_where_masks_are_asked_for(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["annotations"][0]["segmentation"] = [[1, 2, 11, 2, 11, 22]]
    assert read(tmp_path, content).tasks == ("detect", "localize")
    annotated = read_annotated(tmp_path, "instances")
    assert (annotated.tasks[0], reasons(annotated)) == ("instances", {"b.jpg": "has 1 object without a mask"})


def test_points_have_their_names_and_those_that_nobody_marked_are_not_there(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["categories"] = [{"id": 1, "name": "mouse", "keypoints": ["snout", "tail"]}]
    content["annotations"] = [
        {"image_id": 0, "category_id": 1, "keypoints": [3, 4, 2, 0, 0, 0]},
        {"image_id": 1, "category_id": 1, "keypoints": [3.5, 4, 1, 9, 9, 2], "bbox": [0, 0, 20, 20]},
    ]
    annotated = read(tmp_path, content)
    assert (annotated.points, annotated.tasks) == (("snout", "tail"), ("landmarks", "detect", "localize"))
    assert [point[0] for point in annotated.truths[0].instances[0].points] == ["snout"]
    assert [point.visible for point in annotated.truths[1].instances[0].points] == [False, True]
    assert [truth.boxes[0].corners for truth in annotated.truths] == [(3, 4, 3, 4), (0, 0, 20, 20)]


def test_a_photo_with_another_number_of_points_is_left_out(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["categories"] = [{"id": 1, "name": "mouse", "keypoints": ["snout", "tail"]}]
    content["annotations"] = [{"image_id": i, "category_id": 1, "keypoints": [3, 4, 2] * (2 - i)} for i in (0, 1)]
    assert reasons(read(tmp_path, content)) == {"b.jpg": "has keypoints that is no list of 6 numbers (3 numbers)"}


def test_points_that_nobody_names_are_numbers_and_the_first_photo_says_how_many(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["categories"] = [{"id": 1, "name": "mouse"}]
    content["annotations"] = [{"image_id": i, "category_id": 1, "keypoints": [3, 4, 2] * (2 + i)} for i in (0, 1)]
    annotated = read(tmp_path, content)
    assert (annotated.points, len(annotated)) == (("1", "2"), 1)
    assert reasons(annotated) == {"b.jpg": "has keypoints that is no list of 6 numbers (9 numbers)"}


def test_several_objects_with_points_in_a_photo_are_refused_with_their_number(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["categories"] = [{"id": 1, "name": "mouse", "keypoints": ["snout"]}]
    content["annotations"] = [{"image_id": i, "category_id": 1, "keypoints": [3, 4, 2]} for i in (0, 0, 1)]
    with pytest.raises(DataError, match=r"must show one object to learn its points\. Received: .* with 1 photo of several"):
        read(tmp_path, content, "landmarks")


def test_an_image_that_no_annotation_names_shows_nothing_and_a_photo_that_no_image_names_was_forgotten(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    write_photo(tmp_path / "images" / "c.jpg", (9, 9))
    del content["annotations"][1]
    annotated = read(tmp_path, content)
    assert [len(truth.instances) for truth in annotated.truths] == [1, 0]
    assert reasons(annotated) == {"c.jpg": "has no labels"}


def test_each_part_may_have_a_file_and_names_may_be_the_same(tmp_path: Path) -> None:
    for part, label in (("train", "cat"), ("val", "dog")):
        write_photo(tmp_path / f"{part}2017" / "1.jpg", (40, 30))
        write_json(tmp_path / "annotations" / f"instances_{part}2017.json", coco_of({"1.jpg": ((40, 30), [(label, 1, 2, 3, 4)])}, [label]))
    annotated = read_annotated(tmp_path)
    assert [truth.labels for truth in annotated.truths] == [("cat",), ("dog",)]
    assert (annotated.parts, annotated.classes, annotated.faults) == (["train", "validation"], ["cat", "dog"], [])


def missing(key: str) -> Callable[[Content], Any]:
    return lambda content: content.pop(key)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (missing("images"), "without images"),
        (missing("categories"), "without categories"),
        (missing("annotations"), "without annotations"),
        (lambda content: content.update(images={}), "none that can be used"),
        (lambda content: content.update(images=[]), "none that can be used"),
        (lambda content: content.update(annotations=[]), "none on 2 photos"),
        (lambda content: content.update(categories=[{"id": 1}]), "a category without a name"),
        (lambda content: content.update(categories=[{"name": "cat"}]), "has no id"),
        (lambda content: content.update(categories=["cat"]), "a category that is no object"),
        (lambda content: content.update(categories=[{"id": 1, "name": "a\nb"}]), "one line of readable text"),
        (lambda content: content.update(categories=[{"id": 1, "name": "x", "keypoints": 3}]), "no list of names"),
        (lambda content: content.update(images=[{"id": 0, "file_name": "z.jpg"}]), "none that can be used"),
    ],
)
def test_what_makes_a_whole_file_useless_is_one_sentence(spoil: Callable[[Content], Any], message: str, tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    spoil(content)
    with pytest.raises(DataError) as refused:
        read(tmp_path, content)
    assert message in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bbox": [1, 2, 3]}, "has a box that is no list of 4 numbers (3 numbers)"),
        ({"bbox": [1, 2, 3, "x"]}, "has a box with a number that is no number ('x')"),
        ({"bbox": [1, 2, 3, None]}, "has a box with a number that is no number (None)"),
        ({"bbox": [1, 2, 3, float("nan")]}, "has a box with a number that is no number (nan)"),
        ({"bbox": [1, 2, float("inf"), 3]}, "has a box with a number of inf, more than the 1,000,000 that are read"),
        ({"bbox": [1e308, 2, 1e308, 3]}, "has a box with a number of 1e+308, more than the 1,000,000 that are read"),
        ({"bbox": {"x": 1}}, "has a box that is no list of 4 numbers (the class dict)"),
        ({"bbox": None}, "has an annotation with neither a box nor a mask nor points"),
        ({"category_id": None}, "has no category_id"),
        ({"category_id": [1]}, "has no category_id"),
        ({"segmentation": [[1, 2, 3, 4]]}, "has a polygon of 2 points, which encloses nothing"),
        ({"segmentation": {"size": [40, 30], "counts": [1200]}}, "has a mask of 30 × 40 pixels for a photo of 40 × 30"),
        ({"segmentation": {"size": [30, 40], "counts": [4294967295]}}, None),
        ({"segmentation": {"size": [30, 40], "counts": "oooooooooo0"}}, None),
        ({"segmentation": 3}, "has a mask without polygons"),
        ({"keypoints": [1, 2]}, None),
        ({"keypoints": "x"}, None),
    ],
)
def test_an_annotation_that_says_nothing_leaves_its_photo_out(change: Content, reason: str | None, tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["annotations"][0] |= change
    annotated = read(tmp_path, content)
    assert [Path(photo.path).name for photo in annotated.photos] == ["b.jpg"]
    (found,) = reasons(annotated).items()
    assert found[0] == "a.jpg" and (reason is None or found[1] == reason)


@pytest.mark.parametrize(
    ("change", "name", "reason"),
    [
        ({"file_name": "z.jpg"}, "z.jpg", "is not there, or more than once, and is named in annotations.json"),
        ({"file_name": "../../etc/passwd"}, "passwd", "is not there, or more than once, and is named in annotations.json"),
        ({"file_name": None}, "annotations.json", "has an image without a name (None)"),
        ({"width": 41}, "a.jpg", "has 40 × 30 pixels, and its labels are of a picture of 41 × 30"),
        ({"width": "x"}, "a.jpg", "has a width that is no number ('x')"),
        ({"id": 1}, "b.jpg", "has the id 1 in annotations.json, as another image has"),
        ({"id": {}}, "a.jpg", "has no id"),
        ({"file_name": "b.jpg"}, "b.jpg", "is listed more than once; the first labels count"),
    ],
)
def test_an_image_that_cannot_be_used_is_left_out(change: Content, name: str, reason: str, tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["images"][0] |= change
    annotated = read(tmp_path, content)
    assert len(annotated) == 1 and reasons(annotated)[name] == reason
    if "id" not in change:  # its annotations are known not to count
        assert not any("image_id" in fault.reason for fault in annotated.faults)


def test_images_and_annotations_that_are_no_objects_are_faults(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["images"].append(3)
    content["annotations"] += [{"image_id": 77, "category_id": 3}, {"image_id": [], "category_id": 3}, "x"]
    annotated = read(tmp_path, content)
    assert len(annotated) == 2
    assert {fault.reason for fault in annotated.faults} == {
        "has an image that is no object",
        "has 3 annotations of an image_id that no image has, such as 77",
    }


def test_a_class_that_nobody_names_keeps_its_number(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    content["annotations"][0]["category_id"] = 99
    annotated = read(tmp_path, content)
    assert annotated.truths[0].labels == ("99",) and annotated.classes == ["cat", "dog"]


def test_a_damaged_photo_is_a_fault(tmp_path: Path) -> None:
    content = two_photos(tmp_path)
    (tmp_path / "images" / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0cut")
    assert "damaged" in reasons(read(tmp_path, content))["a.jpg"]


@pytest.mark.parametrize("text", ["", "[]", '{"images": [', "[" * 100_000, '{"images":' + "[" * 100_000, "\x00", '{"images": [1, 2'])
def test_a_file_that_is_no_json_is_one_sentence(text: str, tmp_path: Path) -> None:
    two_photos(tmp_path)
    (tmp_path / "annotations.json").write_text(text)
    with pytest.raises(DataError, match=r"A COCO JSON must be readable\. Received: .*annotations\.json', which is"):
        read_annotated(tmp_path)


def test_a_file_of_too_many_annotations_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST", 12)
    content = two_photos(tmp_path)
    content["annotations"] *= 4
    with pytest.raises(DataError, match="which has more than 12 entries; split it by photos"):
        read(tmp_path, content)


def test_polygons_of_too_many_points_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coco, "MOST_NUMBERS", 10)
    content = two_photos(tmp_path)
    for annotation in content["annotations"]:
        annotation["segmentation"] = [[1, 1, 5, 1, 5, 5]]
    with pytest.raises(DataError, match="must have at most 5 points"):
        read(tmp_path, content)
