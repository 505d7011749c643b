"""The cache from the command line."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tltool import Backbone, Photos, cache, data, finetune
from tltool.cli.main import tltool
from tltool.data.decoding import decoder
from tltool.models.batches import Batches

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with three entries."""
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TLTOOL_CACHE_GB", raising=False)
    data.write_digits(tmp_path / "digits", (0, 1))
    for photo in (tmp_path / "digits").rglob("*.*"):
        os.utime(photo, (0, 0))
    samples = data.read_photos(tmp_path / "digits")
    data.decode_once(samples, 16, "crop")
    data.decode_once(samples, 24, "pad")
    return tmp_path / "cache"


def test_it_lists_what_is_there(home: Path) -> None:
    done = CliRunner().invoke(tltool, ["cache"])
    assert done.exit_code == 0 and "24   pad" in done.stdout and "index" in done.stdout and "3 entries" in done.stdout
    assert CliRunner().invoke(tltool, ["cache", "--list"]).stdout == done.stdout
    assert CliRunner().invoke(tltool, ["cache", "--verify"]).stdout.count("idle, intact") == 2
    records = [json.loads(line) for line in CliRunner().invoke(tltool, ["cache", "--json"]).stdout.splitlines()]
    assert {(record["kind"], record["size"]) for record in records} == {("pixels", 16), ("pixels", 24), ("index", None)}


def test_it_clears_what_is_there_and_nothing_else(home: Path) -> None:
    (home / "mine.txt").write_text("mine")
    assert len(cache(clear=True).rows) == 3
    assert [path.name for path in home.iterdir()] == ["mine.txt"] and cache().rows == []


def test_a_home_folder_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", str(Path.home()))
    done = CliRunner().invoke(tltool, ["cache", "--clear"])
    assert done.exit_code == 1 and "Error: The cache must have a folder of its own" in done.stderr


def test_a_budget_that_is_no_number_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLTOOL_CACHE_GB", "plenty")
    done = CliRunner().invoke(tltool, ["cache"])
    assert done.exit_code == 1 and "Error: TLTOOL_CACHE_GB must be a number" in done.stderr


def test_it_needs_nothing_heavy(home: Path) -> None:
    code = "import sys; from tltool.cli.main import tltool; tltool(['cache'], standalone_mode=False)"
    code = f"import atexit, sys; atexit.register(lambda: print(set(sys.modules) & {{'numpy', 'pandas', 'PIL', 'keras'}})); {code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("set()")


# What is kept is used: counted by the files that are opened, whoever opens them


OPENED: list[str] = []


@pytest.fixture(scope="module")
def hook() -> None:
    sys.addaudithook(lambda event, args: OPENED.append(args[0]) if event == "open" and isinstance(args[0], str) else None)


def opened_in(folder: Path) -> list[str]:
    """The files below ``folder`` opened since last asked."""
    found = [path for path in OPENED if path.startswith(str(folder))]
    OPENED.clear()
    return found


def test_a_second_run_reads_a_photo_once_and_an_epoch_none(
    hook: None, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLTOOL_CACHE", str(tmp_path / "cache"))
    shutil.copytree(photos, tmp_path / "photos")
    for photo in (tmp_path / "photos").rglob("*.jpg"):
        os.utime(photo, (0, 0))
    decoded: list[int] = []
    real = decoder.decode
    monkeypatch.setattr(decoder, "decode", lambda *given: decoded.append(1) or real(*given))

    def train(run: str) -> None:
        wish = Photos(data=tmp_path / "photos", size=32), Backbone(name="mobilenet_025", unfreeze="none")
        finetune(*wish, out=tmp_path / run, report=False)  # which shows a few photos, larger than the network sees them

    opened_in(tmp_path / "photos")
    train("first")
    first = opened_in(tmp_path / "photos")
    assert len(decoded) == 120
    assert max(Counter(first).values()) <= 2 * 3, "opened to be hashed, looked at and decoded, which Python notes twice each"
    train("second")
    second = Counter(opened_in(tmp_path / "photos"))
    assert len(decoded) == 120 and len(second) == 120 and set(second.values()) == {2}, "read once, to be sure of its content"
    samples, pixels = data.decode_once(data.read_photos(tmp_path / "photos"), 32, "crop")
    opened_in(tmp_path / "photos")
    for _ in range(2):
        epoch = Batches(pixels, np.arange(len(samples)), lambda rows, _: samples.labels[rows], batch_size=32, seed=0)
        assert sum(len(epoch[i][0]) for i in range(len(epoch))) == 120
    assert len(decoded) == 120 and opened_in(tmp_path / "photos") == []
    more = tmp_path / "photos" / "hat" / "more.jpg"
    Image.effect_noise((40, 40), 9).save(more)
    train("third")
    third = Counter(opened_in(tmp_path / "photos"))
    assert len(decoded) == 121 and {path for path, times in third.items() if times > 2} == {str(more)}
