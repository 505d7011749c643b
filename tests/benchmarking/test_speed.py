"""Timing: every model in a process of its own, in turns, and none left behind. What was slow or fast is never asserted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tltool.benchmarking import speed, stopwatch
from tltool.benchmarking.speed import models_in, time_models
from tltool.errors import ExportError, RunError
from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.metadata import with_metadata
from tltool.runs import Report, Run
from tltool.tasks.classify.measures import measure

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny model of ours in float32, and the same from elsewhere."""
    folder = tmp_path_factory.mktemp("files")
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2), layers.Softmax()])
    content = convert(model, "float32")
    (folder / "foreign.tflite").write_bytes(content)
    (folder / "model-float32.tflite").write_bytes(with_metadata(content, {"classes": ["a", "b"], "size": 8, "fit": "crop"}))
    model.save(folder / "model.keras")
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "ROUNDS", 2)
    monkeypatch.setattr(speed, "SHORTEST", 0.001)
    monkeypatch.setattr(speed, "cores", lambda: 2)


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have a shell script run in place of every timing process."""
    (tmp_path / "python").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))


# Which models


def test_a_run_is_its_model_and_its_exports_in_the_usual_order(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "scratch", {}, size=8, fit="crop", classes=["a", "b"]).finish(
        Report(**measure(np.array([0]), np.array([[1.0, 0.0]]), ["a", "b"], "test"))
    )
    exports = run.path / "exports"
    (exports / "saved_model").mkdir(parents=True)
    for name in (
        "model.onnx",
        "other.tflite",
        "model-int8.tflite",
        "saved_model/saved_model.pb",
        "model-float32.tflite",
        "labels.txt",
        ".x.tflite",
    ):
        (exports / name).touch()
    (run.path / "model.keras").touch()
    expected = ["saved_model", "model-float32.tflite", "model-int8.tflite", "model.onnx", "other.tflite"]
    assert [path.name for path in models_in(run.path)] == ["model.keras", *expected]
    assert [path.name for path in models_in(exports)] == expected
    assert models_in(exports / "saved_model") == [exports / "saved_model"]
    assert models_in(exports / "model.onnx") == [exports / "model.onnx"]
    run.note(state="unfinished")
    with pytest.raises(RunError, match="must be finished"):
        models_in(run.path)


@pytest.mark.parametrize(("name", "words"), [("", ""), ("photo.png", ""), ("gone", ", which is not there")])
def test_a_place_without_models_is_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "photo.png").touch()
    with pytest.raises(ExportError, match=f"something to time: a run.* Received: {tmp_path / name}{words}"):
        models_in(tmp_path / name)


# Timing


def test_every_model_is_timed_on_one_thread_and_on_all(quick: None, files: dict[str, Path]) -> None:
    paths = [files["foreign.tflite"], files["model-float32.tflite"], files["model.keras"]]
    found = time_models(paths, seconds=0.01)
    assert [timed.path for timed in found.models] == paths and found.exit_code == 0
    assert found.baseline == "model-float32.tflite"
    for timed in found.models:
        assert list(timed.timings) == [1, 2] and timed.size == 8 and timed.bytes == timed.path.stat().st_size
        assert 0 < timed.memory.model < timed.memory.peak
        for timing in timed.timings.values():
            assert timing.photos >= 2 and 0 < timing.median_ms <= timing.p95_ms and timing.busy > 0
            assert timing.speed[1] <= timing.speed[0] <= timing.speed[2]
    assert all(timing.speed == (1, 1, 1) for timing in found.models[1].timings.values())


def test_the_first_model_is_what_others_are_compared_with_where_there_is_no_float32(quick: None, files: dict[str, Path]) -> None:
    assert time_models([files["foreign.tflite"]], seconds=0.01).baseline == "foreign.tflite"


def test_models_take_turns(quick: None, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    turns, real = [], speed._take_turn
    monkeypatch.setattr(speed, "_take_turn", lambda watch, seconds: (turns.append(watch.path.name), real(watch, seconds)))
    monkeypatch.setattr(speed, "cores", lambda: 1)
    time_models([files["foreign.tflite"], files["model-float32.tflite"]], seconds=0.01)
    assert turns == ["foreign.tflite", "model-float32.tflite"] * 2


def test_a_tflite_file_is_timed_where_tensorflow_and_keras_cannot_be_imported(
    quick: None, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tensorflow", "keras"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not to be imported')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert time_models([files["foreign.tflite"]], seconds=0.01).exit_code == 0
    with pytest.raises(ExportError, match=r"model\.keras must run to be timed\. Received: its process ended with RuntimeError: not to be"):
        time_models([files["model.keras"]], seconds=0.01)


def test_the_parent_imports_neither_either(files: dict[str, Path]) -> None:
    program = (
        "import sys; from pathlib import Path; from tltool import benchmark; benchmark(Path(sys.argv[1]), seconds=0.01); "
        "print({'tensorflow', 'keras', 'pandas', 'sklearn'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program, str(files["foreign.tflite"])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "set()\n"


# What goes wrong


def test_a_model_that_cannot_be_timed_is_told_and_the_rest_goes_on(
    quick: None, files: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.tflite").write_bytes(files["foreign.tflite"].read_bytes()[:200])
    found = time_models([tmp_path / "broken.tflite", files["foreign.tflite"]], seconds=0.01)
    assert [timed.path.name for timed in found.models] == ["foreign.tflite"] and found.exit_code == 1
    assert found.failures[0] in caplog.text and "that LiteRT can run" in found.failures[0]
    with pytest.raises(ExportError, match="that LiteRT can run"):
        time_models([tmp_path / "broken.tflite"], seconds=0.01)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("kill -SEGV $$", "its process ended with SIGSEGV"),
        ("echo 'it broke' >&2; exit 3", "its process ended with it broke"),
        ("exit 3", "its process ended with exit code 3"),
        ("echo '{\"size\": 8}'; kill -KILL $$", "its process ended with SIGKILL"),
    ],
)
def test_a_process_that_dies_is_one_sentence(
    quick: None, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    stand_in(tmp_path, monkeypatch, script)
    with pytest.raises(ExportError, match=f"foreign.tflite must run to be timed. Received: {words}"):
        time_models([files["foreign.tflite"]], seconds=0.01)


def test_no_process_is_left_when_something_fails(
    quick: None, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, f"echo $$ >> {tmp_path / 'started'}; echo '{{\"size\": 8}}'; exec sleep 600")
    monkeypatch.setattr(speed, "_take_turn", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        time_models([files["foreign.tflite"], files["model-float32.tflite"]], seconds=0.01)
    for number in (tmp_path / "started").read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(number), 0)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in Linux's /proc")
def test_a_signal_to_the_command_ends_its_processes_too(files: dict[str, Path]) -> None:
    command = [sys.executable, "-m", "tltool", "benchmark", str(files["foreign.tflite"]), "--seconds", "600"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        children: list[str] = []
        while not children and process.poll() is None:
            time.sleep(0.05)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        process.send_signal(signal.SIGTERM)
        assert "Interrupted" in process.communicate()[1]
    assert children and process.returncode == 128 + signal.SIGTERM
    late = time.monotonic() + 30  # a busy machine takes a moment to bury them
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < late:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{child}").exists() for child in children)


# The process itself


def test_the_process_answers_requests_until_there_are_no_more(files: dict[str, Path]) -> None:
    answers: list[dict] = []
    stopwatch.main(files["foreign.tflite"], 1, iter([0, 0.01, "weigh"]), answers.append)
    opened, once, more, memory = answers
    assert opened == {"size": 8} and len(once["seconds"]) == 1 and len(more["seconds"]) >= 1
    assert set(memory) == {"peak", "model"} and memory["peak"] > 0


def test_what_cannot_be_opened_is_answered_by_the_reason(tmp_path: Path) -> None:
    answers: list[dict] = []
    stopwatch.main(tmp_path / "gone.tflite", 1, iter(()), answers.append)
    assert "No such file" in answers[0]["error"] and len(answers) == 1


def test_a_turn_is_as_long_as_asked_and_shows_different_photos_after_one_that_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, seen = iter(range(1000)), []  # every look at the clock is a second later
    monkeypatch.setattr(stopwatch.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(stopwatch.time, "process_time", lambda: 0)
    photos = np.arange(3).reshape(3, 1, 1, 1, 1)
    taken, _ = stopwatch.time_for(lambda photo: seen.append(int(photo[0, 0, 0, 0])) or photo, photos, 12)
    assert taken == [1] * 4 and seen == [0, 0, 1, 2, 0]
