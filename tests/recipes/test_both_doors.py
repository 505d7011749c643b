"""The command line and Python are two doors of one house: the same wishes give the same run, and no call leaves anything to the next."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import hashlib, json, logging
from pathlib import Path
from click.testing import CliRunner
from tltool import ConvStack, Head, Photos, SpecError, Training, scratch
from tltool.cli.main import tltool
from tltool.data import write_digits

data = write_digits(Path("photos"), range(2), few=10)
wish = Training(epochs=2, seed=3, batch_size=64, deterministic=True, augment="light")

def told(run):
    record = json.loads(Path(run, "run.json").read_text())
    return {**{name: record[name] for name in ("recipe", "typed", "resolved", "asked", "phases", "classes", "device")},
            "model": hashlib.sha256(b"".join(w.tobytes() for w in __import__("tltool").Run(run).model().get_weights())).hexdigest(),
            "predictions": hashlib.sha256(Path(run, "predictions.csv").read_bytes()).hexdigest()}

scratch(Photos(data=data, size=16), ConvStack(filters=(4,)), training=wish, out=Path("first"))
other = Training(epochs=1, seed=9, learning_rate=0.05, batch_size=16, augment="none", label_smoothing=0)
scratch(Photos(data=data, size=16, fit="pad"), ConvStack(filters=(8,), kernel_initializer="orthogonal"), Head(pool="max"), other,
        out=Path("other"))
try:
    scratch(Photos(data=data, size=16), ConvStack(filters=(4,)), Head(output="auto"), Training(seed=3), out=Path("first"))
except Exception as error:
    refused = type(error).__name__
scratch(Photos(data=data, size=16), ConvStack(filters=(4,)), training=wish, out=Path("second"))
typed = ["scratch", "--data", "photos", "--size", "16", "--filters", "4", "--epochs", "2", "--seed", "3", "--batch-size", "64",
         "--deterministic", "--augment", "light", "--out", "typed"]
done = CliRunner().invoke(tltool, typed)
assert done.exit_code == 0, done.output
handlers = [type(handler).__name__ for handler in logging.getLogger("tltool").handlers]
print(json.dumps({"refused": refused, "handlers": handlers, **{name: told(name) for name in ("first", "second", "typed", "other")}}))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Four runs of one process: one from Python, one with other wishes, the first again, and the first from the command line."""
    here: Path = tmp_path_factory.mktemp("doors")
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_call_leaves_nothing_to_the_next(runs: dict[str, Any]) -> None:
    assert runs["second"] == runs["first"] and runs["refused"] == "RunError"
    assert runs["other"]["model"] != runs["first"]["model"]


def test_the_command_line_and_python_give_the_same_run(runs: dict[str, Any]) -> None:
    assert runs["typed"] == runs["first"]
    assert runs["handlers"] == []
