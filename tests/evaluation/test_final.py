"""The end of a training: measured once, written down whole, finished."""

import logging
import time
from pathlib import Path

import numpy as np
import pandas
import pytest

from tltool.data.predictions import read_predictions
from tltool.data.samples import Samples
from tltool.errors import RunError, TltoolError
from tltool.evaluation import final
from tltool.evaluation.final import finish
from tltool.evaluation.report import check_gate
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.runs import Run
from tltool.specs import ConvStack, Head
from tltool.training.state import Outcome

CLASSES = ["ant, small", "bee"]
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), "uint8")
EPOCH = {
    "phase": "fine-tuning",
    "epoch": 1,
    "loss": 0.5,
    "accuracy": 0.75,
    "val_loss": 0.25,
    "val_accuracy": 0.5,
    "learning_rate": 1e-4,
    "seconds": 0.1,
}
OUTCOMES = [Outcome("head", 0.25, [], [{"phase": "head", "epoch": 1, "val_accuracy": 0.25}]), Outcome("fine-tuning", 0.5, [], [EPOCH])]


def samples(with_test: bool) -> Samples:
    splits = ["train"] * 4 + ["validation"] * 2 + (["test"] * 34 if with_test else ["train"] * 34)
    return Samples(
        pandas.DataFrame(
            {"path": [f"/{i}\udcff.png" for i in range(40)], "sha256": "", "label": CLASSES * 20, "group": "", "split": splits}
        ),
        CLASSES,
    )


def concluded(folder: Path, with_test: bool = True) -> Run:
    run = Run.create(folder / "run", "scratch", {}, size=16, fit="crop", classes=CLASSES)
    model = assemble(build_stack(ConvStack(filters=(2,)), (16, 16, 3), 0), Head(), CLASSES, 0)
    finish(run, model, PIXELS, samples(with_test), OUTCOMES, started=time.monotonic() - 5)
    return run


def test_a_run_ends_whole_and_says_what_its_files_say(tmp_path: Path) -> None:
    run = concluded(tmp_path)
    assert sorted(path.name for path in run.path.iterdir()) == [
        "history.csv",
        "labels.txt",
        "model.keras",
        "predictions.csv",
        "report.json",
        "run.json",
        "validation.csv",
    ]
    record, report, table = run.finished, run.report(), run.predictions()
    assert (record["state"], record["kept"], record["training_photos"]) == ("finished", "fine-tuning", 4)
    assert record["validation_accuracy"] == {"head": 0.25, "fine-tuning": 0.5} and 5 <= record["seconds"] < 300
    assert (run.path / "labels.txt").read_text() == "ant, small\nbee\n"
    assert report["split"] == "test" and report["n"] == len(table) == 34
    assert report["accuracy"] == pytest.approx((table["label"] == table["predicted"]).mean())
    again = run.model().predict_on_batch(PIXELS[samples(True).rows("test")].astype("float32"))
    np.testing.assert_allclose(table.iloc[:, 3:].to_numpy(), again, atol=1e-6)


def test_answers_to_the_validation_photos_are_kept_and_why_they_calibrate_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tltool"):
        run = concluded(tmp_path)
    kept, facts = read_predictions(run.path / "validation.csv"), run.finished.calibration
    assert kept["path"].tolist() == samples(True).of("validation").paths and list(kept) == list(run.predictions())
    assert (facts.temperature, facts.n) == (1, 2) and facts.kept in caplog.text
    again = run.model().predict_on_batch(PIXELS[samples(True).rows("validation")].astype("float32"))
    np.testing.assert_allclose(kept.iloc[:, 3:].to_numpy(), again, atol=1e-6)


def test_without_test_photos_the_validation_photos_are_measured_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "tltool"):
        run = concluded(tmp_path, with_test=False)
    assert (run.report()["split"], run.report()["n"]) == ("validation", 2)
    assert "no test photos" in caplog.text


def test_a_phase_that_had_to_stop_leaves_a_finished_run_and_an_error_that_says_so(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "finetune", {}, size=16, fit="crop", classes=CLASSES)
    model = assemble(build_stack(ConvStack(filters=(2,)), (16, 16, 3), 0), Head(), CLASSES, 0)
    stopped = [OUTCOMES[0], Outcome("fine-tuning", 0.0, [], [], "The loss must stay finite. Received: nan.")]
    finish(run, model, PIXELS, samples(True), stopped, started=time.monotonic())
    with pytest.raises(TltoolError, match=r"Received: nan\. The best model so far is kept and measured in .*run\."):
        check_gate(run, None)
    assert run.finished["kept"] == "head" and run.finished["stopped"] == "The loss must stay finite. Received: nan."
    assert run.model() and run.report()["n"] == 34


def test_the_state_of_the_training_goes_when_the_run_is_finished_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "finetune", {}, size=16, fit="crop", classes=CLASSES)
    for name in ("state.npz", "state.txt", "state.npz.bak"):
        (run.path / name).write_text("x")
    finish(run, assemble(build_stack(ConvStack(filters=(2,)), (16, 16, 3), 0), Head(), CLASSES, 0), PIXELS, samples(True), OUTCOMES, 0.0)
    assert {path.name for path in run.path.iterdir() if path.name.startswith("state")} == {"state.txt", "state.npz.bak"}


@pytest.mark.parametrize(("cause", "said"), [(KeyboardInterrupt(), ""), (RunError("There must be room."), "There must be room. ")])
def test_what_stops_it_says_how_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: BaseException, said: str) -> None:
    def stop(*_: object) -> None:
        raise cause

    run = Run.create(tmp_path / "a run", "finetune", {}, size=16, fit="crop", classes=CLASSES)
    monkeypatch.setattr(final, "save_model", stop)
    with pytest.raises(type(cause)) as error:
        finish(
            run, assemble(build_stack(ConvStack(filters=(2,)), (16, 16, 3), 0), Head(), CLASSES, 0), PIXELS, samples(True), OUTCOMES, 0.0
        )
    assert str(error.value) == f"{said}Resume with: tltool finetune --resume '{run.path}'"
