"""A training that is interrupted anywhere and goes on ends with the weights of one that was not."""

import functools
import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pandas
import pytest

from tltool.data.samples import Samples
from tltool.errors import RunError, TltoolError
from tltool.models import batches
from tltool.models.assembly import assemble
from tltool.models.devices.device import use_device
from tltool.models.stack.conv_stack import build_stack
from tltool.runs import Run
from tltool.runs.record import read_history
from tltool.specs import ConvStack, Head, Training
from tltool.tasks.classify.measures import SCORE
from tltool.training import checkpoint, fitting
from tltool.training.fitting import train
from tltool.training.history import columns_for
from tltool.training.phases import Phase, plan_phases
from tltool.training.state import Outcome, State, Stretch

CLASSES = ["blue", "grey", "red"]
TRAINING = Training(epochs=3, learning_rate=0.01, batch_size=8, augment="light")


class Kind(NamedTuple):
    """A training: its head, whether the backbone is pretrained, and in what it computes."""

    head: Head
    pretrained: bool
    precision: str = "float32"


SOLVED, HIDDEN, SCRATCH = Kind(Head(), True), Kind(Head(dense=(4,), dropout=0.5), True), Kind(Head(dropout=0.5), False)
KINDS = {"solved": SOLVED, "hidden": HIDDEN, "scratch": SCRATCH, "bfloat16": Kind(Head(), True, "mixed_bfloat16")}


def samples() -> Samples:
    labels = [CLASSES[i % 3] for i in range(36)]
    splits = ["train"] * 21 + ["validation"] * 9 + ["test"] * 6
    table = pandas.DataFrame({"path": [f"/{i}.png" for i in range(36)], "sha256": "", "label": labels, "group": "", "split": splits})
    return Samples(table, CLASSES)


def pixels() -> np.ndarray:
    """Photos whose colour tells their class, more or less: uint8 [36, 16, 16, 3]."""
    noise = np.random.default_rng(0).normal(0, 30, (36, 16, 16, 3))
    colours = np.array([[90, 110, 150], [115, 115, 115], [150, 110, 90]])
    return np.clip(colours[np.arange(36) % 3][:, None, None] + noise, 0, 255).astype("uint8")


class Killed(BaseException):
    """What no code expects."""


def job(kind: Kind) -> tuple[keras.Model, list[Phase]]:
    use_device(Training(device="cpu", deterministic=True))
    model = assemble(build_stack(ConvStack(filters=(4, 4)), (16, 16, 3), 0), kind.head, CLASSES, 0)
    phases = [replace(phase, epochs=3) for phase in plan_phases(TRAINING, kind.head, "all", kind.pretrained)]
    return model, phases


def run_in(folder: Path) -> Run:
    return Run(folder / "run") if (folder / "run").exists() else Run.create(folder / "run", "finetune", {}, size=16)


def trained(kind: Kind, folder: Path) -> tuple[list[np.ndarray], list[Outcome]]:
    model, phases = job(kind)
    training = TRAINING.model_copy(update={"precision": kind.precision})
    outcomes = train(model, pixels(), samples(), phases, training, run_in(folder))
    return model.get_weights(), outcomes


def told(outcomes: list[Outcome]) -> list[Any]:
    timeless = {"seconds": 0, "photos_per_second": 0}
    return [(outcome.phase, outcome.score, [{**row, **timeless} for row in outcome.history]) for outcome in outcomes]


def written(outcomes: list[Outcome]) -> list[dict[str, str]]:
    """The history as a table holds it."""
    return [{name: str(row.get(name, "")) for name in columns_for(SCORE)} for outcome in outcomes for row in outcome.history]


class Whole(NamedTuple):
    """A training that was not interrupted, and a copy of its folder after each state that it wrote."""

    weights: list[np.ndarray]
    outcomes: list[Outcome]
    copies: list[Path]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Whole]:
    @functools.cache
    def of(kind: str) -> Whole:
        folder, save, copies = tmp_path_factory.mktemp(kind), checkpoint.save_state, []

        def save_and_copy(path: Path, state: Any, origin: dict[str, str]) -> None:
            save(path, state, origin)
            copies.append(Path(shutil.copytree(path.parent, folder / str(len(copies)) / "run")).parent)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(checkpoint, "LARGEST_SHARE", np.inf)
            patched.setattr(checkpoint, "save_state", save_and_copy)
            weights, outcomes = trained(KINDS[kind], folder / "whole")
        return Whole(weights, outcomes, copies)

    return of


