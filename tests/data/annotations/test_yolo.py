"""YOLO: its ``data.yaml`` in all forms that occur, and lines of boxes, polygons and points."""

from pathlib import Path

import numpy as np
import pytest
from labelled import write_photo

from tltool.data.annotations.data_yaml import as_names, parse_yaml
from tltool.data.annotations.fields import Unusable
from tltool.data.annotations.folder import read_annotated
from tltool.data.annotations.truths import Truth
from tltool.data.photos import read_photos
from tltool.errors import DataError


@pytest.mark.parametrize(
    "text",
    [
        "names: [cat, wild dog, it's]",
        "names: ['cat', \"wild dog\", 'it''s']  # three",
        "names:\n- cat\n- wild dog\n- it's\n",
        "names:\n  - cat\n  - 'wild dog'  # of Africa\n  - \"it's\"\n",
        "names:\n  0: cat\n  1: wild dog\n  2: it's\n",
        "names:\n  0: 'cat'\n\n  # more\n  1: \"wild dog\"\n  2: it's\n",
        'names: {0: cat, 1: wild dog, 2: "it\'s"}',
        "names: {'0': cat, '1': 'wild dog', '2': it's}",
        "names: [\n  cat,\n  wild dog,\n  it's,\n]\n",
        "names: ['cat',\n        'wild dog',\n        \"it's\"]\n",
        "path: ../x\nnames : [cat, wild dog, it's]\nroboflow:\n  url: http://x.y/z#1\ndownload: |\n  import os\n  os.system('x')\n",
        "---\nnc: 3\ndownload: !!python/object/apply:os.system ['x']\nnames: [cat, wild dog, it's]\nanchors: &a\n  - 1\n",
    ],
)
def test_names_are_read_in_every_form_that_occurs(text: str) -> None:
    assert as_names(parse_yaml(text)["names"]) == ["cat", "wild dog", "it's"]


def test_values_of_one_line_and_lists_of_numbers_are_text() -> None:
    read = parse_yaml(
        "path: ../data sets/x # here\ntrain: images/train\nkpt_shape: [4, 3]\nflip_idx: [0, 2, 1, 3]\nval:\n"
        "names: ['#1', a#b, 'a, b', 'c: d']\n"
    )
    assert read == {
        "path": "../data sets/x",
        "train": "images/train",
        "kpt_shape": ["4", "3"],
        "flip_idx": ["0", "2", "1", "3"],
        "val": [],
        "names": ["#1", "a#b", "a, b", "c: d"],
    }


def test_numbers_that_are_left_out_are_their_own_names() -> None:
    assert as_names({"0": "cat", "2": "dog"}) == ["cat", "1", "dog"]


@pytest.mark.parametrize(
    "text",
    [
        "names: !!python/object/apply:os.system ['x']",
        "names: &a [x]",
        "names: *a",
        "names: |\n  a\n  b\n",
        "names: [a, [b]]",
        "names: [a, {b: c}]",
        "names: [a, b",
        "names: {0: a: b}",
        "names:\n  0 cat\n",
        "names:\n  - a\n  0: b\n",
        "names: 3",
        "names: {-1: a}",
        "names: {999999999999: a}",
        "names: {cat: 0}",
        "names: {}",
    ],
)
def test_other_forms_of_yaml_are_refused_where_they_are_asked_for(text: str) -> None:
    with pytest.raises(Unusable):
        as_names(parse_yaml(text)["names"])


@pytest.mark.parametrize(
    "text",
    ["names: " + "[" * 100_000, "names: [" + "'" * 100_001, "a" * 1_000_000, "names" + " " * 1_000_000 + "x", "names: [" + "a," * 200_000],
)
def test_hostile_yaml_is_read_in_no_time_or_refused(text: str) -> None:
    try:
        parse_yaml(text)
    except Unusable as error:
        assert len(str(error)) < 200


