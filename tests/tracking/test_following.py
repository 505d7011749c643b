"""A training that is followed: every epoch once, its end whatever it is, and no trouble of the tracker's that stops it."""

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tltool import trackers
from tltool.errors import TltoolError
from tltool.runs import Run
from tltool.specs import Training
from tltool.tasks.classify.report import ClassReport
from tltool.tracking import following
from tltool.tracking.following import nobody, tracked

TENSOR = SimpleNamespace(dtype="float32", shape=(None, 2))
MODEL = SimpleNamespace(inputs=[TENSOR], outputs=[TENSOR])
ROWS = [
    {"phase": "head", "epoch": 1, "val_accuracy": 0.5},
    *({"phase": "fine-tuning", "epoch": number, "loss": 1 / number, "val_accuracy": 0.5} for number in (1, 2, 3)),
]
CLASS = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "n": 4}
REPORT = ClassReport(
    **{"format": 2, "split": "test", "n": 8, "accuracy": 0.5, "accuracy_interval": [0.25, 0.75], "macro_f1": 0.5, "majority_baseline": 0.5},
    **{"classes": ["a", "b"], "per_class": {"a": CLASS, "b": CLASS}, "confusion": [[2, 2], [2, 2]]},
)
NUMBERS = {
    **{"test/n": 8, "test/accuracy": 0.5, "test/accuracy_low": 0.25, "test/accuracy_high": 0.75},
    **{"test/macro_f1": 0.5, "test/majority_baseline": 0.5},
}


class Fake:
    """A tracker that keeps what it hears in a list; ``broken`` is what it raises instead, if anything."""

    def __init__(self, broken: Exception | None = None) -> None:
        self.heard: list[Any] = []
        self.broken, self.waits = broken, threading.Event()
        self.waits.set()

    def start(self, name: str, params: Mapping[str, Any], before: str) -> str:
        self._hear("start", name, params.get("training.epochs"), before)
        return before or "id-1"

    def epoch(self, step: int, metrics: Mapping[str, float]) -> None:
        self._hear(step, dict(metrics))

    def finish(self, metrics: Mapping[str, float], files: Mapping[str, Path], shapes: Any) -> None:
        self._hear("finish", dict(metrics), sorted(files))

    def fail(self, reason: str, interrupted: bool) -> None:
        self._hear("fail", reason, interrupted)

    def _hear(self, *said: Any) -> None:
        self.waits.wait(20)
        if self.broken:
            raise self.broken
        self.heard.append(said)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    tracker = Fake()
    monkeypatch.setattr(trackers, "known_trackers", lambda: {"fake": lambda: lambda place: tracker})
    return tracker


@pytest.fixture
def run(tmp_path: Path, fake: Fake) -> Run:
    return Run.create(tmp_path / "run", "finetune", {"training": Training(epochs=3, track="fake")}, classes=["a", "b"], size=16, fit="crop")


def finish(run: Run, **facts: Any) -> None:
    run.write_text("model.keras", "")
    run.finish(REPORT, **facts)


def messages(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def test_a_whole_run_is_told_from_its_parameters_to_its_report(run: Run, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tltool"), tracked(run, "fake", MODEL) as follow:
        hear = follow(0)
        for number in range(1, 5):
            hear(ROWS[:number])
        run.write_text("labels.txt", "a\nb\n")
        finish(run)
    assert fake.heard == [
        ("start", "run", 3, ""),
        (1, {"head/val_accuracy": 0.5}),
        (2, {"fine-tuning/loss": 1.0, "fine-tuning/val_accuracy": 0.5}),
        (3, {"fine-tuning/loss": 0.5, "fine-tuning/val_accuracy": 0.5}),
        (4, {"fine-tuning/loss": 1 / 3, "fine-tuning/val_accuracy": 0.5}),
        ("finish", NUMBERS, ["model/labels.txt", "model/model.keras", "model/run.json", "report.json"]),
    ]
    assert run.record.tracked == "id-1" and run.record.state == "finished"
    assert messages(caplog, logging.INFO) == ["Tracked: fake has the run as id-1."] and messages(caplog) == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt("Resume with: x"), ("fail", "Resume with: x", True)),
        (TltoolError("no numbers"), ("fail", "no numbers", False)),
        (MemoryError(), ("fail", "MemoryError", False)),
    ],
)
def test_a_run_that_does_not_end_well_is_told_as_such_and_ends_as_it_would_have(
    run: Run, fake: Fake, caplog: pytest.LogCaptureFixture, error: BaseException, said: tuple[Any, ...]
) -> None:
    with pytest.raises(type(error)) as raised, tracked(run, "fake", MODEL) as follow:
        follow(0)(ROWS[:1])
        raise error
    assert raised.value is error
    assert fake.heard[1:] == [(1, {"head/val_accuracy": 0.5}), said]
    assert run.record.tracked == "id-1"