def test_every_epoch_and_every_phase_leaves_a_state(whole: Callable[[str], Whole]) -> None:
    assert [len(whole(kind).copies) for kind in KINDS] == [1 + 4, 4 + 4, 4, 1 + 4]


@pytest.mark.parametrize("kind", KINDS)
def test_history_csv_equals_the_history(whole: Callable[[str], Whole], kind: str) -> None:
    assert read_history(run_in(whole(kind).copies[-1]).path) == written(whole(kind).outcomes)


@pytest.mark.parametrize(
    ("kind", "states"),
    [("solved", 1), ("solved", 2), ("solved", 4), ("hidden", 2), ("hidden", 4), ("hidden", 6), ("scratch", 1), ("bfloat16", 2)],
)
def test_a_killed_training_goes_on_to_the_same_weights(whole: Callable[[str], Whole], kind: str, states: int) -> None:
    wanted = whole(kind)
    found, resumed = trained(KINDS[kind], wanted.copies[states - 1])
    assert told(resumed) == told(wanted.outcomes)
    assert read_history(run_in(wanted.copies[states - 1]).path) == written(resumed)
    assert all(np.array_equal(a, b) for a, b in zip(wanted.weights, found, strict=True))
    for before, after in zip(wanted.outcomes, resumed, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(before.weights, after.weights, strict=True))


def test_a_training_that_is_done_is_not_done_again(whole: Callable[[str], Whole], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = whole("solved")
    monkeypatch.setattr(fitting, "fit", lambda *_: pytest.fail("trained again"))
    found, resumed = trained(SOLVED, wanted.copies[-1])
    assert told(resumed) == told(wanted.outcomes) and all(np.array_equal(a, b) for a, b in zip(wanted.weights, found, strict=True))


def test_other_photos_and_another_model_are_refused(whole: Callable[[str], Whole]) -> None:
    model, phases = job(SOLVED)
    others = samples()
    others.table.loc[0, "split"] = "test"
    run = run_in(whole("solved").copies[-1])
    with pytest.raises(RunError, match=r"must go on as it began\. Received: .*split\.csv are others"):
        train(model, pixels(), others, phases, TRAINING, run)
    with pytest.raises(RunError, match="must fit its model"):
        train(job(HIDDEN)[0], pixels(), samples(), phases, TRAINING, run)


def test_patience_that_ran_out_ends_a_phase_that_was_killed_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phase = Phase("training", "all", "train", epochs=9, learning_rate=1e-9, patience=1)
    save = checkpoint.save_state

    def die_at_the_end(path: Path, state: Any, origin: dict[str, str]) -> None:
        if state.stretch is None:
            raise Killed
        save(path, state, origin)

    monkeypatch.setattr(checkpoint, "LARGEST_SHARE", np.inf)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(checkpoint, "save_state", die_at_the_end)
        train(job(SCRATCH)[0], pixels(), samples(), [phase], TRAINING, run_in(tmp_path))
    done = len((tmp_path / "run" / "history.csv").read_text().splitlines()) - 1
    (outcome,) = train(job(SCRATCH)[0], pixels(), samples(), [phase], TRAINING, run_in(tmp_path))
    assert len(outcome.history) == done < 9


def test_an_interruption_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fitting, "fit", interrupt)
    with pytest.raises(KeyboardInterrupt, match=r"^Resume with: tltool finetune --resume .*run$"):
        trained(SOLVED, tmp_path)


@pytest.mark.parametrize(("minutes", "of"), [(None, " of 9"), (2.0, "")])
def test_where_a_training_goes_on_is_said(minutes: float | None, of: str, caplog: pytest.LogCaptureFixture) -> None:
    phases = [replace(phase, minutes=minutes, epochs=9) for phase in plan_phases(TRAINING, Head(), "all", True)]
    state = State([], [], [Outcome("head", 0.5, [], [])], Stretch(4, 8, [], [], [], (0.5, -1.0), 0, []))
    with caplog.at_level(logging.INFO, "tltool"):
        fitting._say_where(state, phases)
    assert caplog.messages == [f"Resuming: head is done, fine-tuning goes on after epoch 4{of}."]


