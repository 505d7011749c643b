"""A run that was begun, and one that is finished."""

from pathlib import Path

import pytest

from tltool.runs import Report, Run
from tltool.specs import Backbone, Photos, Training
from tltool.tasks.classify.report import ClassReport


@pytest.fixture
def report() -> Report:
    return ClassReport(
        **{
            "accuracy": 0.9,
            "accuracy_interval": [0.8, 0.95],
            "n": 40,
            "split": "test",
            "majority_baseline": 0.5,
            "per_class": {
                "hat": {"precision": 0.9, "recall": 0.8, "f1": 0.85, "n": 20},
                "shoes": {"precision": 0.8, "recall": 0.9, "f1": 0.85, "n": 20},
            },
        }
    )


@pytest.fixture
def begun(tmp_path: Path) -> Run:
    specs = {"photos": Photos(data="photos").fill(size=96), "backbone": Backbone(), "training": Training(epochs=2)}
    return Run.create(tmp_path / "a run", "finetune", specs, classes=["hat", "shoes"], size=96, fit="crop")


@pytest.fixture
def finished(begun: Run, report: Report) -> Run:
    (begun.path / "model.keras").touch()
    return begun.finish(report, seconds=3.2)
