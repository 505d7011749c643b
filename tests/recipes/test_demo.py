"""The demonstration runs to its end on a machine that is cut off from every network."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from tltool import demo as demonstrate
from tltool.runs import Run

CUT = ["unshare", "--map-root-user", "--net"]  # a network of its own, in which there is nothing
BLOCK = (
    "import socket\n"  # where the system does not give one
    "def refuse(*given, **how): raise OSError('the network is cut off')\n"
    "socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse\n"
)
RUN = "from tltool.cli.main import tltool\ntltool()"


def cut_off() -> list[str]:
    try:
        return CUT if subprocess.run([*CUT, "true"], capture_output=True, check=False).returncode == 0 else []
    except OSError:
        return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the demo, and what it told."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    done = subprocess.run(
        [*cut_off(), sys.executable, "-c", BLOCK + RUN, "demo", "--out", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


def test_transfer_beats_the_same_stack_from_scratch(demo: tuple[Path, str]) -> None:
    accuracy = {name: Run(demo[0] / name).report()["accuracy"] for name in ("stack-0-4", "scratch-5-9", "finetune-5-9")}
    assert accuracy["stack-0-4"] > 0.9
    assert accuracy["finetune-5-9"] > accuracy["scratch-5-9"]


def test_a_mobile_file_is_written_and_names_a_few_photos(demo: tuple[Path, str]) -> None:
    folder, told = demo
    assert (folder / "finetune-5-9" / "exports" / "model-int8.tflite").is_file()
    assert told.partition("What the int8 TFLite says")[2].count(".png") >= 3


@pytest.mark.parametrize("task", ["detect"])
def test_what_lies_in_scenes_is_found_and_drawn(task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = importlib.import_module("tltool.recipes.demo")
    monkeypatch.setitem(recipe.SCENES, task, (40, 1))
    shown = demonstrate(task=task, out=tmp_path / "demo", seed=1)
    test = shown.run.predictions()["path"]
    assert shown.run.task == task and len(test) == 6
    assert sorted(file.stem for file in shown.drawn.iterdir()) == sorted(Path(path).stem for path in test)
    assert shown.mobile.is_file()
    *_, where, drawn, following = shown.said()
    assert str(tmp_path / "demo") in where and "6 test scenes" in drawn and following.endswith(f"--data PHOTOS --task {task}")
