"""Photos are read as the labels beside them say, or as the folders do in which they lie."""

import json
import logging
from pathlib import Path

import pytest
from marked import write_coco, write_masks

from tltool.data.photos import read_photos
from tltool.errors import DataError


@pytest.mark.parametrize(("write", "task", "classes"), [(write_coco, "detect", ["square"]), (write_masks, "segment", ["ground", "square"])])
def test_labels_beside_photos_say_the_task(tmp_path: Path, write, task: str, classes: list[str]) -> None:
    samples = read_photos(write(tmp_path / "photos", 3))
    assert (samples.task, samples.classes, len(samples), samples.is_located) == (task, classes, 3, True)
    assert samples.counts() == {name: {"": 3} for name in classes}


def test_another_task_that_the_labels_are_fit_for_can_be_asked_for(tmp_path: Path) -> None:
    assert read_photos(write_coco(tmp_path / "photos", 3), task="localize").task == "localize"
    with pytest.raises(DataError, match="must be fit for --task segment"):
        read_photos(tmp_path / "photos", task="segment")


def test_class_folders_stay_class_folders_and_what_else_could_be_learned_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    write_coco(tmp_path, 4)
    for name, photos in {"cat": ("00.png", "01.png"), "dog": ("02.png", "03.png")}.items():
        (tmp_path / name).mkdir()
        for photo in photos:
            (tmp_path / "images" / photo).rename(tmp_path / name / photo)
    (tmp_path / "images").rmdir()
    samples = read_photos(tmp_path)
    assert (samples.task, samples.classes) == ("classify", ["cat", "dog"])
    assert "say --task detect" in caplog.text
    assert read_photos(tmp_path, task="detect").classes == ["square"]


def test_folders_of_masks_are_no_classes(tmp_path: Path) -> None:
    photos = write_masks(tmp_path / "photos", 4)
    for part, names in {"train": ("00", "01"), "test": ("02", "03")}.items():
        for kind, folder in {"images": part, "masks": f"{part}annot"}.items():
            (tmp_path / "camvid" / folder).mkdir(parents=True)
            for name in names:
                (photos / kind / f"{name}.png").rename(tmp_path / "camvid" / folder / f"{name}.png")
    samples = read_photos(tmp_path / "camvid")
    assert samples.task == "segment" and sorted(samples.table["split"]) == ["test", "test", "train", "train"]


def test_what_is_odd_about_labels_goes_with_the_samples(tmp_path: Path) -> None:
    folder = write_coco(tmp_path / "photos", 3)
    content = json.loads((folder / "annotations.json").read_text())
    content["annotations"][1]["bbox"] = [-40, 0, 60, 20]
    (folder / "annotations.json").write_text(json.dumps(content))
    assert [name for name, _ in read_photos(folder).oddities] == ["boxes outside"]
