"""What a folder holds is told from its files; where that cannot be told, one sentence says what to do."""

import json
import logging
from pathlib import Path

import pytest
from labelled import SIX, coco_of, write_json, write_mask, write_photo, write_six, write_voc, write_yolo

from tltool.data.annotations.folder import read_annotated
from tltool.errors import DataError


def write_coco(folder: Path, name: str = "annotations.json") -> None:
    write_json(folder / name, coco_of({f"{stem}.jpg": its for stem, its in SIX.items()}))


def test_what_was_read_is_told_with_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_six(tmp_path / "images")
    write_coco(tmp_path)
    (tmp_path / "README.md").write_text("x")
    caplog.set_level(logging.INFO, "tltool")
    read_annotated(tmp_path)
    assert caplog.messages[-1].split("\n") == [
        f"{tmp_path}  COCO JSON: 6 photos, 8 objects of 2 classes",
        "├── cat  4 objects in 3 photos",
        "└── dog  4 objects in 4 photos",
        "read as showing none of the classes: 1 photo",
        "fit for --task detect",
        "ignored: 1 .md",
    ]


def test_two_kinds_of_labels_are_refused_with_both_commands(tmp_path: Path) -> None:
    write_six(tmp_path / "images")
    write_coco(tmp_path)
    for name, ((width, height), _) in SIX.items():
        write_mask(tmp_path / "masks" / f"{name}.png", [[0] * width] * height)
    with pytest.raises(
        DataError, match=r"of one kind\. Received: .* with COCO JSON and images with masks\. Say which: `--task detect` or `--task segment`"
    ):
        read_annotated(tmp_path)
    assert read_annotated(tmp_path, "detect").form == "COCO JSON"
    assert read_annotated(tmp_path, "segment").form == "images with masks"


def test_labels_that_are_written_twice_are_refused(tmp_path: Path) -> None:
    write_six(tmp_path)
    write_coco(tmp_path)
    for name, (size, boxes) in SIX.items():
        write_voc(tmp_path / f"{name}.xml", size, boxes)
    with pytest.raises(DataError, match=r"written once\. Received: .* with COCO JSON and Pascal VOC\. Move one"):
        read_annotated(tmp_path)
    with pytest.raises(DataError, match="written once"):
        read_annotated(tmp_path, "detect")


def test_points_and_boxes_of_the_same_photos_are_two_kinds(tmp_path: Path) -> None:
    write_six(tmp_path / "train2017")
    write_coco(tmp_path / "annotations", "instances_train2017.json")
    content = coco_of({f"{stem}.jpg": its for stem, its in SIX.items()})
    content["categories"][0]["keypoints"] = ["nose"]
    content["annotations"] = [content["annotations"][0] | {"keypoints": [1, 2, 2]}]
    write_json(tmp_path / "annotations" / "person_keypoints_train2017.json", content)
    with pytest.raises(DataError, match=r"COCO JSON with points and COCO JSON\. Say which: `--task landmarks` or `--task detect`"):
        read_annotated(tmp_path)
    assert read_annotated(tmp_path, "landmarks").points == ("nose",)
    assert len(read_annotated(tmp_path, "detect").truths[1].boxes) == 2


def test_a_part_without_masks_and_one_without_annotations_are_of_the_same_kind(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        write_photo(tmp_path / part / f"{part}.jpg", (40, 30))
        content = coco_of({f"{part}.jpg": ((40, 30), [("cat", 1, 2, 30, 20)])})
        if part == "train":
            content["annotations"][0]["segmentation"] = [[1, 2, 30, 2, 30, 20]]
        elif part == "test":
            content["annotations"] = []
        write_json(tmp_path / f"{part}.json", content)
    annotated = read_annotated(tmp_path)
    assert (annotated.parts, annotated.tasks) == (["test", "train", "validation"], ("detect",))


def test_other_files_of_a_coco_download_are_no_labels(tmp_path: Path) -> None:
    write_six(tmp_path / "val2017")
    write_coco(tmp_path / "annotations", "instances_val2017.json")
    images = coco_of({f"{stem}.jpg": its for stem, its in SIX.items()})
    write_json(
        tmp_path / "annotations" / "captions_val2017.json", images | {"annotations": [{"image_id": 0, "id": 1, "caption": "A cat."}]}
    )
    write_json(tmp_path / "annotations" / "image_info_test2017.json", {key: images[key] for key in ("images", "categories")})
    annotated = read_annotated(tmp_path)
    assert (len(annotated), annotated.faults, annotated.ignored) == (6, [], {".json": 2})


@pytest.mark.parametrize("task", ["segment", "landmarks", "instances"])
def test_a_task_that_does_not_fit_the_labels_is_one_sentence(task: str, tmp_path: Path) -> None:
    write_six(tmp_path)
    write_coco(tmp_path)
    with pytest.raises(DataError, match=f"must be fit for --task {task}. Received: .*COCO JSON"):
        read_annotated(tmp_path, task)


def test_labels_of_an_unknown_form_are_to_be_exported(tmp_path: Path) -> None:
    write_six(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps({"version": "5.0", "shapes": [], "imagePath": "a.jpg"}))
    with pytest.raises(DataError, match=r"Labels must be COCO JSON, .* Received: .* with 6 photos, 1 \.json\. Export them as COCO\."):
        read_annotated(tmp_path)


def test_a_json_that_is_called_as_coco_is_and_is_none_says_which_key_is_missing(tmp_path: Path) -> None:
    write_six(tmp_path)
    write_json(tmp_path / "annotations.json", {"images": [], "annotations": []})
    with pytest.raises(DataError, match=r"must have the keys images, annotations, categories.* without categories"):
        read_annotated(tmp_path)


def test_other_texts_beside_photos_are_no_labels(tmp_path: Path) -> None:
    write_six(tmp_path)
    write_coco(tmp_path)
    (tmp_path / "a.txt").write_text("A cat, seen from above.")
    (tmp_path / "LICENSE.txt").write_text("MIT")
    assert read_annotated(tmp_path).form == "COCO JSON"


def test_the_name_of_the_folder_itself_says_nothing(tmp_path: Path) -> None:
    write_yolo(tmp_path / "masks" / "labels" / "a.txt", (40, 30), [("cat", 1, 2, 3, 4)])
    write_photo(tmp_path / "masks" / "a.png", (40, 30))
    assert read_annotated(tmp_path / "masks").form == "YOLO"


@pytest.mark.parametrize("name", ["Annotations", "SegmentationClass", "masks", "train_masks", "labels", "trainannot"])
def test_folders_of_masks_go_by_several_names(name: str, tmp_path: Path) -> None:
    write_photo(tmp_path / "images" / "a.png", (4, 2))
    write_mask(tmp_path / name / "a.png", [[0, 1, 2, 3]] * 2)
    write_mask(tmp_path / "SegmentationObject" / "a.png", [[0, 1, 2, 3]] * 2)
    assert read_annotated(tmp_path).classes == ["0", "1", "2", "3"]


def test_a_folder_that_is_not_there_or_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    write_six(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        read_annotated(tmp_path / "z")
    with pytest.raises(DataError, match=r"Give the folder that it lies in\."):
        read_annotated(tmp_path / "a.jpg")


def test_nothing_of_the_users_is_changed(tmp_path: Path) -> None:
    write_six(tmp_path)
    write_coco(tmp_path)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()}
    read_annotated(tmp_path)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()} == before
