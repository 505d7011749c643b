"""Folders as people and popular data sets have them → classes and parts, or a refusal that says what to give instead."""

import os
from itertools import accumulate

import pytest

from tltool.data.reading.layouts import class_folders
from tltool.data.reading.part_names import is_serial, parts_among
from tltool.data.reading.tree import draw_tree, grow_tree
from tltool.errors import DataError


def tree(*paths: str):
    """The tree of these files and, where a path ends in /, folders; ``cat/2*`` are two photos. Nothing lies on a disk."""
    folders, photos, others = {"/data"}, [], []
    for path in paths:
        folder, name = os.path.split(f"/data/{path}")
        folders.update(list(accumulate(folder.split("/"), lambda above, inner: f"{above}/{inner}"))[1:])
        if name.endswith("*"):
            photos += [f"{folder}/{i}.jpg" for i in range(int(name[:-1]))]
        elif name:
            others.append(f"{folder}/{name}")
    return grow_tree(folders, photos, others)


def layout(*paths: str) -> dict[str, str]:
    return {path.removeprefix("/data/"): part for path, part in class_folders(tree(*paths)).items()}


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        # parts, whatever their makers call them
        (
            ["Training/cat/2*", "Training/dog/2*", "Testing/cat/1*", "Testing/dog/1*"],
            {"Training/cat": "train", "Training/dog": "train", "Testing/cat": "test", "Testing/dog": "test"},
        ),
        (
            [
                "seg_train/seg_train/sea/2*",
                "seg_train/seg_train/ice/2*",
                "seg_test/seg_test/sea/1*",
                "seg_test/seg_test/ice/1*",
                "seg_pred/seg_pred/9*",
            ],
            {
                "seg_train/seg_train/sea": "train",
                "seg_train/seg_train/ice": "train",
                "seg_test/seg_test/sea": "test",
                "seg_test/seg_test/ice": "test",
            },
        ),
        (
            [
                "training_set/training_set/cats/2*",
                "training_set/training_set/dogs/2*",
                "test_set/test_set/cats/1*",
                "test_set/test_set/dogs/1*",
            ],
            {
                "training_set/training_set/cats": "train",
                "training_set/training_set/dogs": "train",
                "test_set/test_set/cats": "test",
                "test_set/test_set/dogs": "test",
            },
        ),
        (
            ["dataset/training_set/cats/2*", "dataset/training_set/dogs/2*", "dataset/test_set/cats/1*", "dataset/single_prediction/2*"],
            {"dataset/training_set/cats": "train", "dataset/training_set/dogs": "train", "dataset/test_set/cats": "test"},
        ),
        (
            ["train2017/a/1*", "train2017/b/1*", "valImages/a/1*"],
            {"train2017/a": "train", "train2017/b": "train", "valImages/a": "validation"},
        ),
        (["TrainSet/a/1*", "TrainSet/b/1*", "ValidSet/a/1*"], {"TrainSet/a": "train", "TrainSet/b": "train", "ValidSet/a": "validation"}),
        (
            ["x/train/images/a/1*", "x/train/images/b/1*", "x/dev/images/a/1*", "x/dev/images/b/1*"],
            {"x/train/images/a": "train", "x/train/images/b": "train", "x/dev/images/a": "validation", "x/dev/images/b": "validation"},
        ),
        (
            ["chest/train/ill/2*", "chest/train/well/2*", "chest/test/ill/1*", "chest/chest/train/ill/2*", "chest/chest/train/well/2*"],
            {"chest/train/ill": "train", "chest/train/well": "train", "chest/test/ill": "test"},
        ),
        (["Train/0/2*", "Train/1/2*", "Test/9*", "Meta/2*", "Train.csv"], {"Train/0": "train", "Train/1": "train"}),
        # a useless level beside what holds no photo
        (["images/a/1*", "images/b/1*", "meta/classes.txt"], {"images/a": "", "images/b": ""}),
        (
            ["Images/n02085620-Chihuahua/1*", "Images/n02085782-Spaniel/1*", "Annotation/n02085620-Chihuahua/1.xml"],
            {"Images/n02085620-Chihuahua": "", "Images/n02085782-Spaniel": ""},
        ),
        # classes that are called like parts, or hold bursts, days, patients, pictures and masks
        (["bus/2*", "train/2*", "plane/2*"], {"bus": "", "train": "", "plane": ""}),
        (["bus/2*", "train/burst_1/2*", "train/burst_2/2*", "plane/2*"], {"bus": "", "train": "", "plane": ""}),
        (["bus/2*", "train_station/day/2*", "train_track/old/2*"], {"bus": "", "train_station": "", "train_track": ""}),
        (["ill/2019-05-01/2*", "ill/2019-05-02/1*", "well/2019-05-01/2*", "well/2019-05-02/2*"], {"ill": "", "well": ""}),
        (["ill/patient1/2*", "ill/patient2/1*", "well/patient1/2*", "well/patient2/1*"], {"ill": "", "well": ""}),
        (["ill/images/2*", "ill/masks/2*", "well/images/2*", "well/masks/2*"], {"ill": "", "well": ""}),
        (["ill/images/2*", "ill/labels/1.txt", "well/images/2*", "well/labels/1.txt"], {"ill": "", "well": ""}),
        (["cat/1*", "cat/indoors/2*", "cat/outdoors/2*", "dog/indoors/2*", "dog/1*", "dog/outdoors/2*"], {"cat": "", "dog": ""}),
        (["cat/tabby/1*", "cat/siamese/1*", "dog/pug/1*", "dog/poodle/1*"], {"cat": "", "dog": ""}),
        (["001.Albatross/2*", "002.Gull/2*"], {"001.Albatross": "", "002.Gull": ""}),
        (["0/2*", "1/2*", "10/2*"], {"0": "", "1": "", "10": ""}),
    ],
)
def test_a_layout_is_read_as_it_was_meant(paths: list[str], wanted: dict[str, str]) -> None:
    assert layout(*paths) == wanted


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (
            ["color/a/2*", "color/b/2*", "grayscale/a/2*", "grayscale/b/2*", "segmented/a/2*", "segmented/b/2*"],
            "Folders with the same subfolders are parts or variants of the photos, not classes. Received: 'color', 'grayscale', "
            "'segmented' in '/data', which hold 'a', 'b'. Give one of them, as in --data '/data/color'; to learn from all, or if 'color', "
            "'grayscale', 'segmented' are the classes, list the photos in a CSV with the columns path and label.",
        ),
        (["A/hats/2*", "A/pants/2*", "B/hats/2*", "B/pants/2*"], "Give one of them, as in --data '/data/A'"),
        (["site1/0/2*", "site1/1/2*", "site2/0/2*", "site2/1/2*", "site3/0/2*"], "Give one of them, as in --data '/data/site1'"),
        (
            ["raw/n01440764/2*", "raw/n01443537/2*", "small/n01440764/2*", "small/n01443537/2*"],
            "Give one of them, as in --data '/data/raw'",
        ),
        (["v1/train/a/2*", "v1/test/a/2*", "v2/train/a/2*", "v2/test/a/2*"], "Put the parts above the classes"),
        (["cat/train/2*", "cat/test/1*", "dog/train/2*", "dog/test/1*"], "Put the parts above the classes, as in train/cat/1.jpg"),
        (
            ["a/2*", "b/2*", "plants/a/2*", "plants/b/2*"],
            "Every class must have one folder. Received: 'a', 'b' in '/data' and once more in 'plants'",
        ),
        (["cat/2*", "dog/2*", "test/cat/1*", "test/dog/1*"], "Received: 'cat', 'dog' beside 'test', with the same classes."),
        (
            ["train/a/2*", "train/b/2*", "test/a/1*", "extra/a/2*", "extra/b/2*"],
            "Received: 'extra' beside 'test', 'train', with the same classes.",
        ),
        (
            ["bus/2*", "plane/2*", "train/red/2*", "train/blue/2*"],
            "A folder must be a part of the photos or a class. Received: 'train' with 'blue', 'red', beside 'bus', 'plane'. "
            "If its subfolders are the classes, give --data '/data/train'; if it is a class itself, move its photos up out of its "
            "subfolders.",
        ),
        (["train/12*", "test1/12*"], "Photos must lie in class folders, as in train/cat/1.jpg"),
        (["train2017/2*", "val2017/2*", "annotations/a.json"], "Photos must lie in class folders, as in train/cat/1.jpg"),
        (["images_part_1/2*", "images_part_2/2*", "metadata.csv"], "Photos must lie in folders that are called as their classes."),
        (["images/2*", "masks/2*"], "Photos must lie in folders that are called as their classes."),
        (["3*"], "Received: '/data' with 3 photos right in it, and in no folder below. Give the folder above it"),
        (
            ["train/images/2*", "train/labels/1.txt", "valid/images/2*", "valid/labels/1.txt", "data.yaml"],
            "Every photo must have one class, and its folder must say which. Received: '/data/train/images' beside 'labels' "
            "with 1 text file, as boxes are written. Train a detector on them, or cut the boxes out and sort them into class folders.",
        ),
        (["images/train/2*", "images/val/2*", "labels/train/1.txt", "labels/val/1.txt"], "as boxes are written"),
        (["JPEGImages/2*", "Annotations/1.xml", "ImageSets/Main/train.txt"], "as boxes are written"),
    ],
)
def test_a_layout_that_would_mislead_is_refused_with_the_folder_to_give(
    paths: list[str], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with pytest.raises(DataError) as caught:
        layout(*paths)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert "\n".join(draw_tree(tree(*paths))) in caplog.text


def test_a_tree_is_drawn_with_the_photos_below_each_folder_and_not_without_end() -> None:
    assert draw_tree(tree("a/x/2*", "a/y/1*", "b/3*"), depth=2) == ["/data  6 photos", "├── a  3 photos", "└── b  3 photos"]
    assert draw_tree(tree("a/x/2*", "b/3*"))[1:3] == ["├── a  2 photos", "│   └── x  2 photos"]
    assert draw_tree(tree(*(f"{i}/1*" for i in range(20))))[-1] == "└── … 14 more folders"


def test_a_tree_may_be_deeper_than_python_recurses() -> None:
    deep = tree("/".join(["x"] * 1500) + "/2*", "y/1*")
    assert deep.total == 3 and "└── y  1 photo" in draw_tree(deep)
    assert class_folders(deep) == {"/data/x": "", "/data/y": ""}
    assert list(class_folders(tree("/".join(["x"] * 1500) + "/2*"))) == ["/data" + "/x" * 1500]


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["seg_train", "seg_test"], {"seg_train": "train", "seg_test": "test"}),
        (["covid test", "covid train", "other"], {"covid test": "test", "covid train": "train"}),
        (["train_station", "test_tube", "trainers", "valley"], {}),
        (["train_test", "TEST-images", "x_val_data"], {"TEST-images": "test"}),
    ],
)
def test_a_name_stands_for_a_part_alone_or_beside_another(names: list[str], parts: dict[str, str]) -> None:
    assert parts_among(names) == parts


def test_bursts_days_and_patients_are_serial_and_classes_are_not() -> None:
    assert all(map(is_serial, ["1", "007", "2019", "2019-05-01", "burst_3", "patient12", "IMG 004 (2)", "Tag 3"]))
    assert not any(map(is_serial, ["cat", "n01440764", "01_palm", "001.Albatross", "40X", "b12 deficiency"]))
