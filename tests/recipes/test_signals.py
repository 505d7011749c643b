"""A causal stack on signals, end to end: it learns order and nothing else; what follows a run takes it or says why not."""

import json
import logging
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from tltool import ConvStack, DataError, Run, RunError, Signals, SpecError, Training, evaluate, export, predict, signals
from tltool.cli.main import tltool
from tltool.data import write_processes
from tltool.intervals import wilson

QUICK = Training(epochs=15, learning_rate=0.01, batch_size=16)
CAUSAL = ConvStack(filters=(8, 8, 8), padding="causal", dilation_growth=2)
FLAGS = ("--filters", "4,4", "--epochs", "4", "--deterministic")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_processes(tmp_path_factory.mktemp("signals") / "walks.npz", "direction", 360, 48)


@pytest.fixture(scope="module")
def run(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return signals(Signals(data=file, validation=0.2, test=0.3), CAUSAL, training=QUICK, out=tmp_path_factory.mktemp("runs") / "run")


def say(*typed: str) -> Any:
    return CliRunner().invoke(tltool, list(typed))


def test_a_causal_stack_separates_two_processes_that_differ_only_in_order(run: Run) -> None:
    assert run.report()["n"] == 108 and run.report()["accuracy"] >= 0.95


def test_with_the_order_gone_nothing_is_left_to_learn(tmp_path: Path) -> None:
    control = write_processes(tmp_path / "shuffled.npz", "direction", 360, 48, shuffled=True)
    report = signals(Signals(data=control, validation=0.2, test=0.3), CAUSAL, training=QUICK, out=tmp_path / "run").report()
    low, high = wilson(round(report["accuracy"] * report["n"]), report["n"])
    assert low < 0.5 < high


def test_a_run_leaves_what_every_run_leaves(run: Run, file: Path) -> None:
    names = {"run.json", "split.csv", "history.csv", "predictions.csv", "validation.csv", "model.keras", "report.json", "labels.txt"}
    assert {path.name for path in run.path.iterdir()} == names | {"report.html", "report.md"}
    record = run.record
    assert (record.recipe, record.kind, record.fit, record.size, record.channels) == ("signals", "signal", None, 48, 1)
    assert record["typed"]["signals"]["data"] == str(file) and record["resolved"]["training"]["augment"] == "none"
    predictions = run.predictions()
    assert list(predictions.columns) == ["path", "label", "predicted", "p_backwards", "p_forwards"]
    assert re.fullmatch(r".*walks\.npz#\d+", predictions["path"][0])
    assert run.report()["accuracy"] == (predictions["label"] == predictions["predicted"]).mean()


def test_the_model_takes_signals_as_they_are_stored_and_loads_in_plain_keras(run: Run, file: Path) -> None:
    model = keras.saving.load_model(run.path / "model.keras", safe_mode=True)
    table = run.predictions()
    rows = table["path"].str.rpartition("#")[2].astype(int)
    scores = np.asarray(model(np.load(file)["x"][rows, :, None]))
    assert np.abs(scores - table[["p_backwards", "p_forwards"]].to_numpy()).max() < 1e-5


def test_the_scale_comes_from_the_training_part_alone(run: Run, file: Path) -> None:
    from tltool.data import read_split

    train = np.load(file)["x"][[int(path.rpartition("#")[2]) for path in read_split(run.path / "split.csv").of("train").paths]]
    layer = run.model().get_layer("standardise")
    assert np.allclose(layer.scale, 1 / train.std()) and np.allclose(layer.offset, -train.mean() / train.std(), atol=1e-4)


def test_what_is_said_is_said_of_signals(run: Run, file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tltool")
    signals(Signals(data=file), CAUSAL, training=QUICK.fill(augment="none"), out=tmp_path / "run", dry_run=True)
    assert "sees 50 of 48 steps" not in caplog.text and "none of them later" in caplog.text
    text = " ".join([caplog.text, *map(str, run.said())])
    assert "test signals" in text and "photo" not in text.lower() and "OTHER.npz" in text
    assert not (tmp_path / "run").exists()


def test_evaluate_repeats_the_report_and_measures_other_signals(run: Run, tmp_path: Path) -> None:
    assert evaluate(run.path).report == run.report()
    other = write_processes(tmp_path / "other.npz", "direction", 60, 48, seed=7)
    report = evaluate(run.path, other).report
    assert report["n"] == 60 and report["of"] == "signals" and report["accuracy"] > 0.9
    longer = write_processes(tmp_path / "longer.npz", "direction", 60, 50)
    with pytest.raises(DataError, match=r"48 steps, 1 channel\. Received: .*longer\.npz.* 50 steps"):
        evaluate(run.path, longer)
    named = write_processes(tmp_path / "named.npz", "sequence", 60, 48)
    with pytest.raises(DataError, match=r"Every class in y must be named like a class of the model: backwards, forwards\. Received: down"):
        evaluate(run.path, named)


def test_evaluate_says_so_when_the_file_of_a_run_is_another_now(run: Run, file: Path) -> None:
    kept = file.read_bytes()
    try:
        with np.load(file) as arrays:
            np.savez(file, x=arrays["x"] + 1, y=arrays["y"])
        with pytest.raises(DataError, match=r"must be those that the run knows.*gone or changed"):
            evaluate(run.path)
    finally:
        file.write_bytes(kept)


def test_predict_names_every_row(run: Run, file: Path, tmp_path: Path) -> None:
    with np.load(file) as arrays:
        np.savez(tmp_path / "new.npz", x=arrays["x"][:5])
    (tmp_path / "bad.npz").write_text("bad")
    found = predict(run.path, (tmp_path / "new.npz", tmp_path / "bad.npz"), top=2)
    assert [Path(one.path).name for one in found.answers] == ["new.npz#0", "new.npz#1", "new.npz#2", "new.npz#3", "new.npz#4", "bad.npz"]
    assert found.exit_code == 1 and "must be in an .npz file" in str(found.answers[-1].error)
    said = say("predict", str(run.path), str(tmp_path / "new.npz"))
    assert said.exit_code == 0 and re.search(r"signal\s+class\s+probability", said.stdout) and "new.npz#4" in said.stdout


@pytest.mark.parametrize(
    "typed",
    [("export",), ("benchmark",), ("visualize",), ("finetune", "--data", "photos", "--backbone"), ("check", ".", "--deep", "--backbone")],
)
def test_what_is_for_photos_refuses_the_run_in_one_sentence(run: Run, typed: tuple[str, ...]) -> None:
    done = say(*typed, str(run.path))
    assert done.exit_code == 1 and "must be a run on photos" in done.stderr and "a run on signals" in done.stderr
    assert not (run.path / "exports").exists()


def test_export_from_python_refuses_it_as_well(run: Run) -> None:
    with pytest.raises(RunError, match="must be a run on photos"):
        export(run.path)


@pytest.mark.parametrize("training", [Training(augment="light"), Training(flip=False)])
def test_augmentation_is_refused(file: Path, tmp_path: Path, training: Training) -> None:
    with pytest.raises(SpecError, match=r"Training\.augment and Training\.flip=False must be left away with signals"):
        signals(Signals(data=file), training=training, out=tmp_path / "run")


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        (ConvStack(first_layer="sobel"), "ConvStack.first_layer must go with photos"),
        (ConvStack(channels=1), "ConvStack.channels must be left away"),
        (ConvStack(filters=(4,) * 8), "block6_pool"),
        (ConvStack(conv=("4@49:valid",)), "block1_conv"),
    ],
)
def test_a_stack_that_does_not_go_with_the_signals_is_explained(file: Path, tmp_path: Path, stack: ConvStack, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        signals(Signals(data=file), stack, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_command_takes_the_file_as_its_argument_and_repeats_a_run(run: Run, tmp_path: Path) -> None:
    missing = say("signals")
    assert missing.exit_code == 2 and "Missing argument 'DATA'" in missing.stderr
    done = say("signals", "--from", str(run.path), "--epochs", "1", "--out", str(tmp_path / "again"), "--min-score", "1.0", "--json")
    assert done.exit_code in (0, 3) and json.loads(done.stdout)["of"] == "signals"
    again = Run(tmp_path / "again").record
    assert again["typed"]["signals"] == run.record["typed"]["signals"] and again["resolved"]["training"]["epochs"] == 1
    assert again["resolved"]["stack"]["dilation_growth"] == 2


def test_a_run_that_was_killed_resumes_to_the_same_bits(file: Path, tmp_path: Path) -> None:
    line = [sys.executable, "-c", "from tltool.cli.main import tltool; tltool()", "signals"]
    mine = shutil.copyfile(file, tmp_path / "mine.npz")
    before = mine.read_bytes()
    whole = say("signals", str(mine), *FLAGS, "--out", str(tmp_path / "whole"))
    assert whole.exit_code == 0, whole.stderr
    with subprocess.Popen([*line, str(mine), *FLAGS, "--out", str(tmp_path / "run")], stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "run" / "state.npz").exists() and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert said.endswith(f"Interrupted. Resume with: tltool signals --resume {tmp_path / 'run'}\n")
    done = Run(tmp_path / "run").resume()
    one, other = (run.model().get_weights() for run in (done, Run(tmp_path / "whole")))
    assert [weight.tobytes() for weight in one] == [weight.tobytes() for weight in other]
    assert mine.read_bytes() == before


def test_a_run_whose_file_has_changed_does_not_go_on(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tltool.evaluation import final

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    mine = shutil.copyfile(file, tmp_path / "mine.npz")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt, match="Resume with"):
        patched.setattr(final, "save_model", kill)
        signals(Signals(data=mine), CAUSAL, training=Training(epochs=1), out=tmp_path / "run")
    write_processes(mine, "direction", 240, 48, seed=1)
    with pytest.raises(DataError, match="The signals of a run must stay as they were until it is finished"):
        Run(tmp_path / "run").resume()


def test_blocks_that_are_said_one_by_one_take_the_place_of_the_recipes_own(file: Path) -> None:
    said = say("signals", str(file), "--conv", "4@3", "--dry-run")
    assert said.exit_code == 0, said.output