def test_after_an_interrupt_nothing_is_said(run: Run, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    fake.broken = OSError("gone")
    with caplog.at_level(logging.DEBUG, "tltool"), pytest.raises(KeyboardInterrupt), tracked(run, "fake", MODEL):
        raise KeyboardInterrupt
    assert caplog.records == []  # whatever were said then would be interrupted by the signal in its place


def test_a_resumed_run_goes_on_where_its_tracker_knows_it(run: Run, fake: Fake) -> None:
    with pytest.raises(KeyboardInterrupt), tracked(run, "fake", MODEL) as follow:
        follow(0)(ROWS[:2])
        raise KeyboardInterrupt
    del fake.heard[:]
    with tracked(run, "fake", MODEL) as follow:
        hear = follow(2)
        hear(ROWS[:3])
        hear(ROWS)
        finish(run)
    assert [said[0] for said in fake.heard] == ["start", 3, 4, "finish"] and fake.heard[0][3] == "id-1"


def test_a_resumed_run_that_no_tracker_knows_yet_is_told_from_its_beginning(run: Run, fake: Fake) -> None:
    with tracked(run, "fake", MODEL) as follow:
        follow(2)(ROWS)
        finish(run)
    assert [said[0] for said in fake.heard] == ["start", 1, 2, 3, 4, "finish"] and fake.heard[0][3] == ""


def test_a_tracker_that_cannot_be_reached_is_warned_of_once_and_the_run_goes_on(
    run: Run, fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    fake.broken = ConnectionRefusedError(111, "Connection refused")
    with tracked(run, "fake", MODEL) as follow:
        hear, end = follow(0), time.monotonic() + 20
        while not messages(caplog) and time.monotonic() < end:
            hear(ROWS[:1])
        for number in range(2, 5):
            hear(ROWS[:number])
        finish(run)
    assert messages(caplog) == [
        "The run goes on, but fake cannot be told of it: Connection refused. See that it can be reached; it is tried again until the end "
        "of the run."
    ]
    assert run.record.state == "finished" and run.record.tracked == "" and fake.heard == []


def test_a_tracker_that_comes_back_is_told_everything(run: Run, fake: Fake, caplog: pytest.LogCaptureFixture) -> None:
    fake.broken = TimeoutError("timed out")
    with caplog.at_level(logging.INFO, "tltool"), tracked(run, "fake", MODEL) as follow:
        hear = follow(0)
        hear(ROWS[:2])
        fake.broken = None
        hear(ROWS)
        finish(run)
    assert [said[0] for said in fake.heard] == ["start", 1, 2, 3, 4, "finish"]
    assert messages(caplog, logging.INFO) == ["Tracked: fake has the run as id-1."]


def test_a_tracker_that_does_not_answer_holds_up_neither_epochs_nor_for_long_the_end(
    run: Run, fake: Fake, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PATIENCE", 0.2)
    fake.waits.clear()
    with tracked(run, "fake", MODEL) as follow:
        follow(0)(ROWS)
        finish(run)
    fake.waits.set()
    assert len(messages(caplog)) == 1 and "did not answer within 0 s" in messages(caplog)[0]
    assert run.record.state == "finished"


def test_a_run_that_is_measured_although_a_phase_had_to_stop_is_told_as_finished(run: Run, fake: Fake) -> None:
    with pytest.raises(TltoolError, match="diverged"), tracked(run, "fake", MODEL):
        finish(run, stopped="diverged")
        raise TltoolError("diverged")
    assert [said[0] for said in fake.heard] == ["start", "finish"]


def test_without_a_tracker_there_is_nobody_and_no_thread(run: Run) -> None:
    before = threading.active_count()
    with tracked(run, None, None) as follow:
        follow(0)(ROWS)
        assert follow is nobody and threading.active_count() == before
    assert run.record.tracked == ""
