"""What is not proved has no name, and nothing of it stays behind."""

import shutil
from pathlib import Path

import pytest

from tltool.errors import ExportError
from tltool.exports.staging import staged


def test_nothing_is_left_of_the_workshop_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="room and leave to write"), staged(tmp_path) as place:
        (place / "half").write_bytes(b"x")
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_what_a_killed_export_left_goes_and_what_another_works_in_stays(tmp_path: Path) -> None:
    killed = tmp_path / ".unproved-1"
    killed.mkdir()
    (killed / "lock").write_bytes(b"")
    with staged(tmp_path) as place:
        busy = place.rename(tmp_path / ".unproved-2")  # as if of another process, which still holds its lock
        with staged(tmp_path):
            assert not killed.exists() and busy.is_dir()
        shutil.rmtree(busy)
    assert not list(tmp_path.iterdir())
