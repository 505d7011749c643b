"""Killed for real, then resumed: the same weights, nothing of the user's harmed, nothing of ours left."""

import functools
import hashlib
import json
import operator
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tltool import Backbone, ConvStack, DataError, Photos, Run, RunError, Training, evaluate, export, finetune, predict, scratch
from tltool.data import write_digits

NOISE = ("tf.data", "End of sequence", "ran out of data", "cache_dataset", "retracing", "I0000", "W0000", "E0000", "oneDNN", "\r", "\b")
FLAGS = ("--size", "16", "--filters", "4", "--epochs", "4", "--batch-size", "16", "--deterministic")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 real handwritten digits in two folders."""
    folder = write_digits(tmp_path_factory.mktemp("digits"), range(2))
    for place in folder.iterdir():
        for photo in sorted(place.iterdir())[30:]:
            photo.unlink()
    return folder


@pytest.fixture(scope="module")
def whole(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nothing interrupted."""
    run = Run(tmp_path_factory.mktemp("whole") / "run")
    assert finish("--data", str(digits), *FLAGS, "--out", str(run.path)).returncode == 0
    return run


def line(*flags: str, recipe: str = "scratch") -> list[str]:
    return [sys.executable, "-c", "from tltool.cli.main import tltool; tltool()", recipe, *flags]


def finish(*flags: str, recipe: str = "scratch") -> subprocess.CompletedProcess[str]:
    return subprocess.run(line(*flags, recipe=recipe), capture_output=True, text=True, check=False)


