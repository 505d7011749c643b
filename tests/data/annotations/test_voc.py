"""Pascal VOC: pixels counted from 1, and XML that reads no other file and unfolds nothing."""

from pathlib import Path

import pytest
from labelled import write_photo, write_voc

from tltool.data.annotations.fields import Unusable
from tltool.data.annotations.folder import read_annotated
from tltool.data.annotations.voc import parse_xml
from tltool.errors import DataError

LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
GOOD = "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>"


def two_photos(folder: Path) -> None:
    for name in ("a", "b"):
        write_photo(folder / "JPEGImages" / f"{name}.jpg", (40, 30))
        write_voc(folder / "Annotations" / f"{name}.xml", (40, 30), [("cat", 1, 2, 11, 22)])


@pytest.mark.parametrize(
    "text",
    [
        f"<!DOCTYPE annotation [{LAUGHS}]><annotation>&l9;</annotation>",
        '<!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>',
        '<!DOCTYPE annotation [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><annotation/>',
        '<!DOCTYPE annotation SYSTEM "file:///etc/passwd"><annotation/>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_an_xml_declares_is_neither_read_nor_unfolded(text: str, encoding: str) -> None:
    with pytest.raises(Unusable, match="declares a DOCTYPE"):
        parse_xml(text.encode(encoding))


@pytest.mark.parametrize(
    "content", [b"", b"x", b"<a>", b"<a></b>", b"<a>&x;</a>", b"\xff\xfe\x00", b'<?xml version="1.0" encoding="no"?><a/>', b"\0" * 9]
)
def test_what_is_no_xml_is_refused(content: bytes) -> None:
    with pytest.raises(Unusable, match="is no XML"):
        parse_xml(content)


def test_a_deep_xml_is_read_to_its_end() -> None:
    assert parse_xml(b"<a>" * 50_000 + b"</a>" * 50_000).tag == "a"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<annotation>", "is no XML: no element found: line 1, column 12"),
        (f"<!DOCTYPE annotation [{LAUGHS}]><annotation/>", "declares a DOCTYPE, which labels have no need of"),
        ("<x><annotation/></x>", "is no Pascal VOC: it begins with 'x', not with 'annotation'"),
        (GOOD.replace("cat", " "), "has an object without a name (' ')"),
        (GOOD.replace("<xmin>1</xmin>", ""), "has a box with a xmin that is no number (None)"),
        (GOOD.replace("<xmin>1", "<xmin>one"), "has a box with a xmin that is no number ('one')"),
        (GOOD.replace("<xmin>1", "<xmin>nan"), "has a box with a xmin that is no number ('nan')"),
        (GOOD.replace("<xmin>1", "<xmin>1e308"), "has a box with a xmin of 1e+308, more than the 1,000,000 that are read"),
        (GOOD.replace("bndbox", "robndbox"), "has a rotated box; save it as an upright one"),
        (
            GOOD.replace("<object>", "<size><width>400</width><height>300</height></size><object>"),
            "is of a picture of 400 × 300 pixels, and its photo has 40 × 30",
        ),
    ],
)
def test_a_sheet_that_cannot_be_used_leaves_its_photo_out(text: str, reason: str, tmp_path: Path) -> None:
    two_photos(tmp_path)
    (tmp_path / "Annotations" / "a.xml").write_text(text)
    annotated = read_annotated(tmp_path)
    assert len(annotated) == 1
    assert [(Path(fault.path).name, fault.reason) for fault in annotated.faults] == [("a.jpg", f"has labels in a.xml, which {reason}")]


def test_a_size_of_nought_says_nothing(tmp_path: Path) -> None:
    two_photos(tmp_path)
    (tmp_path / "Annotations" / "a.xml").write_text(GOOD.replace("<object>", "<size><width>0</width><height>0</height></size><object>"))
    assert read_annotated(tmp_path).truths[0].boxes[0].corners == (0, 1, 3, 4)


def test_a_sheet_without_objects_says_so_and_a_photo_without_one_was_forgotten(tmp_path: Path) -> None:
    two_photos(tmp_path)
    write_voc(tmp_path / "Annotations" / "a.xml", (40, 30), [])
    write_photo(tmp_path / "JPEGImages" / "c.jpg", (9, 9))
    write_voc(tmp_path / "Annotations" / "d.xml", (40, 30), [])
    annotated = read_annotated(tmp_path)
    assert [len(truth.instances) for truth in annotated.truths] == [0, 1]
    assert {(Path(fault.path).name, fault.reason) for fault in annotated.faults} == {
        ("c.jpg", "has no labels"),
        ("d.xml", "has no photo of its name, or several"),
    }


def test_the_lists_of_the_kit_say_the_parts(tmp_path: Path) -> None:
    two_photos(tmp_path)
    sets = tmp_path / "ImageSets" / "Main"
    sets.mkdir(parents=True)
    (sets / "train.txt").write_text("a\n")
    (sets / "val.txt").write_text("b\n")
    (sets / "cat_train.txt").write_text("a 1\nb -1\n")
    annotated = read_annotated(tmp_path)
    assert (annotated.parts, annotated.ignored) == (["train", "validation"], {})


def test_all_sheets_without_use_are_one_sentence(tmp_path: Path) -> None:
    two_photos(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "Annotations" / f"{name}.xml").write_text("<annotation>")
    with pytest.raises(
        DataError, match=r"There must be photos with labels\. Received: .*Pascal VOC with none that can be used .*is no XML"
    ):
        read_annotated(tmp_path)
