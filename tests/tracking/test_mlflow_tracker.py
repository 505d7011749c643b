"""MLflow, the real one with a database of its own, keeps what it is told; a second client of it, in another process, reads that.

It lives in an environment of its own above the one of the tests, from which it must move no package.
"""

import configparser
import json
import os
import subprocess
import sys
import sysconfig
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tltool.errors import SpecError
from tltool.specs import Training
from tltool.tracking import mlflow_tracker
from tltool.tracking.mlflow_tracker import MlflowTracker

ROOT = Path(__file__).parents[2]
TRAINING = """
import json, sys
from importlib.metadata import version
from pathlib import Path
import numpy as np, pandas
from tltool.data.samples import Samples
from tltool.evaluation.final import finish
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.runs import Run
from tltool.specs import ConvStack, Head, Training
from tltool.tracking import following, tracked
from tltool.training.fitting import train
from tltool.training.phases import plan_phases

following.PATIENCE = following.FAREWELL = 240  # these epochs take no time beside the making of a database
folder, track, stop = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
random, classes = np.random.default_rng(0), ["blue", "red"]
table = pandas.DataFrame({"path": [f"/{i}.png" for i in range(32)], "sha256": "", "label": classes * 16, "group": "",
                          "split": ["train"] * 16 + ["validation"] * 8 + ["test"] * 8})
samples, pixels = Samples(table, classes), random.integers(0, 256, (32, 16, 16, 3)).astype("uint8")
training, head = Training(epochs=4, learning_rate=0.01, batch_size=8, augment="none", track=track), Head(dense=(4,))
phases, specs = plan_phases(training, head), {"training": training, "head": head}
model = assemble(build_stack(ConvStack(filters=(4,)), (16, 16, 3), 0), head, classes, 0)
run = Run.create(folder, "scratch", specs, resume=folder if folder.exists() else None, size=16, fit="crop", classes=classes,
                 phases=[{"name": phase.name} for phase in phases])

def stopping(hear):
    def heard(history):
        hear(history)
        if len(history) == stop:
            raise KeyboardInterrupt("Resume with: tltool")
    return heard

try:
    with tracked(run, track, model) as follow:
        outcomes = train(model, pixels, samples, phases, training, run, lambda done: stopping(follow(done)))
        finish(run, model, pixels, samples, outcomes, 0.0)
except KeyboardInterrupt:
    pass
wrapped = [name for name in sys.modules if name in ("mlflow.tensorflow", "mlflow.keras", "mlflow.pyfunc")]
print(json.dumps([run.record.tracked, wrapped]))
"""
READING = """
import json, sys
from mlflow.models import Model
from mlflow.tracking import MlflowClient
client = MlflowClient(sys.argv[1])
run = client.get_run(sys.argv[2])
files = [file.path for place in (None, "model") for file in client.list_artifacts(run.info.run_id, place) if not file.is_dir]
found = {"name": run.info.run_name, "status": run.info.status, "params": run.data.params, "metrics": run.data.metrics, "files": files,
         "tags": run.data.tags, "experiment": client.get_experiment(run.info.experiment_id).name,
         "steps": [[metric.step, metric.value] for metric in client.get_metric_history(run.info.run_id, "training/val_loss")]}
if "model" in {file.partition("/")[0] for file in files}:
    signature = Model.load(client.download_artifacts(run.info.run_id, "model")).signature
    found["signature"] = [[list(tensor.shape) + [str(tensor.type)] for tensor in side.inputs]
                          for side in (signature.inputs, signature.outputs)]
print(json.dumps(found))
"""
IN_VAIN = """
import sys
from types import SimpleNamespace
from tltool.runs import Run
from tltool.specs import Training
from tltool.tracking import following
following.PATIENCE = 120
run = Run.create(sys.argv[1], "scratch", {"training": Training(track=sys.argv[2])})
with following.tracked(run, sys.argv[2], SimpleNamespace(inputs=[], outputs=[])) as follow:
    hear = follow(0)
    for number in range(1, 4):
        hear([{"phase": "training", "epoch": epoch, "loss": 0.5} for epoch in range(1, number + 1)])
print(run.record.state)
"""
SERVING = """
import sys
import mlflow, numpy as np
from tltool.runs import Run
mlflow.set_tracking_uri(sys.argv[1])
photos = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3)).astype("float32")
served = mlflow.pyfunc.load_model(f"runs:/{sys.argv[2]}/model").predict(photos)
print(float(np.abs(served - Run(sys.argv[3]).model().predict(photos, verbose=0)).max()))
"""