def stop_when(ready: Callable[[], bool], how: signal.Signals, *flags: str, recipe: str = "scratch") -> str:
    """What the process said until it was stopped."""
    with subprocess.Popen(line(*flags, recipe=recipe), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not ready() and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(how)
        return process.communicate()[1]


def weights(run: Run) -> bytes:
    with ZipFile(run.path / "model.keras") as archive:
        return archive.read("model.weights.h5")


def digest(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_runs_killed_in_their_training_resume_to_the_same_bits(digits: Path, whole: Run, tmp_path: Path) -> None:
    before = digest(digits)
    runs = {epochs: Run(tmp_path / f"my run {epochs}") for epochs in (0, 1, 3)}
    for epochs, run in runs.items():
        stop_when(functools.partial(trained_for, run, epochs), signal.SIGKILL, "--data", str(digits), *FLAGS, "--out", str(run.path))
        assert run.record["state"] == "unfinished"
        for name in ("notes.txt", "state.txt"):
            (run.path / name).write_text("mine")
        for name in (".state.npz.123.part", ".model.keras.123.part.keras", ".run.json.123.part"):
            (run.path / name).write_text("half")
    for run in runs.values():
        done = finish("--resume", str(run.path))
        assert done.returncode == 0, done.stderr
    for run in runs.values():
        assert weights(run) == weights(whole) and run.predictions().equals(whole.predictions())
        assert {path.name for path in run.path.iterdir()} == {path.name for path in whole.path.iterdir()} | {"notes.txt", "state.txt"}
        assert (run.path / "notes.txt").read_text() == "mine"
    assert digest(digits) == before


def trained_for(run: Run, epochs: int) -> bool:
    """Whether ``run`` has kept that many epochs, or for none, knows its parts."""
    history = run.path / "history.csv"
    return history.exists() and len(history.read_text().splitlines()) > epochs if epochs else (run.path / "split.csv").exists()


def test_ctrl_c_says_how_to_go_on_and_that_works(digits: Path, whole: Run, tmp_path: Path) -> None:
    run = Run(tmp_path / "my run")
    said = stop_when((run.path / "state.npz").exists, signal.SIGINT, "--data", str(digits), *FLAGS, "--out", str(run.path))
    assert said.endswith(f"Interrupted. Resume with: tltool scratch --resume '{run.path}'\n")
    assert finish("--resume", str(run.path)).returncode == 0
    assert weights(run) == weights(whole)
    again = finish("--resume", str(run.path))
    assert again.returncode == 1 and "--resume must be a run that was interrupted" in again.stderr and "which is finished" in again.stderr


def test_from_an_earlier_run_the_same_run_comes_again_and_another_seed_gives_another(digits: Path, whole: Run, tmp_path: Path) -> None:
    """A process of its own each, so that nothing is shared but what --deterministic promises; and it says nothing but its own."""
    again, other = Run(tmp_path / "again"), Run(tmp_path / "other")
    done = finish("--from", str(whole.path), "--out", str(again.path))
    assert done.returncode == 0 and [sign for sign in NOISE if sign in done.stderr] == []
    assert weights(again) == weights(whole) and again.predictions().equals(whole.predictions()) and again.typed == whole.typed
    assert finish("--from", str(whole.path), "--seed", "1", "--out", str(other.path)).returncode == 0
    assert weights(other) != weights(whole)


def test_a_run_interrupted_in_its_fine_tuning_can_be_used_and_resumes_to_the_same_bits(digits: Path, whole: Run, tmp_path: Path) -> None:
    flags = ("--data", str(digits), "--backbone", str(whole.path), "--epochs", "3", "--batch-size", "16", "--deterministic", "--out")
    unbroken, run = Run(tmp_path / "unbroken"), Run(tmp_path / "my run")
    assert finish(*flags, str(unbroken.path), recipe="finetune").returncode == 0
    said = stop_when((run.path / "state.npz").exists, signal.SIGINT, *flags, str(run.path), recipe="finetune")  # the head is solved
    assert "can be used from here on" in said and "Resume with: tltool finetune --resume" in said
    assert run.record["kept"] == "head" and run.record["state"] == "usable"
    assert finish("--resume", str(run.path), recipe="finetune").returncode == 0
    assert weights(run) == weights(unbroken) and run.predictions().equals(unbroken.predictions())
    assert run.record["state"] == "finished"
    assert {path.name for path in run.path.iterdir()} == {path.name for path in unbroken.path.iterdir()}


def test_what_takes_a_run_takes_one_whose_head_is_solved_and_says_so(
    digits: Path, whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tltool.training import fitting

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "trainer_of", stop)
    with pytest.raises(KeyboardInterrupt, match="Resume with"):
        finetune(Photos(data=digits), Backbone(name=str(whole.path)), training=Training(epochs=1), out=tmp_path / "run")
    run, photo = Run(tmp_path / "run"), next(digits.rglob("*.png"))
    assert evaluate(run.path).report["split"] == "test"
    assert len(list(predict(run.path, (photo,)).records())) == 1
    export(run.path, ("tflite",), ("float32",), max_drop=1.0)
    assert "Its training was interrupted" in (run.path / "exports" / "MODEL_CARD.md").read_text()
    warned = [message for message in caplog.messages if "was interrupted: this is its model after the phase head" in message]
    assert len(warned) == 3 and all(message.endswith(f"Go on with: {run.resumption}") for message in warned)
    for refused in (run.report, run.predictions, lambda: run.finished, lambda: list(run.said())):
        with pytest.raises(RunError, match="The run must be finished"):
            refused()


def test_a_run_that_cannot_be_made_usable_goes_on(
    digits: Path, whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from tltool.training import checkpoint

    def full(*_: object) -> None:
        raise RunError("no room")

    monkeypatch.setattr(checkpoint, "save_model", full)
    run = finetune(Photos(data=digits), Backbone(name=str(whole.path)), training=Training(epochs=1), out=tmp_path / "run")
    assert run.finished and any("of no use before it is finished: no room" in message for message in caplog.messages)


@pytest.fixture(scope="module")
def first_stopped(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that ended after its training, before it had a model; its photos, beside it, are a copy of its own."""
    from tltool.evaluation import final

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    place = tmp_path_factory.mktemp("stopped")
    shutil.copytree(digits, place / "photos")
    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt, match="Resume with"):
        patched.setattr(final, "save_model", kill)
        scratch(Photos(data=place / "photos", size=16), ConvStack(filters=(4,)), training=Training(epochs=2), out=place / "run")
    return Run(place / "run")


@pytest.fixture
def stopped(first_stopped: Run, tmp_path: Path) -> Run:
    """A copy of it."""
    return Run(shutil.copytree(first_stopped.path, tmp_path / "run"))


@pytest.fixture
def photos(digits: Path, first_stopped: Run) -> Iterator[Path]:
    """Its photos, put back afterwards."""
    place = first_stopped.path.parent / "photos"
    yield place
    shutil.rmtree(place)
    shutil.copytree(digits, place)


def test_a_run_killed_while_it_was_finishing_is_finished(stopped: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from tltool.training import fitting

    monkeypatch.setattr(fitting, "fit", lambda *_: pytest.fail("trained again"))
    run = stopped.resume()
    assert run.finished["seconds"] >= run.record["seconds_before"] > 0 and len(run.record["resumed"]) == 1
    assert run.report()["n"] == 10 and not (run.path / "state.npz").exists()


def test_what_was_typed_as_automatic_goes_on_as_it_was_resolved(stopped: Run) -> None:
    record = stopped.record.content
    record["typed"]["training"] |= {"precision": None, "learning_rate": None}  # --precision auto
    stopped.write_json("run.json", record)
    assert record["resolved"]["training"]["precision"] == "float32" and stopped.resume().finished


def test_another_precision_is_another_training(stopped: Run) -> None:
    record = stopped.record.content
    record["resolved"]["training"]["precision"] = "mixed_bfloat16"
    stopped.write_json("run.json", record)
    with pytest.raises(RunError, match=r"what run\.json says it was asked for is something else"):
        stopped.resume()


def test_in_python_a_gate_may_be_given(stopped: Run) -> None:
    assert stopped.resume(min_score=0.0).finished
    with pytest.raises(RunError, match="which is finished"):
        stopped.resume()


def test_photos_that_are_gone_or_changed_are_named(stopped: Run, photos: Path) -> None:
    first, second = sorted(photos.rglob("*.png"))[:2]
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    with pytest.raises(DataError, match=rf"photos of a run must stay as they were.*Received: 1 gone or changed, such as {first}"):
        stopped.resume()
    first.unlink()
    with pytest.raises(DataError, match=rf"Received: 1 gone or changed, such as {first}\. Put them back, or start a new run\."):
        stopped.resume()
    first.write_bytes(content)
    shutil.copyfile(first, first.with_name("new.png"))  # photos that came later are no part of the run
    assert stopped.resume().report()["n"] == 10


def test_a_split_that_was_changed_is_refused(stopped: Run) -> None:
    split = stopped.path / "split.csv"
    split.write_text(split.read_text().replace('"train"', '"test"', 1))
    with pytest.raises(RunError, match=r"must go on as it began\. Received: .*, where the photos and their parts in split\.csv are others"):
        stopped.resume()


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("other training", {"resolved.training.label_smoothing": 0.2}),
        ("other training", {"resolved.training.epochs": 9}),
        ("other phases", {"phases": []}),
        ("other size", {"size": 32}),
    ],
)
def test_a_wish_that_was_changed_is_refused(stopped: Run, said: str, change: dict[str, Any]) -> None:
    record = stopped.record.content
    for place, value in change.items():
        *folders, name = place.split(".")
        functools.reduce(operator.getitem, folders, record)[name] = value
    stopped.write_json("run.json", record)
    with pytest.raises(RunError, match=rf"A run must go on as it began\. Received: {said}"):
        stopped.resume()


def test_a_run_of_an_earlier_tltool_is_refused_with_a_way_on(stopped: Run) -> None:
    record = stopped.record.content
    for name in ("views", "minutes"):
        del record["resolved"]["training"][name]
        record["phases"] = [{key: value for key, value in phase.items() if key != name} for phase in record["phases"]]
    stopped.write_json("run.json", record)
    with pytest.raises(RunError, match=r"Received: .*run\.json, from an earlier one that did not know minutes, views\. .*--from .*run\."):
        stopped.resume()


def test_a_wish_that_was_changed_everywhere_is_refused(stopped: Run) -> None:
    record = stopped.record.content
    for specs in (record["typed"], record["resolved"]):
        specs["training"]["label_smoothing"] = 0.3
    stopped.write_json("run.json", record)
    with pytest.raises(RunError, match=r"what run\.json says it was asked for is something else"):
        stopped.resume()


def test_other_specs_than_the_run_s_are_refused(stopped: Run, photos: Path) -> None:
    with pytest.raises(RunError, match="Received: other stack than"):
        scratch(Photos(data=photos, size=16), ConvStack(filters=(8,)), training=Training(epochs=2), resume=stopped.path)


def test_a_dry_run_of_a_resumption_changes_nothing(stopped: Run) -> None:
    before = digest(stopped.path)
    assert "training" in stopped.resume(dry_run=True).seconds
    assert digest(stopped.path) == before


def test_force_begins_anew(stopped: Run, photos: Path) -> None:
    run = scratch(Photos(data=photos, size=16), ConvStack(filters=(4,)), training=Training(epochs=1), out=stopped.path, force=True)
    assert len((run.path / "history.csv").read_text().splitlines()) == 2 and not (run.path / "state.npz").exists()
    assert "resumed" not in json.loads((run.path / "run.json").read_text())
