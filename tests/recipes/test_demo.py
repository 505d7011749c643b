"""The demonstration runs to its end on a machine that is cut off from every network."""

import subprocess
import sys
from pathlib import Path

import pytest

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