# What stops a phase


def spoil(monkeypatch: pytest.MonkeyPatch, epoch: int) -> None:
    """From ``epoch`` of a fine-tuning on, its photos are no numbers."""
    get = batches.Batches.__getitem__
    monkeypatch.setattr(
        batches.Batches,
        "__getitem__",
        lambda self, index: tuple(
            part * np.nan if self.seed is not None and self.epoch >= epoch and part.ndim == 4 else part for part in get(self, index)
        ),
    )


def test_a_loss_that_is_no_number_ends_the_phase_with_its_best_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, epoch=3)
    weights, (_, tuned) = trained(SOLVED, tmp_path)
    assert len(tuned.history) == 2 and tuned.stopped.startswith("The loss must stay finite. Received: nan in epoch 3 of fine-tuning.")
    assert all(np.isfinite(weight).all() for weight in weights) and tuned.score == max(row["val_accuracy"] for row in tuned.history)


def test_a_fine_tuning_that_fails_at_once_leaves_the_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, epoch=0)
    weights, (head, tuned) = trained(SOLVED, tmp_path)
    assert tuned.stopped and (tuned.score, tuned.history) == (0.0, [])
    assert all(np.array_equal(a, b) for a, b in zip(weights, head.weights, strict=True))


def test_where_nothing_was_learned_there_is_nothing_to_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, epoch=0)
    with pytest.raises(TltoolError, match="The loss must stay finite"):
        trained(SCRATCH, tmp_path)


class ResourceExhaustedError(Exception):
    """As TensorFlow calls it."""


@pytest.mark.parametrize("from_epoch", [0, 2])
def test_too_little_memory_halves_the_batch_and_the_rate_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, from_epoch: int
) -> None:
    run, seen = fitting.run_epochs, []

    def short_of_memory(
        task: Any,
        trainer: keras.Model,
        model: keras.Model,
        train: Any,
        validation: Any,
        phase: Phase,
        training: Training,
        before: Any,
        keep: Any,
        judge: Any,
    ) -> Outcome:
        seen.append((training.batch_size, phase.learning_rate, before.epoch if before else 0))

        def kept(stretch: Any) -> None:
            keep(stretch)
            if training.batch_size > 2 and stretch.epoch == from_epoch:
                raise ResourceExhaustedError("OOM when allocating tensor")

        if training.batch_size > 2 and not from_epoch:
            raise ResourceExhaustedError("OOM when allocating tensor")
        return run(task, trainer, model, train, validation, phase, training, before, kept, judge)

    monkeypatch.setattr(fitting, "run_epochs", short_of_memory)
    with caplog.at_level(logging.WARNING, "tltool"):
        _, (_, tuned) = trained(SOLVED, tmp_path)
    assert seen == ([(8, 0.01, 0), (4, 0.005, 0), (2, 0.0025, 0)] if not from_epoch else [(8, 0.01, 0), (4, 0.005, 2)])
    assert [row["epoch"] for row in tuned.history] == [1, 2, 3] and tuned.history[-1]["learning_rate"] == pytest.approx(0, abs=1e-6)
    assert "does not hold a batch of 8. It goes on with 4 and half the learning rate." in caplog.text


def test_another_error_is_not_taken_for_too_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("RESOURCE_EXHAUSTED")

    monkeypatch.setattr(fitting, "run_epochs", fail)
    with pytest.raises(ValueError, match="RESOURCE"):
        trained(SOLVED, tmp_path)


def test_where_a_head_is_solved_too_little_memory_is_an_error_as_there_is_no_batch_to_halve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def full(*_: Any) -> None:
        tried.append(1)
        raise MemoryError

    monkeypatch.setattr(fitting, "fit_head", full)
    with pytest.raises(MemoryError):
        trained(SOLVED, tmp_path)
    assert len(tried) == 1
