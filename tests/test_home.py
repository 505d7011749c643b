"""A user without a home folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tltool import data, home
from tltool.home import expand, find_home

ROOT = Path(__file__).parents[1]


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with neither HOME nor a user's entry: how Python sees it."""
    monkeypatch.setattr(os.path, "expanduser", os.fspath)


def test_home_is_where_the_system_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_home() == tmp_path and expand("~/x") == tmp_path / "x" and expand("/x") == Path("/x")


def test_a_home_that_is_not_absolute_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "somewhere")
    assert find_home() is None


def test_nobody_is_nowhere_at_home(nobody: None) -> None:
    assert find_home() is None and expand("~/x") == Path("~/x")


def test_the_lodging_of_such_a_user_is_his_own_and_goes_with_the_process() -> None:
    code = "from tltool.home import lodging; place = lodging(); (place / 'x').touch(); print(place, oct(place.stat().st_mode)[-3:])"
    place, mode = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert mode == "700" and not Path(place).exists()


def test_where_there_is_no_lodging_either_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**given: str) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(home.tempfile, "mkdtemp", refuse)
    with pytest.raises(OSError):
        home.lodging.__wrapped__().mkdir(parents=True)


@pytest.mark.parametrize("command", ["cache", "cache --clear", "check DIGITS"])
def test_every_command_on_photos_works_without_a_home(tmp_path: Path, command: str) -> None:
    photos = data.write_digits(tmp_path / "digits", (0, 1))
    words = [str(photos) if word == "DIGITS" else word for word in command.split()]
    code = (
        "import os; os.path.expanduser = os.fspath; from pathlib import Path; Path.home = lambda: 1 / 0; "
        "from tltool.cli.main import tltool; tltool()"
    )
    env = {name: value for name, value in os.environ.items() if name not in ("HOME", "TLTOOL_CACHE", "XDG_CACHE_HOME")}
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, env=env, cwd=tmp_path, check=False)
    assert "Traceback" not in done.stderr and done.stderr.count("There is no home folder") == 1
    assert done.returncode == 0
