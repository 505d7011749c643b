"""Photos are found under the names that label files give them, and under no other."""

import hashlib
from pathlib import Path

import pytest
from labelled import write_photo

from tltool.data.annotations.photos import Finder, Photo, measure_photos
from tltool.data.decoding.decoder import decode

PATHS = ["/r/train/a.jpg", "/r/val/a.jpg", "/r/train/b.PNG", "/r/x/deep/c.jpg", "/r/y/deep/c.jpg", "/r/d.jpg", "/r/D.jpg"]


@pytest.mark.parametrize(
    ("name", "file", "found"),
    [
        ("b.png", "/r/l.json", "/r/train/b.PNG"),
        ("somewhere/else/b.png", "/r/l.json", "/r/train/b.PNG"),
        ("train/a.jpg", "/r/l.json", "/r/train/a.jpg"),
        ("C:\\data\\val\\a.jpg", "/r/l.json", "/r/val/a.jpg"),
        ("a.jpg", "/r/train/l.json", "/r/train/a.jpg"),
        ("a.jpg", "/r/annotations/instances_val2017.json", "/r/val/a.jpg"),
        ("a.jpg", "/r/labels/valid/a.txt", "/r/val/a.jpg"),
        ("a.jpg", "/r/l.json", None),
        ("x/deep/c.jpg", "/r/l.json", "/r/x/deep/c.jpg"),
        ("deep/c.jpg", "/r/l.json", None),
        ("D.jpg", "/r/l.json", "/r/D.jpg"),
        ("d.jpg", "/r/l.json", "/r/d.jpg"),
        ("z.jpg", "/r/l.json", None),
        ("../../etc/passwd", "/r/l.json", None),
        ("", "/r/l.json", None),
        ("train/", "/r/l.json", None),
        ("\x00", "/r/l.json", None),
    ],
)
def test_a_photo_is_found_by_its_name_its_folders_and_what_is_near(name: str, file: str, found: str | None) -> None:
    assert Finder(PATHS).named(name, file) == found


def test_a_photo_is_found_whatever_its_ending() -> None:
    assert Finder(PATHS).stemmed("b.xml", "/r/l/b.xml") == "/r/train/b.PNG"
    assert Finder(PATHS).stemmed("a.xml", "/r/val/a.xml") == "/r/val/a.jpg"


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif", "a.gif", "a.bmp"])
def test_a_photo_is_as_large_as_it_is_decoded(name: str, orientation: int, tmp_path: Path) -> None:
    path = str(write_photo(tmp_path / name, (40, 30), orientation))
    found, faults = measure_photos([path])
    assert faults == [] and decode(path).shape[:2] == (found[path].height, found[path].width)
    assert found[path].stored == (40, 30)
    assert found[path].sha256 == hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff\xe0" + b"x" * 50, b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"hello"])
def test_what_is_no_photo_is_a_fault(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    found, ((_, reason),) = measure_photos([str(tmp_path / "a.jpg")])
    assert found == {} and reason.startswith("is ")


def test_a_photo_of_more_pixels_than_masks_are_drawn_for_is_a_fault(tmp_path: Path) -> None:
    content = bytearray(write_photo(tmp_path / "a.bmp", (40, 30)).read_bytes())
    content[18:26] = (20_000).to_bytes(4, "little") * 2
    (tmp_path / "a.bmp").write_bytes(content)
    _, ((_, reason),) = measure_photos([str(tmp_path / "a.bmp")])
    assert "20000 × 20000 pixels" in reason


def test_the_size_that_labels_name_says_which_way_up_they_are() -> None:
    photo = Photo("a.jpg", "", 30, 40, 6)
    assert photo.stored == (40, 30)
    assert [photo.orientation_of(*size) for size in ((30, 40), (40, 30), (60, 80))] == [1, 6, None]
    assert Photo("a.jpg", "", 30, 30, 6).orientation_of(30, 30) == 1
