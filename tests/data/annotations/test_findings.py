"""Findings: each oddity that was put there is found, and nothing else."""

from collections.abc import Sequence

import pytest

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.class_masks import ClassMask, Region
from tltool.data.annotations.findings import faults_of
from tltool.data.annotations.photos import Photo
from tltool.data.annotations.truths import Box, Instance, Point, Truth
from tltool.data.samples import Fault

GOOD = Truth(40, 30, (Instance(Box("cat", 0, 0, 40, 30)), Instance(Box("dog", 1, 2, 3, 4), None, (Point("nose", 0, 30),))))


def annotated(*truths: Truth, faults: Sequence[Fault] = (), hashes: str = "abcdefgh") -> Annotated:
    photos = [Photo(f"/x/{i}.jpg", sha256, 40, 30) for i, (_, sha256) in enumerate(zip(truths, hashes))]
    return Annotated("/x", "COCO JSON", photos, list(truths), [""] * len(truths), ["cat", "dog"], faults=list(faults))


def boxes(*corners: Sequence[float], label: str = "cat") -> Truth:
    return Truth(40, 30, tuple(Instance(Box.of(label, its)) for its in corners))


def test_good_labels_have_no_findings() -> None:
    assert faults_of(annotated(GOOD, Truth(40, 30), boxes((-0.9, 0, 40.9, 30)))) == []


@pytest.mark.parametrize(
    ("truth", "name", "reason"),
    [
        (boxes((-5, 0, 10, 10)), "boxes outside", "has a box that leads 5 pixels out of it, 'cat' from -5, 0 to 10, 10"),
        (boxes((30, 20, 50, 90)), "boxes outside", "has a box that leads 60 pixels out of it, 'cat' from 30, 20 to 50, 90"),
        (boxes((3, 4, 3, 9)), "boxes of no area", "has a box of no area, 'cat' from 3, 4 to 3, 9"),
        (boxes((9, 4, 3, 9)), "boxes turned around", "has a box that ends before it begins, 'cat' from 9, 4 to 3, 9"),
        (boxes((1, 2, 3, 4), (1, 2, 3, 4)), "boxes twice", "has 2 times the same box, 'cat' from 1, 2 to 3, 4"),
        (boxes((1, 2, 3, 4), label="emu"), "classes that nobody names", "has a label that no class is called, 'emu'"),
        (
            Truth(40, 30, (Instance(Box("cat", 1, 2, 3, 4), None, (Point("nose", 41.5, 5),)),)),
            "points outside",
            "has 'nose' outside of it, at 42, 5",
        ),
        (
            Truth(40, 30, (), ClassMask("m.png", (Region("cat", 0, 90), Region("9", 9, 30)))),
            "classes that nobody names",
            "has a label that no class is called, '9'",
        ),
    ],
)
def test_an_oddity_of_a_photo_is_found_under_its_name(truth: Truth, name: str, reason: str) -> None:
    assert faults_of(annotated(truth, boxes((1, 2, 3, 4)), boxes((1, 2, 3, 4), label="dog"))) == [(name, [Fault("/x/0.jpg", reason)])]


def test_several_of_a_kind_in_a_photo_are_one_case() -> None:
    (finding,) = faults_of(annotated(GOOD, boxes((3, 4, 3, 9), (5, 4, 5, 9))))
    assert finding.cases == [Fault("/x/1.jpg", "has a box of no area, 'cat' from 3, 4 to 3, 9, and 1 more")]


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("has no labels", "photos without labels"),
        ("has no photo of its name, or several", "labels without photos"),
        ("is not there, and is named in x.json", "labels without photos"),
        ("has a mask, a.png, which has 3 × 1 pixels for a photo of 4 × 2", "masks that do not fit"),
        ("has a mask of 3 × 3 pixels for a photo of 4 × 2", "masks that do not fit"),
    ],
)
def test_what_was_left_out_is_found_under_its_name(reason: str, name: str) -> None:
    assert faults_of(annotated(GOOD, faults=[Fault("/x/z", reason)])) == [(name, [Fault("/x/z", reason)])]


def test_a_class_without_objects_is_found() -> None:
    assert faults_of(annotated(boxes((1, 2, 3, 4)))) == [("classes without objects", [Fault("/x", "names 'dog', of which there is none")])]


def test_a_hundred_times_as_many_objects_are_an_imbalance() -> None:
    many = boxes(*((1, 2, 3 + i / 10, 4) for i in range(99)))
    dog = boxes((1, 2, 3, 4), label="dog")
    assert faults_of(annotated(many, dog)) == []
    assert faults_of(annotated(many, boxes((1, 2, 3, 4)), dog)) == [("imbalance", [Fault("/x", "has 100 of 'cat' and 1 of 'dog'")])]


def test_copies_of_a_photo_with_other_labels_are_found_and_rounding_is_none() -> None:
    one, same, other = boxes((1, 2, 30, 20)), boxes((1.2, 2, 30, 19.8)), boxes((1, 2, 30, 25))
    dog = boxes((1, 2, 3, 4), label="dog")
    assert faults_of(annotated(one, same, dog, hashes="aac")) == []
    assert faults_of(annotated(one, other, dog, hashes="aac")) == [
        ("one photo with two sets of labels", [Fault("/x/1.jpg", "has the content of '/x/0.jpg', and other labels")])
    ]
