"""Folders are tried before something is kept in them, and left as they were."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from tltool.environment.folders import look_at_folder, look_at_folders
from tltool.errors import SpecError


def test_a_folder_that_takes_a_file_is_well_and_stays_empty(tmp_path: Path) -> None:
    finding = look_at_folder("cache", tmp_path, "elsewhere")
    assert (finding.state, finding.facts["writable"], list(tmp_path.iterdir())) == ("ok", True, [])


def test_one_that_is_not_made_yet_is_judged_by_the_one_above_and_not_made(tmp_path: Path) -> None:
    finding = look_at_folder("cache", tmp_path / "new" / "er", "elsewhere")
    assert finding.state == "ok" and "(not made yet)" in finding.found and not (tmp_path / "new").exists()


def test_one_in_a_file_cannot_be_written_and_the_remedy_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = look_at_folder("cache", tmp_path / "file" / "cache", "set TLTOOL_CACHE to another")
    assert finding.state == "warning" and "cannot be written" in finding.found and "set TLTOOL_CACHE to another" in finding.advice


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(3_000_000))
    finding = look_at_folder("cache", tmp_path, "elsewhere")
    assert finding.state == "warning" and "only 3.0 MB free" in finding.found and finding.advice.startswith("Make room")


def test_a_folder_that_nobody_can_say_is_a_finding_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Path:
        raise SpecError("TLTOOL_CACHE must be a folder. Received: '~nobody/x'.")

    def removed() -> Path:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "cwd", removed)
    cache, *_, here = look_at_folders(unknown)
    assert (cache.state, here.state) == ("problem", "problem") and "TLTOOL_CACHE must be" in cache.found and here.advice
