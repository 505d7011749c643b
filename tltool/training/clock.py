"""A phase with minutes: it ends by the clock, and its learning rate falls by the clock."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras

from tltool.training.phases import Phase, rate_by_clock
from tltool.training.state import Outcome, Stretch

LEAST = 1e-3  # minutes; a phase has one epoch at least


def with_minutes_left(phase: Phase, outcomes: Sequence[Outcome]) -> Phase:
    """``phase`` without the minutes that the phases before it took."""
    if phase.minutes is None:
        return phase
    spent = sum(row.get("seconds", 0.0) for outcome in outcomes for row in outcome.history) / 60
    return replace(phase, minutes=max(LEAST, phase.minutes - spent))


class Clock(keras.callbacks.Callback):
    """Sets the rate of every epoch and ends the phase with the one that passes its minutes; seconds of epochs ``before`` count.

    The rate changes between epochs only: on JAX a variable that is assigned between batches does not reach the compiled step.
    """

    def __init__(self, phase: Phase, before: Stretch | None = None) -> None:
        super().__init__()
        self.phase = phase
        self.spent = float(sum(row["seconds"] for row in before.history)) if before else 0.0

    @property
    def is_over(self) -> bool:
        return self.phase.minutes is not None and self.spent >= 60 * self.phase.minutes

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.started = time.monotonic()
        if self.phase.minutes is not None:
            self.model.optimizer.learning_rate = rate_by_clock(self.phase, self.spent, epoch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.spent += time.monotonic() - self.started
        if self.is_over:
            self.model.stop_training = True
