"""A dry run: seconds and memory from one batch, and nothing written."""

import json
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas
import pytest

from tltool.data.samples import Samples
from tltool.models.assembly import assemble
from tltool.models.batches import Batches
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head, Training
from tltool.task import Task
from tltool.training import dry_run
from tltool.training.dry_run import Estimate, estimate_training
from tltool.training.phases import Phase, plan_phases

TRAINING = Training(epochs=3, learning_rate=0.01, batch_size=8, augment="light")
PIXELS = np.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), "uint8")


def samples() -> Samples:
    splits = ["train"] * 18 + ["validation"] * 6 + ["test"] * 6
    return Samples(
        pandas.DataFrame({"path": [str(i) for i in range(30)], "sha256": "", "label": ["a", "b"] * 15, "group": "", "split": splits}),
        ["a", "b"],
    )


@pytest.mark.parametrize(("pretrained", "phases"), [(True, ["head", "fine-tuning"]), (False, ["training"])])
def test_every_phase_and_the_measuring_take_time_and_nothing_is_written(
    pretrained: bool, phases: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = assemble(build_stack(ConvStack(filters=(4, 4)), (16, 16, 3), 0), Head(), ["a", "b"], 0)
    found = estimate_training(model, PIXELS, samples(), plan_phases(TRAINING, Head(), "all", pretrained), TRAINING, time.monotonic() - 1)
    assert list(found.seconds) == ["getting ready", *phases, "measuring"] and all(0 < seconds < 600 for seconds in found.seconds.values())
    assert 1e7 < found.memory < 1e12
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_goes_on_with_the_batch_that_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, own = [], dry_run._phase_seconds

    def short_of_memory(task: Task, phase: Phase, model: keras.Model, batches: Batches, *others: Any) -> float:
        sizes.append(batches.batch_size)
        if batches.batch_size > 4:
            raise MemoryError
        return own(task, phase, model, batches, *others)

    monkeypatch.setattr(dry_run, "_phase_seconds", short_of_memory)
    model = assemble(build_stack(ConvStack(filters=(4,)), (16, 16, 3), 0), Head(), ["a", "b"], 0)
    assert estimate_training(model, PIXELS, samples(), plan_phases(TRAINING, Head()), TRAINING, 0).seconds["training"] > 0 and sizes == [
        8,
        4,
    ]


def test_the_estimate_is_told_to_people_and_to_machines() -> None:
    estimate = Estimate({"head": 2.4, "fine-tuning": 1200.0}, memory=1_500_000_000)
    table, memory = estimate.said()
    assert table.rows == (("head", "2"), ("fine-tuning", "1,200"), ("together", "1,202"))
    assert memory.startswith("Memory: about 1.5 GB. No run was begun")
    assert json.loads(json.dumps(list(estimate.records()))) == [{"seconds": {"head": 2.4, "fine-tuning": 1200.0}, "memory": 1_500_000_000}]
