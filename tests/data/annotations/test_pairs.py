"""Photos with masks: a class for every pixel, by value, with names or without."""

from pathlib import Path

import numpy as np
import pytest
from labelled import write_mask, write_photo
from PIL import Image

from tltool.data.annotations import cells
from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.cells import parse
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


COLOURS = {"road": (128, 64, 128), "sky": (70, 130, 180), "car": (0, 0, 142)}
LISTS = {
    "class_dict.csv": "name,r,g,b\nroad, 128, 64, 128\nsky,70,130,180\ncar,0,0,142\n",
    "labelmap.txt": "# label:color_rgb:parts:actions\nroad:128,64,128::\nsky:70,130,180::\ncar:0,0,142::\n",
    "label_colors.txt": "128 64 128\troad\n70 130 180\tsky\n0 0 142\tcar\n",
}


def paint_mask(file: Path, mode: str) -> None:
    """``VALUES`` in colours; where nothing counts, one that no list has."""
    table = np.array([*COLOURS.values(), (1, 2, 3)], np.uint8)
    painted = Image.fromarray(table[np.minimum(VALUES, 3)])
    (painted.quantize(8) if mode == "P" else painted.convert(mode)).save(file)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("name", LISTS)
def test_colours_are_classes_where_a_list_says_which(name: str, mode: str, tmp_path: Path) -> None:
    paint_mask(write(tmp_path, names=None), mode)
    (tmp_path / name).write_text(LISTS[name])
    annotated = read_annotated(tmp_path)
    assert (annotated.classes, annotated.faults, annotated.ignored) == (["road", "sky", "car"], [], {})
    assert mapped(annotated) == VALUES and set(annotated.truths[0].labels) == {"car", "sky", "road", "#010203"}
    assert parse(cells.write(annotated.truths[0])) == annotated.truths[0]


@pytest.mark.parametrize(
    ("name", "text"), [("labelmap.txt", "0:0,0,0::\n1:1,1,1::\n"), ("class_dict.csv", "name,r,g,b\n0,0,0,0\n1,1,1,1\n")]
)
def test_classes_may_be_called_by_numbers_that_their_colours_have_too(name: str, text: str, tmp_path: Path) -> None:
    file = write(tmp_path, names=None)
    Image.fromarray(np.array([[[0] * 3, [1] * 3] * 2] * 2, np.uint8)).save(file)
    (tmp_path / name).write_text(text)
    annotated = read_annotated(tmp_path)
    assert annotated.classes == ["0", "1"] and mapped(annotated) == [[0, 1, 0, 1]] * 2


def test_of_many_colours_of_no_class_a_few_are_told(tmp_path: Path) -> None:
    write_photo(tmp_path / "images" / "a.jpg", (40, 30))
    noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)
    noise[:15] = COLOURS["sky"]
    (tmp_path / "masks").mkdir()
    Image.fromarray(noise).save(tmp_path / "masks" / "a.png")
    (tmp_path / "class_dict.csv").write_text(LISTS["class_dict.csv"])
    assert len(read_annotated(tmp_path).truths[0].labels) == 6


def test_a_list_of_colours_goes_with_masks_of_numbers_as_one_of_names_does(tmp_path: Path) -> None:
    write(tmp_path, names=None)
    (tmp_path / "class_dict.csv").write_text(LISTS["class_dict.csv"])
    annotated = read_annotated(tmp_path)
    assert annotated.classes == ["road", "sky", "car"] and mapped(annotated) == VALUES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,r,g,b\nroad,1,2\n", "has the line 'road,1,2', where a class and its red, green and blue must be"),
        ("road,1,2,300\n", "where red, green and blue must be 0 to 255"),
        ("road,1,2,3\nsky,1,2,3\n", "each another with its colour"),
    ],
)
def test_a_list_of_colours_that_is_none_is_one_sentence(text: str, reason: str, tmp_path: Path) -> None:
    write(tmp_path, names=None)
    (tmp_path / "class_dict.csv").write_text(text)
    with pytest.raises(DataError, match=reason):
        read_annotated(tmp_path)


@pytest.mark.parametrize(
    ("photo", "mask"), [("a.jpg", "a_L.png"), ("b_0_leftImg8bit.png", "b_0_gtFine_labelIds.png"), ("7_sat.jpg", "7_mask.png")]
)
def test_a_mask_may_say_in_its_name_that_it_is_one(photo: str, mask: str, tmp_path: Path) -> None:
    write_photo(tmp_path / "images" / photo, (4, 2))
    write_mask(tmp_path / "masks" / mask, VALUES)
    assert mapped(read_annotated(tmp_path)) == VALUES


def test_of_several_pictures_of_a_photo_the_class_map_is_taken(tmp_path: Path) -> None:
    write_photo(tmp_path / "images" / "b_leftImg8bit.png", (4, 2))
    for other in ("color", "instanceIds", "labelIds"):
        write_mask(tmp_path / "gt" / f"b_gtFine_{other}.png", [[9] * 4] * 2)
    write_mask(tmp_path / "gt" / "b_gtFine_labelTrainIds.png", VALUES)
    annotated = read_annotated(tmp_path)
    assert mapped(annotated) == VALUES and annotated.faults == []


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
