"""Photos with masks: a class for every pixel, by value, with names or without."""

from pathlib import Path

import numpy as np
import pytest
from labelled import write_mask, write_photo
from PIL import Image

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.class_masks import ClassMask, Region, class_map
from tltool.data.annotations.folder import read_annotated
from tltool.errors import DataError

VALUES = [[0, 0, 1, 255], [0, 2, 1, 255]]


def write(folder: Path, values: list[list[int]] = VALUES, mode: str = "L", names: str | None = "road\nsky\ncar\n") -> Path:
    write_photo(folder / "images" / "a.jpg", (4, 2))
    if names is not None:
        (folder / "classes.txt").write_text(names)
    return write_mask(folder / "masks" / "a.png", values, mode)


def mapped(annotated: Annotated) -> list[list[int]]:
    (truth,) = annotated.truths
    assert truth.areas
    return class_map(truth.areas, truth.width, truth.height, annotated.classes).tolist()


@pytest.mark.parametrize("mode", ["L", "P"])
def test_values_are_classes_in_the_order_of_their_names_and_255_is_none(mode: str, tmp_path: Path) -> None:
    write(tmp_path, mode=mode)
    annotated = read_annotated(tmp_path)
    assert (annotated.classes, annotated.tasks, annotated.ignored) == (["road", "sky", "car"], ("segment",), {})
    assert mapped(annotated) == VALUES
    assert annotated.amounts() == {"road": (3, 1), "sky": (2, 1), "car": (1, 1)}


def test_without_names_the_values_that_occur_are_the_classes(tmp_path: Path) -> None:
    write(tmp_path, [[0, 7, 7, 255], [0, 0, 0, 0]], names=None)
    annotated = read_annotated(tmp_path)
    assert annotated.classes == ["0", "7"] and mapped(annotated) == [[0, 1, 1, 255], [0, 0, 0, 0]]


@pytest.mark.parametrize("names", [None, "no\nyes\n"])
def test_where_there_is_nothing_but_0_and_255_that_is_the_second_class(names: str | None, tmp_path: Path) -> None:
    write(tmp_path, [[0, 0, 255, 255], [0, 0, 0, 0]], names=names)
    annotated = read_annotated(tmp_path)
    assert annotated.classes == (["0", "255"] if names is None else ["no", "yes"])
    assert mapped(annotated) == [[0, 0, 1, 1], [0, 0, 0, 0]]


def test_a_mask_of_one_bit_has_the_values_0_and_1(tmp_path: Path) -> None:
    file = write(tmp_path, names="no\nyes\n")
    Image.fromarray(np.array([[0, 0, 1, 1], [1, 0, 0, 0]], bool)).save(file)
    assert mapped(read_annotated(tmp_path)) == [[0, 0, 1, 1], [1, 0, 0, 0]]


def test_values_that_no_class_has_count_for_nothing_and_keep_their_number(tmp_path: Path) -> None:
    write(tmp_path, names="road\nsky\n")
    annotated = read_annotated(tmp_path)
    assert annotated.truths[0].labels == ("road", "sky", "2")
    assert mapped(annotated) == [[0, 0, 1, 255], [0, 255, 1, 255]]


def spoil(file: Path, how: str) -> None:
    if how == "size":
        write_mask(file, [[0, 1, 2]])
    elif how == "colour":
        Image.new("RGB", (4, 2)).save(file)
    elif how == "sixteen bits":
        Image.fromarray(np.zeros((2, 4), np.uint16)).save(file)
    elif how == "cut":
        file.write_bytes(file.read_bytes()[:40])
    elif how == "jpeg":
        Image.new("L", (4, 2)).save(file, "JPEG")
    else:
        file.write_bytes(b"")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("size", "has 3 × 1 pixels for a photo of 4 × 2"),
        ("colour", "is of the mode RGB; write each class as a number from 0 to 254, in grey or with a palette"),
        ("sixteen bits", "is of the mode I;16; write each class as a number from 0 to 254, in grey or with a palette"),
        ("cut", "is damaged or cut short"),
        ("jpeg", "is no PNG; other formats change the values of pixels"),
        ("empty", "is no PNG; other formats change the values of pixels"),
    ],
)
def test_a_mask_that_cannot_be_used_leaves_its_photo_out(how: str, reason: str, tmp_path: Path) -> None:
    file = write(tmp_path)
    write_photo(tmp_path / "images" / "b.jpg", (4, 2))
    write_mask(tmp_path / "masks" / "b.png", VALUES)
    spoil(file, how)
    annotated = read_annotated(tmp_path)
    (fault,) = annotated.faults
    assert len(annotated) == 1 and Path(fault.path).name == "a.jpg"
    assert fault.reason.startswith(f"has a mask, a.png, which {reason}")


def test_a_large_mask_is_not_decoded_for_a_small_photo(tmp_path: Path) -> None:
    file = write(tmp_path)
    Image.new("L", (12_000, 12_000)).save(file, compress_level=1)
    with pytest.raises(DataError, match="12000 × 12000 pixels for a photo of 4 × 2"):
        read_annotated(tmp_path)


def test_photos_without_masks_and_masks_without_photos_are_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    write_photo(tmp_path / "images" / "b.jpg", (4, 2))
    write_mask(tmp_path / "masks" / "c.png", VALUES)
    annotated = read_annotated(tmp_path)
    assert {(Path(fault.path).name, fault.reason) for fault in annotated.faults} == {
        ("b.jpg", "has no labels"),
        ("c.png", "has no photo of its name, or several"),
    }


@pytest.mark.parametrize("names", ["\n".join(map(str, range(256))), "road\nroad\n", "a\udcff\n"], ids=["too many", "twice", "no UTF-8"])
def test_names_that_are_none_are_one_sentence(names: str, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "classes.txt").write_text(names, errors="surrogateescape")
    with pytest.raises(DataError, match="name"):
        read_annotated(tmp_path)


def test_parts_lie_in_folders_and_names_may_be_the_same(tmp_path: Path) -> None:
    for part, value in (("train", 0), ("val", 1)):
        write_photo(tmp_path / "images" / part / "1.jpg", (4, 2))
        write_mask(tmp_path / "masks" / part / "1.png", [[value] * 4] * 2)
    annotated = read_annotated(tmp_path)
    assert (annotated.parts, [truth.labels for truth in annotated.truths]) == (["train", "validation"], [("0",), ("1",)])


def test_masks_beside_photos_of_each_part_are_found_too(tmp_path: Path) -> None:
    for part in ("train", "test"):
        write_photo(tmp_path / part / "images" / f"{part}.png", (4, 2))
        write_mask(tmp_path / part / "masks" / f"{part}.png", VALUES)
    assert read_annotated(tmp_path).parts == ["test", "train"]


def test_a_mask_that_has_changed_since_is_one_sentence(tmp_path: Path) -> None:
    file = write_mask(tmp_path / "a.png", VALUES)
    with pytest.raises(DataError, match=r"A mask must be as it was when it was read\. Received: .*a\.png', which has 4 × 2 pixels"):
        class_map(ClassMask(str(file), (Region("a", 0, 1),)), 5, 2, ["a"])
    file.unlink()
    with pytest.raises(DataError, match="which cannot be read: No such file"):
        class_map(ClassMask(str(file), (Region("a", 0, 1),)), 4, 2, ["a"])