def read(folder: Path, lines: str, yaml: str = "names: [cat, dog]", task: str | None = None) -> Truth:
    """The truth of one photo of 100 × 50 pixels."""
    write_photo(folder / "images" / "a.jpg", (100, 50))
    (folder / "labels").mkdir(exist_ok=True)
    (folder / "labels" / "a.txt").write_text(lines)
    (folder / "data.yaml").write_text(yaml)
    (truth,) = read_annotated(folder, task).truths
    return truth


def test_a_box_is_a_middle_and_a_size(tmp_path: Path) -> None:
    truth = read(tmp_path, "1 0.5 0.5 0.2 0.4\n\n 0 .25 .5 .5 1 \n")
    assert [box.label for box in truth.boxes] == ["dog", "cat"]
    np.testing.assert_allclose([box.corners for box in truth.boxes], [[40, 15, 60, 35], [0, 0, 50, 50]])


def test_a_polygon_is_a_mask_with_the_box_around_it(tmp_path: Path) -> None:
    truth = read(tmp_path, "1 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6")
    np.testing.assert_allclose(truth.boxes[0].corners, (10, 10, 30, 30))
    assert truth.mask(0).sum() == 400  # type: ignore[union-attr]


POSE = "names: [mouse]\nkpt_shape: [3, 3]\nflip_idx: [0, 2, 1]\nkpt_names: [nose, left, right]\n"


def test_points_are_named_and_paired_as_the_yaml_says(tmp_path: Path) -> None:
    truth = read(tmp_path, "0 0.5 0.5 0.2 0.4 0.5 0.5 2 0.1 0.2 1 0 0 0", POSE)
    assert [(point.name, point.x, point.y, point.visible) for point in truth.instances[0].points] == [
        ("nose", 50, 25, True),
        ("left", 10, 10, False),
    ]
    annotated = read_annotated(tmp_path)
    assert (annotated.points, annotated.flip_pairs, annotated.tasks[0]) == (("nose", "left", "right"), (("left", "right"),), "landmarks")


def test_pairs_that_only_the_yaml_knows_let_photos_be_mirrored(tmp_path: Path) -> None:
    read(tmp_path, "0 0.5 0.5 0.2 0.4 0.5 0.5 2 0.1 0.2 1 0 0 0", POSE.replace("left", "ear").replace("right", "auricle"))
    samples = read_photos(tmp_path, task="landmarks")
    assert samples.given == {"flip_pairs": {"ear:auricle": 1.0}} and samples.may_flip


def test_points_of_two_numbers_are_there_unless_both_are_nought(tmp_path: Path) -> None:
    truth = read(tmp_path, "0 0.5 0.5 0.2 0.4 0.5 0.5 0 0", "names: [mouse]\nkpt_shape: [2, 2]\n")
    assert [(point.name, point.x) for point in truth.instances[0].points] == [("1", 50)]


@pytest.mark.parametrize(
    "yaml",
    [
        POSE.replace("[3, 3]", "[0, 3]"),
        POSE.replace("[3, 3]", "[3, 4]"),
        POSE.replace("[3, 3]", "[999999999, 3]"),
        POSE.replace("2, 1]", "2, 3]"),
        POSE.replace("2, 1]", "2]"),
        POSE.replace("[3, 3]", "x"),
    ],
)
def test_a_yaml_that_contradicts_itself_is_one_sentence(yaml: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"The names of YOLO's classes must be readable\. Received: .*data\.yaml"):
        read(tmp_path, "0 0.5 0.5 0.2 0.4", yaml)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0 0.5 0.5 0.2", "has a line of 4 numbers, which is neither a box nor a polygon nor 0 points"),
        ("0 0.5 0.5 0.2 0.4 0.9", "has a line of 6 numbers, which is neither a box nor a polygon nor 0 points"),
        ("cat 0.5 0.5 0.2 0.4", "has a line that begins with no class number ('cat')"),
        ("-1 0.5 0.5 0.2 0.4", "has a line that begins with no class number ('-1')"),
        ("99999999999 0.5 0.5 0.2 0.4", "has a line that begins with no class number ('99999999999')"),
        ("0 0.5 0.5 0.2 x", "has a place that is no number ('x')"),
        ("0 0.5 0.5 0.2 nan", "has a place that is no number ('nan')"),
        ("0 0.5 0.5 0.2 1e308", "has a place of 1e+308, more than the 3 that are read"),
        ("0 320 240 60 80", "has a place of 320, more than the 3 that are read"),
        ("\x00\x00", "has a line that begins with no class number ('\\x00\\x00')"),
    ],
)
def test_a_line_that_says_nothing_leaves_its_photo_out(line: str, reason: str, tmp_path: Path) -> None:
    write_photo(tmp_path / "images" / "b.jpg", (100, 50))
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "b.txt").write_text("0 0.5 0.5 0.2 0.4")
    read(tmp_path, line)
    (fault,) = read_annotated(tmp_path).faults
    assert (Path(fault.path).name, fault.reason) == ("a.jpg", f"has labels in a.txt, which {reason}")


