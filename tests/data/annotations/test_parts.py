"""Parts: from a list beside the labels, or from the names of folders."""

from pathlib import Path

import pytest
from labelled import write_photo, write_yolo

from tltool.data.annotations.folder import read_annotated
from tltool.errors import DataError


def write(folder: Path, *names: str) -> None:
    for name in names:
        write_photo(folder / f"{name}.jpg", (40, 30))
        write_yolo(folder / f"{name}.txt", (40, 30), [("cat", 1, 2, 11, 22)])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("split.txt", "images/a.jpg train\nimages/my b.jpg val\nimages/c.jpg testing\n"),
        ("split.txt", "images/a.jpg, train\nimages/my b.jpg, val\nimages/c.jpg, testing\n"),
        ("split.txt", "a.jpg\ttrain\nmy b.jpg\tvalidation\nc.jpg\ttest\n"),
        ("split.csv", "file,part\na.jpg,train\nmy b.jpg,valid\nc.jpg,test\n"),
        ("split.csv", '\ufeff"file";"split"\r\n"images\\a.jpg";"Train"\r\nmy b;VAL\r\nc.jpg;test\r\n'),
    ],
)
def test_a_list_says_the_part_of_each_photo(name: str, text: str, tmp_path: Path) -> None:
    write(tmp_path / "images", "a", "c", "d", "my b")
    (tmp_path / name).write_text(text)
    annotated = read_annotated(tmp_path)
    assert (annotated.parts, annotated.faults) == (["train", "test", "", "validation"], [])


def test_a_list_may_name_photos_that_are_not_there(tmp_path: Path) -> None:
    write(tmp_path, "a")
    (tmp_path / "split.csv").write_text("a.jpg,train\n../b.jpg,test\n")
    annotated = read_annotated(tmp_path)
    assert annotated.parts == ["train"]
    assert [fault.reason for fault in annotated.faults] == ["is named in split.csv, and has no labels here"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.jpg,dev\n", "must say train, validation or test of every photo. Received: 'dev'"),
        ("a.jpg\n", "must have a file and its part in every line. Received: 'a.jpg'"),
        ("a.jpg,train\na.jpg,test\n", "must be in one part"),
    ],
)
def test_a_list_of_another_form_is_one_sentence(text: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, "a")
    (tmp_path / "split.csv").write_text(text)
    with pytest.raises(DataError) as refused:
        read_annotated(tmp_path)
    assert message in str(refused.value)


def test_two_lists_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a")
    for name in ("split.csv", "split.txt"):
        (tmp_path / name).write_text("a.jpg,train\n")
    with pytest.raises(DataError, match="The parts must be listed once"):
        read_annotated(tmp_path)


def test_a_list_counts_before_the_names_of_folders(tmp_path: Path) -> None:
    write(tmp_path / "train", "a")
    write(tmp_path / "test", "b")
    assert read_annotated(tmp_path).parts == ["test", "train"]
    (tmp_path / "split.csv").write_text("a.jpg,test\nb.jpg,train\n")
    assert read_annotated(tmp_path).parts == ["train", "test"]


def test_one_part_for_all_is_none(tmp_path: Path) -> None:
    write(tmp_path / "images" / "train", "a", "b")
    assert read_annotated(tmp_path).parts == ["", ""]


def test_a_train_station_is_no_part(tmp_path: Path) -> None:
    write(tmp_path / "train_station", "a")
    write(tmp_path / "test_field", "b")
    assert read_annotated(tmp_path).parts == ["", ""]
