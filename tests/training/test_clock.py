"""Minutes: a phase ends by the clock, and its learning rate falls by the clock."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head, Training
from tltool.training import clock
from tltool.training.clock import Clock, with_minutes_left
from tltool.training.fitting import fit
from tltool.training.optimization import optimizer
from tltool.training.phases import UNLIMITED, Phase, plan_phases, rate_by_clock, resolve_training
from tltool.training.state import Outcome, Stretch

PHASE = Phase("training", "all", "train", epochs=UNLIMITED, learning_rate=0.01, patience=5, minutes=2.0)


def stretch(*seconds: float) -> Stretch:
    return Stretch(len(seconds), 4, [], [], [], (0.5, -1.0), 0, [{"seconds": one} for one in seconds])


@pytest.mark.parametrize(
    ("seconds", "epoch", "share"),
    [
        (0, 0, 0.5),  # the mean of a warm-up
        (0, 1, 1.0),
        (30, 3, (1 + math.cos(math.pi / 4)) / 2),
        (60, 3, 0.5),
        (120, 3, 0.0),
        (500, 3, 0.0),
    ],
)
def test_the_rate_is_a_cosine_over_the_time_that_is_spent(seconds: float, epoch: int, share: float) -> None:
    assert rate_by_clock(PHASE, seconds, epoch) == pytest.approx(0.01 * share, abs=1e-5)


def test_epochs_that_are_asked_for_too_end_the_cosine_where_they_come_first() -> None:
    assert rate_by_clock(Phase("training", "all", "train", 4, 0.01, 9, minutes=60), seconds=1, epoch=2) == pytest.approx(0.005)


def test_a_clock_sets_the_rate_of_an_epoch_and_ends_the_phase_with_the_epoch_that_passes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: now))
    watch, trainer = Clock(PHASE), SimpleNamespace(optimizer=SimpleNamespace(learning_rate=9.0), stop_training=False)
    watch.set_model(trainer)
    rates, stops = [], []
    for epoch in range(3):
        watch.on_epoch_begin(epoch)
        now += 50
        watch.on_epoch_end(epoch)
        rates.append(trainer.optimizer.learning_rate)
        stops.append(trainer.stop_training)
    assert stops == [False, False, True] and watch.is_over
    assert rates == [rate_by_clock(PHASE, seconds, epoch) for epoch, seconds in enumerate((0, 50, 100))]


def test_without_minutes_a_clock_does_nothing() -> None:
    watch = Clock(Phase("training", "all", "train", 2, 0.01, 5), stretch(1e9))
    watch.set_model(SimpleNamespace())
    watch.on_epoch_begin(0)
    watch.on_epoch_end(0)
    assert not watch.is_over


def test_what_was_spent_before_an_interruption_counts() -> None:
    assert Clock(PHASE, stretch(60.0, 59.0)).spent == 119.0 and not Clock(PHASE, stretch(60.0, 59.0)).is_over
    assert Clock(PHASE, stretch(60.0, 60.0)).is_over


def test_phases_share_their_minutes() -> None:
    head = Outcome("head", 0.5, [], [{"seconds": 30.0}, {"seconds": 15.0}, {"epoch": 3}])
    assert with_minutes_left(PHASE, [head]).minutes == 1.25
    assert with_minutes_left(PHASE, [head] * 9).minutes == clock.LEAST, "one epoch is always trained"
    assert with_minutes_left(Phase("head", "none", "frozen", 3, 0.1, 3), [head]).minutes is None


def test_with_minutes_the_clock_alone_ends_a_training_unless_epochs_are_typed() -> None:
    assert resolve_training(Training(minutes=1), 100, pretrained=True).epochs == UNLIMITED
    assert resolve_training(Training(minutes=1, epochs=7), 100, pretrained=False).epochs == 7
    head, tuning = plan_phases(resolve_training(Training(minutes=1.5), 100, pretrained=True), Head(), pretrained=True)
    assert (head.minutes, tuning.minutes) == (None, 1.5) and tuning.patience > 1000
    assert plan_phases(resolve_training(Training(minutes=1.5), 100, pretrained=False), Head())[0].minutes == 1.5
    hidden = plan_phases(resolve_training(Training(minutes=1.5), 100, pretrained=True), Head(dense=(8,)), pretrained=True)
    assert [phase.minutes for phase in hidden] == [1.5, 1.5], "a head that is trained takes of them first"


def test_a_training_takes_its_minutes_and_says_the_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(np.arange(0, 1e6, 20.0))  # every look at the clock is twenty seconds after the last
    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    photos = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype="uint8")
    labels = np.arange(8) % 2
    facts = {"task": "classify", "classes": ["a", "b"], "labels": labels, "strata": labels, "saying": {}}
    samples = SimpleNamespace(**facts, rows=lambda part: np.arange(8))
    model = assemble(build_stack(ConvStack(filters=(2,)), (16, 16, 3), 0), Head(), ["a", "b"], 0)
    outcome = fit(model, photos, samples, PHASE, Training(batch_size=4))  # type: ignore[arg-type]
    rates = [row["learning_rate"] for row in outcome.history]
    assert rates == pytest.approx([rate_by_clock(PHASE, 20 * epoch, epoch) for epoch in range(6)])


def test_the_rate_of_a_phase_with_minutes_can_be_set() -> None:
    adamw = optimizer(PHASE, steps=10)
    adamw.learning_rate = 0.25
    assert float(np.asarray(adamw.learning_rate)) == 0.25
