"""What happens after every batch and epoch: progress, history, the best weights, the state to go on from, a stop on NaN."""

import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tltool.measuring import Score
from tltool.progress import step
from tltool.training.phases import Phase
from tltool.training.snapshots import seeds_of, values_of
from tltool.training.state import Stretch
from tltool.wording import counted

SECONDS_BETWEEN_LOOKS = 0.2  # at the loss: a look waits for the device


class Diverged(Exception):
    """The loss is no number any more; says so for people."""


class Watch(keras.callbacks.Callback):
    """Reports progress and collects one row of history per epoch.

    ``rows`` holds phase, epoch (from 1), loss and the score by its key, both for validation too (``val_``), learning_rate, seconds and
    photos_per_second, the rate of the training steps.
    """

    def __init__(
        self, phase: Phase, score: Score, photos: int, batch_size: int, before: Stretch | None = None, unit: str = "photos"
    ) -> None:
        super().__init__()
        self.phase, self.score, self.photos, self.batch_size, self.unit = phase, score, photos, batch_size, unit
        self.rows: list[dict[str, Any]] = list(before.history) if before else []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.started, self.rate = time.monotonic(), 0.0
        self.looked = self.started

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        done, due = (batch + 1) * self.batch_size, time.monotonic() >= self.looked + SECONDS_BETWEEN_LOOKS
        if done < self.photos and not due:
            return
        loss = self._finite((logs or {}).get("loss", 0.0))
        self.looked = time.monotonic()  # only now has the device done all that it was given
        if done < self.photos:
            self._report(done, f"loss {loss:.3f}, {self._rate(done):.0f} {self.unit}/s")
        else:
            self.rate = self._rate(self.photos)  # before the validation, which is none of its business

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        row: dict[str, Any] = {
            "phase": self.phase.name,
            "epoch": epoch + 1,
            **{name: float(value) for name, value in (logs or {}).items()},
            "learning_rate": float(np.asarray(self.model.optimizer.learning_rate)),
            "seconds": round(time.monotonic() - self.started, 3),
            "photos_per_second": round(self.rate, 1),
        }
        for name in ("loss", "val_loss"):  # the last step may have spoiled what the epoch's loss has not yet seen
            self._finite(row[name])
        self.rows.append(row)
        held_out = f"validation {self.score.name} {row[f'val_{self.score.key}']:.3f}"
        self._report(0, f"loss {row['loss']:.3f}, {held_out}, {row['seconds']:.0f} s", milestone=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        best = max((row[f"val_{self.score.key}"] for row in self.rows), default=None)
        note = counted(len(self.rows), "epoch") + ("" if best is None else f", best validation {self.score.name} {best:.3f}")
        _, total, unit = self._progress(0)
        step(self.phase.name, total, total, unit, note=note)

    def _rate(self, done: int) -> float:
        return done / max(self.looked - self.started, 1e-6)

    def _finite(self, loss: Any) -> float:
        if not math.isfinite(float(loss)):
            raise Diverged(
                f"The loss must stay finite. Received: {float(loss)} in epoch {len(self.rows) + 1} of {self.phase.name}. "
                f"Try a lower --learning-rate than {self.phase.learning_rate:g}."
            )
        return float(loss)

    def _report(self, done: int, note: str, milestone: bool = False) -> None:
        epochs, (come, total, unit) = len(self.rows), self._progress(done)
        of = f" of {self.phase.epochs}" if self.phase.minutes is None else ""
        note = f"epoch {max(epochs, 1) if milestone else epochs + 1}{of}, {note}"
        step(self.phase.name, min(come, total - 1), total, unit, note=note, milestone=milestone)

    def _progress(self, done: int) -> tuple[int, int, str]:
        """How far the phase has come, of how much, in photos or, where it has minutes, in seconds; ``done`` photos of this epoch are."""
        if self.phase.minutes is None:
            return len(self.rows) * self.photos + done, self.photos * self.phase.epochs, self.unit
        now = time.monotonic() - self.started if done else 0
        return round(sum(row["seconds"] for row in self.rows) + now), max(1, round(60 * self.phase.minutes)), "s"


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights with the best score on the validation photos (of equals, the lower loss) and puts them back at the end; stops
    after ``patience`` epochs without a better one. ``score`` is (score, −loss) of the best."""

    def __init__(self, kept: keras.Model, score: Score, patience: int, before: Stretch | None = None) -> None:
        super().__init__()
        self.kept, self.key, self.patience = kept, f"val_{score.key}", patience
        self.score, self.weights, self.waited = (-math.inf, -math.inf), kept.get_weights(), 0
        if before is not None:
            self.score, self.weights, self.waited = before.score, before.best, before.waited

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        score = (float(logs[self.key]), -float(logs["val_loss"]))  # type: ignore[index]
        if score > self.score:
            self.score, self.weights, self.waited = score, self.kept.get_weights(), 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.kept.set_weights(self.weights)


class Keep(keras.callbacks.Callback):
    """Hands over, after every epoch, all that the rest of the phase depends on; ``watch`` and ``best`` must come before it."""

    def __init__(self, watch: Watch, best: BestWeights, keep: Callable[[Stretch], None]) -> None:
        super().__init__()
        self.watch, self.best, self.keep = watch, best, keep

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.keep(
            Stretch(
                epoch + 1,
                self.watch.batch_size,
                values_of(self.model.optimizer.variables),
                values_of(seeds_of(self.model)),
                self.best.weights,
                self.best.score,
                self.best.waited,
                list(self.watch.rows),
            )
        )
