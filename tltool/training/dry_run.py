"""A dry run: one batch through every phase, and from it the time and memory of the whole."""

import math
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tltool.data.rows import Rows, fit_of
from tltool.data.samples import Samples
from tltool.models.augmentation import trainer_of
from tltool.models.batches import Batches
from tltool.models.devices.compiling import compiled_or_not
from tltool.models.freezing import freeze, learning_layers
from tltool.models.head import backbone_of, features_of, head_of
from tltool.models.inference import Inference
from tltool.models.precision import computing_in
from tltool.specs import Training
from tltool.task import Task, task_named
from tltool.training.epochs import training_batches
from tltool.training.estimate import Estimate
from tltool.training.memory import halving
from tltool.training.optimization import compile_for, rows_of_an_epoch
from tltool.training.phases import Phase

REPEATS = 3


def estimate_training(
    model: keras.Model, pixels: Rows, samples: Samples, phases: list[Phase], training: Training, started: float
) -> Estimate:
    """Time one batch of every phase of a training of ``model`` and of the measurement after it. ``model`` is spent afterwards.

    A phase is counted with all its epochs, though it may stop earlier. Where memory does not hold a batch, it is halved.

    Args:
        started: ``time.monotonic()`` at the start of the recipe; what it took to get here counts too.
    """
    ready = time.monotonic() - started

    def measure(size: int) -> dict[str, float]:
        return _seconds_of_all(model, pixels, samples, phases, training.model_copy(update={"batch_size": size}))

    seconds, _ = halving(measure, training.batch_size, "dry run")
    return Estimate({"getting ready": ready} | seconds, _peak_memory())


def _seconds_of_all(model: keras.Model, pixels: Rows, samples: Samples, phases: list[Phase], training: Training) -> dict[str, float]:
    task = task_named(samples.task)
    rows = rows_of_an_epoch(samples.rows("train"), samples.strata[samples.rows("train")], training)
    targets = task.head.targets(model, samples.labels, samples.classes, fit_of(pixels), **samples.saying)
    batches = Batches(pixels, rows, targets, training.batch_size)
    photos, _ = batches[0]
    parts = {"train": rows, "validation": samples.rows("validation"), "test": samples.rows("test")}
    steps = {part: -(-len(its) // training.batch_size) for part, its in parts.items()}
    seconds = {phase.name: _phase_seconds(task, phase, model, batches, steps, training) for phase in phases}
    return seconds | {"measuring": _seconds(model, lambda: model.predict_on_batch(photos)) * steps["test"]}


def _phase_seconds(task: Task, phase: Phase, model: keras.Model, batches: Batches, steps: dict[str, int], training: Training) -> float:
    backbone = backbone_of(model)
    freeze(backbone, learning_layers(backbone, phase.unfreeze), phase.batch_norm)
    if not phase.on_features:
        with computing_in(training.precision or "float32", model):
            varied = training_batches(batches.pixels, batches.rows, batches.targets, None, training, None, phase.augment)
            return _training_seconds(task, phase, trainer_of(model), model, lambda: varied[0], steps, training)
    extractor, (photos, targets) = features_of(model), batches[0]
    once = _forward_seconds(extractor, np.asarray(photos, np.float32), phase.views * steps["train"] + steps["validation"])
    if phase.solved:
        return once
    features = extractor.predict_on_batch(photos)
    return once + _training_seconds(
        task, phase, head_of(model), model, lambda: (features, targets), {**steps, "train": phase.views * steps["train"]}, training
    )


def _training_seconds(
    task: Task, phase: Phase, trainer: keras.Model, model: keras.Model, batch: Callable[[], Any], steps: dict[str, int], training: Training
) -> float:
    """Those of the whole ``phase``; making a ``batch`` counts too."""
    compile_for(task, phase, trainer, model, training.label_smoothing, steps["train"] * phase.epochs)
    train = _seconds(trainer, lambda: trainer.train_on_batch(*batch())) * steps["train"]
    check = _seconds(trainer, lambda: trainer.test_on_batch(*batch())) * steps["validation"]
    epoch, most = train + check, 60 * phase.minutes if phase.minutes else math.inf
    return min(epoch * phase.epochs, max(epoch, most))


def _forward_seconds(extractor: keras.Model, photos: np.ndarray, batches: int) -> float:
    """Those of as many ``batches`` through a network that does not learn, by what would compute so many."""
    started = time.monotonic()
    forward = Inference(extractor, batches * len(photos)).on_litert(photos) or extractor.predict_on_batch
    ready = time.monotonic() - started
    return ready + _seconds(extractor, lambda: forward(photos)) * batches


def _seconds(model: keras.Model, work: Callable[[], Any]) -> float:
    """Median time of ``work``, which runs ``model``, once it is warm."""
    times = []
    for _ in range(REPEATS + 1):
        started = time.monotonic()
        compiled_or_not(model, work)
        times.append(time.monotonic() - started)
    return float(np.median(times[1:]))


def _peak_memory() -> int:
    """Bytes; Linux counts in kilobytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
