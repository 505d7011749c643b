"""`tltool check`: what it finds in folders made to be wrong, what it writes, and that it touches nothing."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from tltool import DataError, SpecError, check
from tltool.checks.findings import Checks, Finding
from tltool.cli.main import tltool


def run(*arguments: object) -> Result:
    return CliRunner().invoke(tltool, ["check", *map(str, arguments)])


def finding(audit: Checks, name: str) -> Finding:
    (found,) = [finding for finding in audit.findings if finding.name == name]
    return found


def plant(root: Path, name: str, seed: int, side: int = 48) -> Path:
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(root / name, "PNG")
    return root


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    for i in range(40):
        plant(tmp_path / "photos", f"{'cat' if i % 2 else 'dog'}/{i}.png", i)
    return tmp_path / "photos"


def snapshot(root: Path) -> dict[str, tuple]:
    return {
        str(path): (os.lstat(path).st_mtime_ns, os.lstat(path).st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(root.rglob("*"))
    }


def test_sound_photos_are_ok_and_the_next_step_is_to_train(sound: Path) -> None:
    before = snapshot(sound)
    done = run(sound, "--size", 48)
    assert done.exit_code == 0 and f"Verdict: ok. Next: tltool finetune --data {sound}" in done.stdout
    assert snapshot(sound) == before


def test_every_class_without_a_readable_photo_is_reported_together_with_the_rest(sound: Path) -> None:
    for name in ("ant", "bee"):
        (sound / name).mkdir()
    (sound / "ant" / "empty.jpg").write_bytes(b"")
    (sound / "bee" / "cut.png").write_bytes((sound / "cat" / "1.png").read_bytes()[:300])
    (sound / "eel").mkdir()
    (sound / "eel" / "a.heic").write_bytes(b"\0\0\0\x18ftypheic....")
    done = run(sound, "--json")
    records = {record["finding"]: record for record in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == 1 and records["classes"]["verdict"] == "stop"
    assert records["classes"]["facts"]["without a photo"] == ["ant", "bee", "eel"]
    assert [Path(case["paths"][0]).name for case in records["unreadable files"]["cases"]] == ["empty.jpg", "cut.png"]
    assert records["unused files"]["facts"] == {".heic": 1}


@pytest.mark.parametrize(
    "names", [["cat/1.png", "cat/2.png"], ["train/cat/1.png", "train/cat/2.png", "test/dog/3.png"], ["cat/1.png", "dog/2.png"]]
)
def test_photos_that_no_training_can_start_with_are_a_stop(tmp_path: Path, names: list[str]) -> None:
    for i, name in enumerate(names):
        plant(tmp_path, name, i)
    done = run(tmp_path)
    assert done.exit_code == 1 and "Verdict: stop. Mend what is marked stop." in done.stdout and "Traceback" not in done.output


def test_warnings_fail_only_a_strict_check(sound: Path) -> None:
    shutil.copyfile(sound / "cat" / "1.png", sound / "dog" / "same.png")
    assert run(sound).exit_code == 0 and "two labels" in run(sound).stdout
    assert run(sound, "--strict").exit_code == 1


@pytest.mark.parametrize("data", ["folder", "csv", "frame"])
def test_a_folder_a_csv_and_a_dataframe_are_checked_alike(sound: Path, tmp_path: Path, data: str) -> None:
    shutil.copyfile(sound / "cat" / "1.png", sound / "dog" / "same.png")
    frame = pandas.DataFrame([(str(path), path.parent.name) for path in sorted(sound.glob("*/*.png"))], columns=["path", "label"])
    frame.to_csv(tmp_path / "list.csv", index=False)
    audit = check({"folder": sound, "csv": tmp_path / "list.csv", "frame": frame}[data], size=48)
    assert [finding.name for finding in audit.of("warn")] == ["two labels"] and audit.photos == 41
    assert {Path(path).name for path in finding(audit, "two labels").cases[0].paths} == {"1.png", "same.png"}


def test_the_page_and_the_csv_are_written_and_the_csv_is_clean(sound: Path, tmp_path: Path) -> None:
    shutil.copyfile(sound / "cat" / "1.png", sound / "dog" / "same.png")
    shutil.copyfile(sound / "cat" / "3.png", sound / "cat" / "again.png")
    before = snapshot(sound)
    page, clean = tmp_path / "check.html", tmp_path / "clean.csv"
    done = run(sound, "--report", page, "--write-clean", clean)
    assert done.exit_code == 0 and "left out: 2 of pictures under two labels, 1 exact duplicates" in done.stdout
    assert f"tltool finetune --data {clean}" in done.stdout and "same.png" in page.read_text(encoding="utf-8")
    assert check(clean, size=48).verdict == "warn"  # one class has 19 photos now
    assert not [found for found in check(clean, size=48).findings if found.cleaned and found.cases]
    assert snapshot(sound) == before


def test_from_python_the_page_and_the_csv_may_be_named_by_text(sound: Path, tmp_path: Path) -> None:
    found = check(str(sound), report=str(tmp_path / "page.html"), write_clean=str(tmp_path / "clean.csv"))
    assert found.report == tmp_path / "page.html" and found.clean is not None and found.clean.path.is_file()


def test_what_cannot_be_written_is_known_before_a_photo_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    (tmp_path / "mine.html").write_text("mine")
    page = tmp_path / "mine.html"
    for given in (
        {"write_clean": tmp_path / "mine.csv"},
        {"report": page},
        {"report": page, "force": True},
        {"report": tmp_path / "gone" / "check.html"},
    ):
        with pytest.raises(DataError, match=r"^(write_clean|report|force) "):
            check(tmp_path / "there are no photos", **given)
    assert (tmp_path / "mine.csv").read_text() == (tmp_path / "mine.html").read_text() == "mine"


def test_doubts_are_dropped_only_where_they_are_looked_for(sound: Path, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="drop_doubts must go with deep"):
        check(sound, drop_doubts=True, write_clean=tmp_path / "clean.csv")


def test_a_folder_without_any_photo_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "bad.jpg").write_bytes(b"")
    done = run(tmp_path)
    assert done.exit_code == 1 and "Error: There must be readable photos." in done.stderr and "Traceback" not in done.output


def test_strange_names_survive_everywhere(tmp_path: Path) -> None:
    names = ("<script>", "=cmd", "-rf", "a 'b\" c", "ünï 😀")
    for i, name in enumerate(names):
        for j in range(3):
            plant(tmp_path / "photos", f"{name}/{j}\n=x <b>.png", 10 * i + j)
    done = run(tmp_path / "photos", "--report", tmp_path / "check.html", "--write-clean", tmp_path / "clean.csv")
    assert done.exit_code == 0 and check(tmp_path / "clean.csv").photos == 15
    assert sorted(finding(check(tmp_path / "clean.csv"), "classes").facts["photos"]) == sorted(names)


def test_swapped_labels_and_resized_copies_are_found_by_a_deep_check_of_real_photos(photos: Path, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    shutil.copytree(photos, root)
    swapped = []
    for a, b in (("shoes", "dress"), ("hat", "pants"), ("t-shirt", "shoes")):
        moved = sorted((root / a).iterdir())[3]
        swapped.append(moved.rename(root / b / f"moved {moved.name}"))
    original = sorted((root / "shorts").iterdir())[0]
    Image.open(original).resize((150, 200)).save(root / "shorts" / "again.jpg", quality=60)
    audit = check(root, deep=True, backbone="mobilenet_025", report=tmp_path / "check.html")
    assert {"again.jpg", original.name} <= {Path(path).name for case in finding(audit, "near-duplicates").cases for path in case.paths}
    doubted = [case.paths[0] for case in finding(audit, "doubtful labels").cases]
    assert len(set(map(str, swapped)) & set(doubted[:15])) >= 2
    assert "→ shoes?" in (tmp_path / "check.html").read_text(encoding="utf-8")
