"""Timing a run: its model and every export, in a table and as JSON."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tltool import ExportError, Run, benchmark


def test_a_run_is_timed_with_its_exports(run: Run, exported: Path, tmp_path: Path) -> None:
    own = shutil.copytree(exported.parent, tmp_path / "run", ignore=shutil.ignore_patterns("saved_model"))
    found = benchmark(own, seconds=0.02)
    names = [timed.path.name for timed in found.models]
    assert names[0] == "model.keras" and {"model-float32.tflite", "model-int8.tflite"} <= set(names) and found.exit_code == 0
    assert {timed.size for timed in found.models} == {run.finished["size"]} and found.baseline == "model-float32.tflite"


def test_the_command_prints_one_object_per_model(exported: Path) -> None:
    file = exported / "model-float32.tflite"
    done = subprocess.run(
        [sys.executable, "-m", "tltool", "benchmark", str(file), "--seconds", "0.02", "--json"], capture_output=True, text=True, check=True
    )
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["file"] == str(file) and json.loads(line)["timings"][0]["threads"] == 1


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="something to time"):
        benchmark(tmp_path)
