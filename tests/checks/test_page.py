"""The page: whole in itself, escaped, small, and never written over anything else."""

import base64
import html.parser
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas
import pytest
from marked import write_coco, write_masks, write_outlines, write_points
from PIL import Image

from tltool import DataError
from tltool.checks import page as page_module
from tltool.checks.check import check_photos
from tltool.checks.findings import Case, Checks, Clean, Finding
from tltool.checks.page import MARK, MOST_PICTURES, draw_page, write_page
from tltool.data.duplicates.near import Group
from tltool.data.photos import read_photos
from tltool.data.thumbnails import make_thumbnails

HOSTILE = (
    "<script>alert(1)",
    '"><img src=x onerror=alert(2)>',
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(3)",
    "a'b&amp;",
    "</style>",
    "ünï 😀",
)


class Elements(html.parser.HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, name in enumerate(("cat", "dog", *HOSTILE)):
        place = tmp_path / "photos" / name.replace("/", "∕")
        place.mkdir(parents=True)
        for j in range(2):
            pixels = np.random.default_rng((i, j)).integers(0, 256, (30, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(place / f"{j}{name.replace('/', '∕')}.png")
    (tmp_path / "photos" / "cat" / "<b>bad.jpg").write_bytes(b"")
    return tmp_path / "photos"


def checked(folder: Path, *findings: Finding, alike: list[Group] = ()):
    samples, thumbnails = make_thumbnails(read_photos(folder, complete=False))
    audit = check_photos(samples, thumbnails, list(alike), size=224, source=folder)
    return (Checks(audit.photos, audit.classes, [*findings] or audit.findings, source=folder), samples, thumbnails)


def test_hostile_names_become_text_and_nothing_else(folder: Path) -> None:
    samples, _ = make_thumbnails(read_photos(folder))
    cases = [Case((path,), f"{label} → <b>?") for path, label in zip(samples.paths, samples.table["label"])]
    doubts = Finding("doubtful labels", "warn", "<script>", cases)
    page = Elements(draw_page(*checked(folder, doubts, *checked(folder)[0].findings)))
    tags = {tag for tag, _ in page.found}
    assert not tags & {"script", "b ", "iframe", "object", "embed", "form", "link", "base", "svg"}
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]
    for name in HOSTILE:
        assert name.replace("/", "∕") in page.text


def test_the_page_needs_nothing_but_itself(folder: Path) -> None:
    page = draw_page(*checked(folder))
    for tag, attributes in Elements(page).found:
        assert "src" not in attributes or attributes["src"].startswith("data:image/jpeg;base64,")
        assert "href" not in attributes or (tag == "a" and attributes["href"].startswith("file:///"))
        assert tag != "script" and "srcset" not in attributes
    assert not re.search(r"url\(|@import|https?://", page)
    assert page.startswith("<!DOCTYPE html>") and "default-src 'none'" in page


def test_every_picture_has_the_shape_of_its_photo_upright(folder: Path) -> None:
    Image.new("RGB", (400, 100), "red").save(folder / "cat" / "wide.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (400, 100), "red").save(folder / "cat" / "turned.jpg", exif=turned)
    blank = next(section for section in draw_page(*checked(folder)).split("<section>") if "blank photos" in section)
    assert re.findall(r'width="(\d+)" height="(\d+)" alt="(\w+)', blank) == [("36", "144", "turned"), ("144", "36", "wide")]


def test_lists_are_cut_and_say_so(folder: Path) -> None:
    samples, _ = make_thumbnails(read_photos(folder))
    many = Finding("doubtful labels", "warn", "Many.", [Case((samples.paths[0],), f"no {i}") for i in range(400)])
    pairs = Finding("near-duplicates", "warn", "Many.", [Case(tuple(samples.paths[:9]), f"group {i}") for i in range(50)])
    bad = Finding("unreadable files", "warn", "Many.", [Case((f"/x/{i}.jpg",), "is empty") for i in range(1000)])
    page = draw_page(*checked(folder, many, pairs, bad))
    assert "no 59<" in page and "no 60<" not in page and "… and 340 more" in page
    assert page.count("… and 3 more") == 10 and "… and 40 more" in page and "… and 940 more" in page
    assert page.count("<figure>") == 2 * MOST_PICTURES and len(page) < 2_000_000


def test_many_classes_are_cut_too(tmp_path: Path) -> None:
    for i in range(45):
        (tmp_path / f"class {i:02}").mkdir()
        Image.new("RGB", (9, 9), (i, 0, 0)).save(tmp_path / f"class {i:02}" / "a.png")
    page = draw_page(*checked(tmp_path))
    assert page.count("<tr>") == 30 and "… and 15 more classes" in page


def test_a_photo_that_is_gone_by_now_is_drawn_from_its_thumbnail(folder: Path) -> None:
    audit, samples, thumbnails = checked(folder)
    for path in samples.paths:
        os.remove(path)
    assert 'alt="0cat.png"' in draw_page(audit, samples, thumbnails)


def test_what_was_left_out_of_the_csv_is_told(folder: Path) -> None:
    audit, samples, thumbnails = checked(folder)
    audit = Checks(audit.photos, audit.classes, [], source=folder, clean=Clean(Path("c.csv"), 3, {"exact duplicates": 2}, []))
    assert "c.csv lists 3 photos; left out: 2 exact duplicates." in draw_page(audit, samples, thumbnails)


def test_a_class_without_a_photo_is_among_the_classes(folder: Path) -> None:
    (folder / "owl").mkdir()
    assert '<th scope="row">owl</th><td class="n warn">0</td>' in draw_page(*checked(folder))


def test_names_that_are_no_text_can_be_written(tmp_path: Path) -> None:
    for name in (b"cat", b"dog"):
        os.mkdir(os.fsencode(tmp_path) + b"/" + name)
        with open(os.fsencode(tmp_path) + b"/" + name + b"/\xff\n.png", "wb") as file:
            Image.new("RGB", (9, 9), (len(name), name[0], 0)).save(file, "PNG")
    write_page(*checked(tmp_path), tmp_path / "page.html")
    assert "%FF%0A.png" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_dataframe_can_be_the_source(folder: Path) -> None:
    audit, samples, thumbnails = checked(folder)
    audit = Checks(audit.photos, audit.classes, audit.findings, source=pandas.DataFrame({"path": []}))
    assert "a DataFrame" in draw_page(audit, samples, thumbnails)


def test_only_an_earlier_page_is_replaced_and_only_by_force(folder: Path, tmp_path: Path) -> None:
    page, mine = tmp_path / "check.html", tmp_path / "mine.html"
    mine.write_text("<html>mine")
    write_page(*checked(folder), page)
    assert MARK in page.read_text(encoding="utf-8")
    with pytest.raises(DataError, match="there already"):
        write_page(*checked(folder), page)
    write_page(*checked(folder), page, force=True)
    with pytest.raises(DataError, match="only the page of an earlier check"):
        write_page(*checked(folder), mine, force=True)
    with pytest.raises(DataError, match=r"end in \.html"):
        write_page(*checked(folder), tmp_path / "-")
    with pytest.raises(DataError, match="can be written"):
        write_page(*checked(folder), tmp_path / "gone" / "check.html")
    assert mine.read_text() == "<html>mine"


def test_a_page_that_cannot_be_drawn_leaves_the_earlier_one(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_page(*checked(folder), tmp_path / "check.html")
    before = (tmp_path / "check.html").read_bytes()

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(page_module, "draw_page", fail)
    with pytest.raises(KeyboardInterrupt):
        write_page(*checked(folder), tmp_path / "check.html", force=True)
    assert (tmp_path / "check.html").read_bytes() == before and not list(tmp_path.glob(".*.part"))


def page_of(source: Path, task: str) -> str:
    samples, thumbnails = make_thumbnails(read_photos(source, complete=False, task=task))
    return draw_page(check_photos(samples, thumbnails, []), samples, thumbnails)


@pytest.mark.parametrize(
    ("task", "write"), [("detect", write_coco), ("instances", write_outlines), ("landmarks", write_points), ("segment", write_masks)]
)
def test_labels_that_say_where_something_is_are_drawn_and_their_colours_told(task: str, write: Callable[..., Path], tmp_path: Path) -> None:
    page = page_of(write(tmp_path / "marked", 14), task)
    told = page.partition("<h2>Labels</h2>")[2].partition("</section>")[0]
    assert told.count("<img") == (14 if task == "landmarks" else 12) and "background: #0072b2" in told
    jpegs = re.findall(r"data:image/jpeg;base64,([^\"]+)", told)
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(base64.b64decode(jpeg))), int) for jpeg in jpegs])
    assert pixels.shape[1:] == (240, 240, 3)
    colourful = np.ptp(pixels, axis=3) > 60  # the squares are bright, and the ground is dark
    assert colourful.any(axis=(1, 2)).all()


def test_classes_of_whole_photos_have_no_labels_to_be_drawn(folder: Path) -> None:
    assert "<h2>Labels</h2>" not in page_of(folder, "auto") and "max-width: 144px" in page_of(folder, "auto")


def test_a_mask_that_is_gone_by_now_is_not_drawn(tmp_path: Path) -> None:
    samples, thumbnails = make_thumbnails(read_photos(write_masks(tmp_path / "marked", 4), complete=False, task="segment"))
    for file in (tmp_path / "marked" / "masks").iterdir():
        file.unlink()
    assert draw_page(check_photos(samples, thumbnails, []), samples, thumbnails).partition("<h2>Labels</h2>")[2].count("<img") >= 4
