"""Measuring: on the run's own photos, on another folder, and never over the run's record."""

import json
import shutil
from pathlib import Path

import pytest

from tltool import DataError, GateError, Run, RunError, evaluate


def test_the_run_s_own_test_photos_give_the_recorded_report(run: Run) -> None:
    assert evaluate(run.path).report == run.report()


def test_other_folders_are_matched_by_name_and_may_lack_a_class(run: Run, photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos / "shoes", tmp_path / "other" / "shoes")
    report = evaluate(run.path, photos=tmp_path / "other").report
    assert report["classes"] == run.classes and report["n"] == 20
    assert report["per_class"]["shoes"]["n"] == 20 and report["per_class"]["hat"]["n"] == 0
    assert report["accuracy"] > 0.5  # mapped by place instead of name, shoes would be taken for dresses


def test_an_unknown_class_folder_is_an_error_that_lists_both_sides(run: Run, photos: Path, tmp_path: Path) -> None:
    shutil.copytree(photos / "shoes", tmp_path / "other" / "boots")
    with pytest.raises(DataError, match=r"dress, hat.*Received: boots"):
        evaluate(run.path, photos=tmp_path / "other")


def test_the_record_of_the_run_stays_as_it_is(run: Run, tmp_path: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in run.path.iterdir()}
    evaluate(run.path, split="validation", out=tmp_path / "report")
    assert {path.name: path.stat().st_mtime_ns for path in run.path.iterdir()} == before
    assert json.loads((tmp_path / "report" / "report.json").read_text())["split"] == "validation"
    with pytest.raises(RunError, match="new or empty"):
        evaluate(run.path, out=run.path)


def test_a_gate_carries_the_report(run: Run) -> None:
    with pytest.raises(GateError) as missed:
        evaluate(run.path, min_score=1.0)
    assert missed.value.result.report["n"] > 0


def test_the_training_photos_may_be_gone_but_not_the_test_photos(
    run: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    moved = tmp_path / "moved"
    shutil.copytree(run.path, moved)
    split = (run.path / "split.csv").read_text().replace(str(photos), str(tmp_path / "photos"))
    (moved / "split.csv").write_text(split)
    for path in run.predictions()["path"]:
        there = tmp_path / "photos" / Path(path).relative_to(photos)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, there)
    assert evaluate(moved).report == run.report()
    there.unlink()
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "another cache"))
    with pytest.raises(DataError, match="must stay where they were"):
        evaluate(moved)
