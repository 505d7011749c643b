"""The epochs of one phase, from the first or from where they stopped."""

from collections.abc import Callable

import keras
import numpy as np

from tltool.data.rows import Rows
from tltool.models.augmentation import amounts_of
from tltool.models.batches import Batches
from tltool.models.devices.compiling import compiled_or_not
from tltool.specs import Training
from tltool.task import Targets, Task
from tltool.training.callbacks import BestWeights, Diverged, Keep, Watch
from tltool.training.clock import Clock
from tltool.training.optimization import compile_for
from tltool.training.phases import Phase
from tltool.training.snapshots import assign, seeds_of
from tltool.training.state import Outcome, Stretch


def run_epochs(
    task: Task,
    trainer: keras.Model,
    model: keras.Model,
    train: Batches,
    validation: Batches,
    phase: Phase,
    training: Training,
    before: Stretch | None,
    keep: Callable[[Stretch], None],
    judge: keras.callbacks.Callback | None = None,
) -> Outcome:
    """Fit ``trainer``, which gives the logits of ``model``, until the phase's epochs, patience or minutes are over; ``model`` ends with its
    best weights by validation.

    Args:
        before: the epochs that are done, to go on from; ``keep`` is given the same after every epoch.
        judge: takes the score, where no metric does.
    """
    compile_for(task, phase, trainer, model, training.label_smoothing, steps=len(train) * phase.epochs)
    if before is not None:
        _take_up(trainer, before, steps=len(train) * before.epoch)
    score = task.measures.SCORE
    watch = Watch(phase, score, len(train.rows), training.batch_size, before, train.unit)
    best = BestWeights(model, score, phase.patience, before)
    clock, stopped = Clock(phase, before), ""
    try:
        if best.waited < phase.patience and not clock.is_over:
            compiled_or_not(
                trainer,
                lambda: trainer.fit(
                    train,
                    validation_data=validation,
                    epochs=phase.epochs,
                    initial_epoch=before.epoch if before else 0,
                    callbacks=[*([judge] if judge else []), clock, watch, best, Keep(watch, best, keep)],
                    shuffle=False,
                    verbose=0,
                ),
            )
    except Diverged as error:
        stopped = str(error)
        watch.on_train_end()  # which Keras leaves out then
    model.set_weights(best.weights)
    return Outcome(phase.name, max(0.0, best.score[0]), best.weights, watch.rows, stopped)


def training_batches(
    inputs: Rows,
    rows: np.ndarray,
    targets: Targets | None,
    weights: np.ndarray | None,
    training: Training,
    before: Stretch | None,
    augment: str = "none",
) -> Batches:
    """Batches in an order of their own for every epoch, varied as ``augment`` says, as if the epochs ``before`` had been drawn."""
    amounts, epoch = amounts_of(augment, training.flip), before.epoch if before else 0
    return Batches(inputs, rows, targets, training.batch_size, training.seed, epoch, weights, amounts)


def _take_up(trainer: keras.Model, before: Stretch, steps: int) -> None:
    """``trainer`` as it was after ``before``; with another batch size, the schedule goes on where as many photos have been seen."""
    trainer.optimizer.build(trainer.trainable_variables)
    assign(trainer.optimizer.variables, before.optimizer)
    assign(seeds_of(trainer), before.seeds)
    trainer.optimizer.iterations.assign(steps)
