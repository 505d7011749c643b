"""Files that are whole or absent."""

import os
import stat
from pathlib import Path

import pytest

from tltool import atomic
from tltool.atomic import draft, sweep, write_json
from tltool.errors import RunError


def test_a_draft_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    with draft(tmp_path / "a.txt", RunError) as beside:
        beside.write_text("new")
        assert beside.parent == tmp_path and not (tmp_path / "a.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"] and (tmp_path / "a.txt").read_text() == "new"


def test_what_fails_leaves_the_earlier_file_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(KeyError), draft(tmp_path / "a.txt", RunError) as beside:
        beside.write_text("new")
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"] and (tmp_path / "a.txt").read_text() == "old"


def test_no_link_is_followed_that_was_planted_where_a_draft_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / f".run.json.{os.getpid()}.part").symlink_to(tmp_path / "precious")
    write_json(tmp_path / "run.json", {"a": 1}, RunError)
    assert (tmp_path / "precious").read_text() == "mine" and not (tmp_path / "run.json").is_symlink()


def test_a_name_that_is_taken_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic.secrets, "token_hex", lambda n: "0" * 2 * n)
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".run.json.00000000.part").symlink_to(tmp_path / "precious")
    with pytest.raises(RunError, match="room and leave to write"):
        write_json(tmp_path / "run.json", {"a": 1}, RunError)
    assert (tmp_path / "precious").read_text() == "mine" and not (tmp_path / "run.json").exists()
    assert (tmp_path / ".run.json.00000000.part").is_symlink(), "what was not made is not removed"


def test_a_link_in_place_of_the_file_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "run.json").symlink_to(tmp_path / "precious")
    write_json(tmp_path / "run.json", {"a": 1}, RunError)
    assert (tmp_path / "precious").read_text() == "mine" and not (tmp_path / "run.json").is_symlink()


def test_others_may_read_a_file_as_the_user_s_mask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_json(tmp_path / "run.json", {}, RunError)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o640


def test_drafts_of_killed_processes_are_swept_and_nothing_else(tmp_path: Path) -> None:
    for name in (".run.json.4711.part", ".run.json.00c0ffee.part", ".model.keras.0badcafe.part.keras"):
        (tmp_path / name).touch()
    kept = {".run.json.part", ".other.json.00c0ffee.part", "run.json", ".run.json.zz.part"}
    for name in kept:
        (tmp_path / name).touch()
    (tmp_path / ".run.json.12345678.part").symlink_to(tmp_path / "run.json")
    sweep(tmp_path, ("run.json", "model.keras"))
    assert {path.name for path in tmp_path.iterdir()} == kept | {".run.json.12345678.part"}
