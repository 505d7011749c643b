"""The group: every command answers at once, and what it does not know is said in a sentence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tltool import __version__
from tltool.catalog import RECIPES
from tltool.cli.main import tltool

COMMANDS = [*RECIPES, "recipes", "copy"]
HEAVY = {"keras", "tensorflow", "tensorflow_hub", "jax", "pandas", "sklearn", "scipy", "h5py", "numpy", "PIL"}
ALL_HELPS = f"""
import json, sys
from tltool.cli.main import tltool
loaded = {{}}
for typed in ([], *([name] for name in {COMMANDS!r})):
    try:
        tltool([*typed, "--help"])
    except SystemExit as end:
        loaded[" ".join(typed)] = [end.code, sorted({HEAVY!r} & set(sys.modules))]
print(json.dumps(loaded), file=sys.stderr)
"""


def test_no_help_loads_keras_or_anything_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", ALL_HELPS], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == {name: [0, []] for name in ("", *COMMANDS)}
    for name in COMMANDS:
        assert f"Usage: -c {name} [OPTIONS]" in done.stdout


def test_the_package_itself_loads_nothing_heavy() -> None:
    code = f"import sys, tltool; tltool.finetune, tltool.Run, tltool.Photos; print(sorted({HEAVY!r} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "tltool", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"tltool, version {__version__}\n"


def test_the_group_lists_every_command_with_an_uncut_sentence() -> None:
    listed = CliRunner().invoke(tltool, ["--help"], terminal_width=80).output.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == COMMANDS
    assert [line for line in listed if line.endswith("...")] == []


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_has_a_short_flag_everywhere(flag: str) -> None:
    assert CliRunner().invoke(tltool, [flag]).exit_code == 0
    assert CliRunner().invoke(tltool, ["finetune", flag]).exit_code == 0


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["finetun"], "The command must be a known name (did you mean 'finetune'?). Received: 'finetun'."),
        (["!"], f"The command must be one of {', '.join(COMMANDS)}. Received: '!'."),
        (["finetune", "--dat", "x"], "No such option"),
        (["backbones", "resnet50", "vgg16"], "Got unexpected extra argument (vgg16)"),
        (["predict"], "Missing argument 'TRAINED'."),
        (["predict", "run"], "Missing argument 'PHOTOS...'."),
        (["predict", "run", "photo.jpg", "--top", "0"], "Invalid value for '--top': 0 is not in the range x>=1."),
        (["export", "run", "--format", "coreml"], "Invalid value for '--format': 'coreml' is not one of 'saved_model', 'tflite', 'onnx'."),
        (["evaluate", "run", "--split", "dev"], "Invalid value for '--split': 'dev' is not one of 'train', 'validation', 'test', 'all'."),
        (["copy"], "Missing argument 'NAME'."),
    ],
)
def test_wrong_usage_is_said_and_ends_with_2(typed: list[str], message: str) -> None:
    done = CliRunner().invoke(tltool, typed)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["finetune", "--data", "nowhere"], "The photos must be in a folder or a CSV that exists. Received: "),
        (["scratch", "--data", "nowhere", "--filters", ""], "--filters must name at least one number, as in 16,32. Received: ''."),
        (["finetune", "--data", "nowhere", "--backbone", "mobilenet_v"], "--backbone must be a known name (did you mean 'mobilenet_v2'"),
        (["finetune", "--data", "nowhere", "--out", "full"], "--out must be a new or empty folder. Received: full."),
        (["finetune", "--data", "nowhere", "--out", "full", "--force"], "--force replaces only what tltool wrote. Received: full,"),
        (["demo", "--out", "full"], "--out must be a new or empty folder. Received: full."),
        (["predict", "nowhere", "photo.jpg"], "A run is a folder that holds run.json. Received: nowhere."),
        (["predict", "full/mine.txt", "photo.jpg"], "Give the folder of a run, or a .tflite or .onnx file. Received: full/mine.txt."),
        (["export", "full"], "A run is a folder that holds run.json. Received: full."),
        (["export", "full/mine.tflite"], "A run is a folder that holds run.json. Received: full/mine.tflite."),
        (["evaluate", "begun"], "The run must be finished. Received: begun, which has no finished model."),
        (["backbones", "resnet5"], "backbone must be a known name (did you mean 'resnet50'"),
        (["copy", "nosuch"], "recipe must be one of check, finetune, "),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    typed: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"full/mine.txt": "mine", "begun/run.json": '{"recipe": "finetune"}'}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    done = CliRunner().invoke(tltool, typed)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(f"Error: {message}")
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
