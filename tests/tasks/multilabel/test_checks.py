import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tltool import check
from tltool.checks.findings import Checks, Finding


@pytest.fixture
def photos(tmp_path: Path) -> list[str]:
    """24 photos of noise, no two alike."""
    random, paths = np.random.default_rng(0), []
    for i in range(24):
        Image.fromarray(random.integers(0, 256, (6, 6, 3), "uint8")).resize((64, 64), Image.Resampling.BICUBIC).save(tmp_path / f"{i}.png")
        paths.append(f"{i}.png")
    return paths


def look(folder: Path, cells: dict[str, str]) -> Checks:
    with (folder / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "labels"), *cells.items()])
    return check(folder / "list.csv", size=32)


def found(checks: Checks, name: str) -> Finding:
    return next(finding for finding in checks.findings if finding.name == name)


def test_a_label_of_one_photo_is_held_against_the_nearest_spelling(photos: list[str], tmp_path: Path) -> None:
    checks = look(tmp_path, {path: ("dress", "hat|dress", "hat")[i % 3] if i else "dres|hat" for i, path in enumerate(photos)})
    finding = found(checks, "single labels")
    assert (finding.verdict, finding.cases[0].note) == ("warn", "dres, or dress?")
    assert finding.cases[0].paths[0].endswith("/0.png")


def test_labels_that_always_come_together_are_named(photos: list[str], tmp_path: Path) -> None:
    checks = look(tmp_path, {path: ("shoe|sole", "hat", "hat|shoe|sole")[i % 3] for i, path in enumerate(photos)})
    assert found(checks, "labels together").says == "1 group of labels always comes together: 'shoe' and 'sole'."
    assert found(look(tmp_path, {path: ("a", "b", "a|b")[i % 3] for i, path in enumerate(photos)}), "labels together").verdict == "ok"


def test_photos_with_one_label_each_are_classes(photos: list[str], tmp_path: Path) -> None:
    finding = found(look(tmp_path, {path: ("hat", "shoe")[i % 2] for i, path in enumerate(photos)}), "labels per photo")
    assert finding.verdict == "warn" and "this is --task classify" in finding.says


def test_photos_without_a_label_are_counted_and_do_no_harm(photos: list[str], tmp_path: Path) -> None:
    checks = look(tmp_path, {path: ("hat", "shoe|hat", "", "shoe")[i % 4] for i, path in enumerate(photos)})
    finding = found(checks, "labels per photo")
    assert finding.verdict == "ok" and finding.facts["without"] == 6
    assert checks.classes == 2 and checks.verdict != "stop"


def test_one_picture_with_two_sets_of_labels_is_named(photos: list[str], tmp_path: Path) -> None:
    Image.open(tmp_path / "1.png").save(tmp_path / "copy.png")
    cells = {path: ("hat", "shoe|hat", "", "shoe")[i % 4] for i, path in enumerate([*photos, "copy.png"])}
    assert found(look(tmp_path, cells), "two labels").cases[0].note.startswith("hat")


def test_what_is_left_after_the_bad_ones_is_read_as_it_was(photos: list[str], tmp_path: Path) -> None:
    from tltool.data.photos import read_photos

    Image.open(tmp_path / "1.png").save(tmp_path / "copy.png")
    cells = {path: ("hat", "shoe|hat", "", "shoe")[i % 4] for i, path in enumerate(photos)} | {"copy.png": "shoe|hat"}
    with (tmp_path / "list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "labels"), *cells.items()])
    check(tmp_path / "list.csv", size=32, write_clean=tmp_path / "clean.csv", report=tmp_path / "page.html")
    clean = read_photos(tmp_path / "clean.csv")
    assert (clean.task, len(clean), clean.classes) == ("multilabel", 24, ["hat", "shoe"])
    assert "shoe" in (tmp_path / "page.html").read_text()