def wanted() -> list[str]:
    """What the extra ``[mlflow]`` asks for."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["options.extras_require"]["mlflow"].splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with MLflow beside everything that is installed here, made once beside the checkout."""
    if os.environ.get("CI") != "true" and os.environ.get("TLTOOL_TEST_MLFLOW") != "1":
        pytest.skip("installs 130 MB; set TLTOOL_TEST_MLFLOW=1 to run it")
    folder = ROOT / ".venv-mlflow"
    done, interpreter, below = folder / "installed.json", folder / "bin" / "python", sysconfig.get_paths()["purelib"]
    if not done.is_file() or json.loads(done.read_text()) != [below, *wanted()]:
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True)
        (site(folder) / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n")
        subprocess.run([sys.executable, "-m", "pip", "--python", interpreter, "install", "--quiet", *wanted()], check=True)
        (folder / ".gitignore").write_text("*\n")
        done.write_text(json.dumps([below, *wanted()]))
    return interpreter


def site(folder: Path) -> Path:
    return next(folder.glob("lib/python*/site-packages"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="module")
def store(place: Path) -> str:
    return f"sqlite:///{place / 'mlflow.db'}"


@pytest.fixture(scope="module")
def interrupted(python: Path, store: str, place: Path) -> str:
    """What MLflow calls a run that was interrupted in its second epoch."""
    number, wrapped = ask(python, TRAINING, place / "first", f"mlflow:{store}", 2, folder=place)
    assert wrapped == [], "nothing of Keras is wrapped"
    return number


@pytest.fixture(scope="module")
def resumed(python: Path, store: str, place: Path, interrupted: str) -> str:
    """What it calls the same run, resumed."""
    return ask(python, TRAINING, place / "first", f"mlflow:{store}", 0, folder=place)[0]


def ask(python: Path, program: str, *words: object, folder: Path) -> Any:
    """What ``program`` prints in its last line, run in ``folder``, where MLflow puts its artefacts."""
    done = subprocess.run([python, "-c", program, *map(str, words)], capture_output=True, text=True, cwd=folder, env=environment())
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def environment() -> dict[str, str]:
    """Without what a developer has set for MLflow; on JAX, which loads sooner, where it is there."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    jax = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"} if find_spec("jax") else {}
    return {**ours, **jax, "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true"}


def test_mlflow_moves_no_package_of_the_environment(python: Path) -> None:
    above = {found.name.lower().replace("_", "-") for found in distributions(path=[str(site(python.parents[1]))])}
    here = {found.name.lower().replace("_", "-") for found in distributions() if python.parents[1] not in Path(str(found._path)).parents}  # type: ignore[attr-defined]
    assert "mlflow-skinny" in above
    assert above & here == set()


def test_a_second_client_reads_of_an_interrupted_run_that_it_was(python: Path, store: str, interrupted: str, place: Path) -> None:
    found = ask(python, READING, store, interrupted, folder=place)
    assert found["status"] == "KILLED" and found["tags"]["tltool.reason"].startswith("Resume with: tltool scratch --resume ")
    assert [step for step, _ in found["steps"]] == [1, 2]


def test_a_second_client_reads_of_a_resumed_run_all_that_was_logged(
    python: Path, store: str, interrupted: str, resumed: str, place: Path
) -> None:
    found, report = ask(python, READING, store, resumed, folder=place), json.loads((place / "first" / "report.json").read_text())
    assert resumed == interrupted and (found["name"], found["status"], found["experiment"]) == ("first", "FINISHED", "tltool")
    asked = {"training.epochs": "4", "head.dense": "[4]", "size": "16", "classes": "2", "recipe": "scratch"}
    assert found["params"].items() >= asked.items()
    history = [line.split(",") for line in (place / "first" / "history.csv").read_text().splitlines()]
    val_loss = [float(row[history[0].index("val_loss")]) for row in history[1:]]
    last = dict(found["steps"])  # the second epoch was trained twice, as it was interrupted before its state was kept
    assert last == {step: pytest.approx(value) for step, value in enumerate(val_loss, start=1)} and len(val_loss) == 4
    low, high = report["accuracy_interval"]
    measured = {"test/accuracy": report["accuracy"], "test/accuracy_low": low, "test/accuracy_high": high, "test/n": 8}
    assert found["metrics"].items() >= measured.items()
    model = ["MLmodel", "labels.txt", "model.keras", "run.json"]
    assert sorted(found["files"]) == ["history.csv", *(f"model/{name}" for name in model), "report.json"]
    assert found["signature"] == [[[-1, 16, 16, 3, "float32"]], [[-1, 2, "float32"]]]


def test_mlflow_loads_the_model_and_it_answers_like_the_run(python: Path, store: str, resumed: str, place: Path) -> None:
    assert ask(python, SERVING, store, resumed, place / "first", folder=place) == 0


def test_a_server_that_is_not_there_and_a_database_that_cannot_be_made_stop_no_run(python: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("http://127.0.0.1:9", f"sqlite:///{tmp_path / 'file' / 'mlflow.db'}"):
        run = tmp_path / place.partition(":")[0]
        done = subprocess.run(
            [python, "-c", IN_VAIN, run, f"mlflow:{place}"], capture_output=True, text=True, cwd=tmp_path, env=environment()
        )
        assert (done.returncode, done.stdout) == (0, "unfinished\n"), done.stderr[-3000:]
        assert [line.partition(" cannot be told of it: ")[0] for line in done.stderr.splitlines()] == [
            f"The run goes on, but mlflow:{place}"
        ]


# At the door, where MLflow need not be there


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    monkeypatch.setattr(mlflow_tracker, "find_spec", lambda name: name)


@pytest.mark.parametrize(
    "place", ["http://localhost:5000", "https://host/a", "postgresql+psycopg2://host/base", "databricks", "sqlite:///a.db"]
)
def test_servers_and_databases_are_taken(installed: None, place: str) -> None:
    assert MlflowTracker(place).place == place


def test_without_a_place_the_environment_says_where_and_else_it_is_a_database_here(
    installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MlflowTracker().place == "sqlite:///mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://anna:s3cret@host")
    assert MlflowTracker().place == "https://anna:s3cret@host"
    assert "s3cret" not in repr(Training(track="mlflow")) and "s3cret" not in json.dumps(Training(track="mlflow").resolved())


@pytest.mark.parametrize("place", ["mlruns", "/tmp/mlruns", "file:///tmp/mlruns"])
def test_a_folder_is_refused_with_what_to_give(installed: None, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    with pytest.raises(SpecError, match=r"^--track must name a server \(mlflow:http://localhost:5000\) or a database \(mlflow:sqlite:///"):
        MlflowTracker(place)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    assert MlflowTracker(place)


@pytest.mark.parametrize(
    ("missing", "place", "named"), [("mlflow", "http://host", "mlflow"), ("sqlalchemy", "sqlite:///a.db", "sqlalchemy")]
)
def test_a_missing_package_is_said_with_how_to_get_it(
    installed: None, monkeypatch: pytest.MonkeyPatch, missing: str, place: str, named: str
) -> None:
    monkeypatch.setattr(mlflow_tracker, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(SpecError, match=rf"^Training\.track mlflow needs the package {named}\..*pip install 'tltool\[mlflow\]'$"):
        Training(track=f"mlflow:{place}")


def test_only_a_database_needs_the_packages_for_one(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_tracker, "find_spec", lambda name: name if name == "mlflow" else None)
    assert MlflowTracker("http://host")
