"""A CSV with a box in every line, whatever its columns are called."""

from pathlib import Path

import pytest
from labelled import write_photo

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.folder import read_annotated
from tltool.errors import DataError

TABLES = {  # the same two boxes in a photo of 64 × 48, and one in another of 32 × 32
    "TensorFlow": """filename,width,height,class,xmin,ymin,xmax,ymax
a.jpg,64,48,cat,16,12,32,36
b.jpg,32,32,dog,0,8,32,16
a.jpg,64,48,dog,0,0,64,48
""",
    "Open Images": """ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax
a,xclick,cat,1,0.25,0.5,0.25,0.75
a,xclick,dog,1,0,1,0,1
b,xclick,dog,1,0,1,0.25,0.5
""",
    "Kaggle": """image_id;label;bbox
a;cat;[16.0, 12.0, 16.0, 24.0]
b;dog;[0, 8, 32, 8]
a;dog;[0, 0, 64, 48]
""",
    "sizes": "path,label,x,y,w,h\nimages/a.jpg,cat,16,12,16,24\nimages/a.jpg,dog,0,0,64,48\nimages/b.jpg,dog,0,8,32,8\n",
    "VGG": "image\tname\tx1\ty1\tx2\ty2\na.jpg\tcat\t16\t12\t32\t36\na.jpg\tdog\t0\t0\t64\t48\nb.jpg\tdog\t0\t8\t32\t16\n",
    "another order": "\ufeffclass, ymax ,xmin,ymin,xmax,image\ncat,36,16,12,32,a.jpg\ndog,48,0,0,64,a.jpg\ndog,16,0,8,32,b.jpg\n",
}


def read(folder: Path, table: str) -> Annotated:
    write_photo(folder / "images" / "a.jpg", (64, 48))
    write_photo(folder / "images" / "b.jpg", (32, 32))
    (folder / "boxes.csv").write_text(table, encoding="utf-8")
    return read_annotated(folder)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_same_boxes_are_read_under_whatever_names(table: str, tmp_path: Path) -> None:
    annotated = read(tmp_path, table)
    assert (annotated.form, annotated.classes, annotated.faults, annotated.tasks) == ("CSV of boxes", ["cat", "dog"], [], ("detect",))
    one, other = annotated.truths
    assert sorted(box[:5] for box in one.boxes) == [("cat", 16, 12, 32, 36), ("dog", 0, 0, 64, 48)]
    assert [box[:5] for box in other.boxes] == [("dog", 0, 8, 32, 16)]


def test_a_size_that_is_said_by_half_says_nothing(tmp_path: Path) -> None:
    annotated = read(tmp_path, "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,64,,cat,16,12,32,36\n")
    assert [truth.boxes[0].corners for truth in annotated.truths] == [(16, 12, 32, 36)]


def test_a_line_without_numbers_is_a_photo_without_objects_and_no_column_of_classes_is_one_class(tmp_path: Path) -> None:
    annotated = read(tmp_path, "image,x1,y1,x2,y2\na.jpg,1,2,3,4\nb.jpg,,,,\n")
    assert (annotated.classes, [len(truth.instances) for truth in annotated.truths]) == (["object"], [1, 0])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a.jpg,64,48,cat,16,x,32,36", "which has a box with a number that is no number ('x')"),
        ("a.jpg,64,48,cat,16,2,32", "which has a box with a number that is no number ('')"),
        ("a.jpg,64,48,,16,2,32,4", "which has an object without a name"),
        ("a.jpg,640,480,cat,16,2,32,4", "which are of a picture of 640 × 480 pixels, and the photo has 64 × 48"),
        ("a.jpg,64,48,cat,16,2,1e300,4", "more than the 1,000,000 that are read"),
        ("c.jpg,64,48,cat,16,2,32,4", "is not there, and is named in boxes.csv"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_its_reason(line: str, reason: str, tmp_path: Path) -> None:
    annotated = read(tmp_path, f"filename,width,height,class,xmin,ymin,xmax,ymax\nb.jpg,32,32,dog,0,8,32,16\n{line}\n")
    assert len(annotated) == 1 and any(reason in fault.reason for fault in annotated.faults), annotated.faults


def test_boxes_of_the_stored_picture_are_turned_with_it(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.jpg", (64, 48), orientation=6)
    (tmp_path / "boxes.csv").write_text("filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,64,48,cat,0,0,10,48\n")
    (truth,) = read_annotated(tmp_path).truths
    assert truth.boxes[0].corners == (0, 0, 48, 10)


def test_beside_other_labels_of_boxes_it_says_the_same_once_more(tmp_path: Path) -> None:
    read(tmp_path, TABLES["TensorFlow"])
    (tmp_path / "a.xml").write_text(
        "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
    )
    assert read_annotated(tmp_path).form == "Pascal VOC"


def test_a_table_that_ends_in_no_text_is_one_sentence(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.jpg", (64, 48))
    (tmp_path / "boxes.csv").write_bytes(b'image,x1,y1,x2,y2\n"a.jpg' + b"x" * 200_000)
    with pytest.raises(DataError, match=r"A CSV of boxes must have a photo and a box in every line\. Received: "):
        read_annotated(tmp_path)