def test_photos_without_a_text_or_with_an_empty_one_show_nothing(tmp_path: Path) -> None:
    for name in ("b", "c"):
        write_photo(tmp_path / "images" / f"{name}.jpg", (100, 50))
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "b.txt").write_text("\n")
    (tmp_path / "labels" / "z.txt").write_text("0 0.5 0.5 0.2 0.4")
    with pytest.raises(ValueError, match="too many values"):
        read(tmp_path, "0 0.5 0.5 0.2 0.4")
    annotated = read_annotated(tmp_path)
    assert [len(truth.instances) for truth in annotated.truths] == [1, 0, 0]
    assert [(Path(fault.path).name, fault.reason) for fault in annotated.faults] == [("z.txt", "has no photo of its name, or several")]


def test_parts_lie_in_folders_and_names_may_be_the_same(tmp_path: Path) -> None:
    for part, number in (("train", 0), ("valid", 1)):
        write_photo(tmp_path / part / "images" / "1.jpg", (100, 50))
        (tmp_path / part / "labels").mkdir()
        (tmp_path / part / "labels" / "1.txt").write_text(f"{number} 0.5 0.5 0.2 0.4")
    (tmp_path / "data.yaml").write_text("train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['cat', 'dog']\n")
    annotated = read_annotated(tmp_path)
    assert (annotated.parts, [truth.labels for truth in annotated.truths]) == (["train", "validation"], [("cat",), ("dog",)])


@pytest.mark.parametrize(
    ("yaml", "parts"),
    [
        ("train: images/day\nval: ./images/night", ["train", "validation"]),
        ("path: ../x\ntrain: [../images/day]\ntest:\n  - images/night", ["train", "test"]),
        ("train: images/day\nval: images/day\ntest: images/night", ["", ""]),
        ("train: images/day", ["", ""]),
        ("train: images\nval: images", ["", ""]),
        ("train:\nval: /", ["", ""]),
    ],
)
def test_the_yaml_may_name_the_folders_of_parts(yaml: str, parts: list[str], tmp_path: Path) -> None:
    for name in ("day", "night"):
        write_photo(tmp_path / "images" / name / f"{name}.jpg", (100, 50))
        (tmp_path / "labels" / name).mkdir(parents=True)
        (tmp_path / "labels" / name / f"{name}.txt").write_text("0 0.5 0.5 0.2 0.4")
    (tmp_path / "data.yaml").write_text(f"{yaml}\nnames: [cat]\n")
    assert read_annotated(tmp_path).parts == parts


def test_classes_without_names_are_numbers_and_those_beyond_the_names_keep_theirs(tmp_path: Path) -> None:
    assert read(tmp_path, "7 0.5 0.5 0.2 0.4").labels == ("7",)
    assert read_annotated(tmp_path).classes == ["cat", "dog"]
    (tmp_path / "data.yaml").unlink()
    assert read_annotated(tmp_path).classes == ["7"]


def test_what_is_named_by_numbers_of_pixels_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none that can be used .*more than the 3 that are read"):
        read(tmp_path, "0 320 240 60 80")
