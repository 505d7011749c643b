"""A training, phase by phase: the head on features computed once, photos through the whole model; and where it goes on."""

import functools
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace

import keras

from tltool.data.rows import Rows, fit_of
from tltool.data.samples import Samples
from tltool.errors import TltoolError
from tltool.models.augmentation import trainer_of
from tltool.models.batches import Batches
from tltool.models.freezing import freeze, learning_layers
from tltool.models.head import backbone_of
from tltool.models.precision import computing_in
from tltool.progress import say
from tltool.runs import STATE, Run
from tltool.specs import Training
from tltool.task import task_named
from tltool.tracking.following import Follow, nobody
from tltool.training.checkpoint import Keeper, alone, load_state, make_usable, origin_of
from tltool.training.clock import with_minutes_left
from tltool.training.curves import curves
from tltool.training.epochs import run_epochs, training_batches
from tltool.training.heads import fit_head
from tltool.training.judge import Judge
from tltool.training.memory import halved
from tltool.training.optimization import rows_of_an_epoch, weights_in_loss
from tltool.training.phases import Phase
from tltool.training.snapshots import put_back, state_of
from tltool.training.state import Outcome, State, Stretch, best_of


def train(
    model: keras.Model,
    pixels: Rows,
    samples: Samples,
    phases: list[Phase],
    training: Training,
    run: Run | None = None,
    follow: Follow = nobody,
) -> list[Outcome]:
    """Run every phase; ``model`` ends with the weights of the one that did best on the validation photos, see ``best_of``.

    With a ``run`` the state is kept in it after every epoch, and the training goes on from the state that is there. A phase whose loss
    stops being a number ends with its best epoch, see ``Outcome.stopped``. Who follows it, see ``tracking.tracked``, hears of every epoch.

    Raises:
        TltoolError: the features of the backbone are no numbers, or the loss never was one.
        RunError: the state in ``run`` is damaged or of another training, or another process trains there.
        KeyboardInterrupt: says how the run is resumed.
    """
    if run is None:
        outcomes = _pass_phases(model, pixels, samples, phases, training, state_of(model), lambda state: None, lambda outcome: None)
    else:
        with run.resumable(), alone(run.path):
            origin = origin_of(run, samples, keras.backend.backend())
            state = load_state(run.path / STATE, origin) or state_of(model)
            _say_where(state, phases)
            done, publish = len(state.history), functools.partial(make_usable, run, model)
            with curves(run.path, done) if training.tensorboard else nullcontext(lambda history: None) as draw:
                keep = Keeper(run, origin, draw, follow(done))
                outcomes = _pass_phases(model, pixels, samples, phases, training, state, keep, publish)
    best = best_of(outcomes)
    model.set_weights(best.weights)
    if len(outcomes) > 1:
        say(
            f"Kept: {best.phase}, with the best validation {task_named(samples.task).measures.SCORE.name}: "
            + ", ".join(f"{outcome.phase} {outcome.score:.3f}" for outcome in outcomes)
        )
    return outcomes


def _say_where(state: State, phases: Sequence[Phase]) -> None:
    done = [f"{outcome.phase} is done" for outcome in state.outcomes]
    if state.stretch:
        phase = phases[len(done)]
        of = f" of {phase.epochs}" if phase.minutes is None else ""
        done.append(f"{phase.name} goes on after epoch {state.stretch.epoch}{of}")
    if done:
        say(f"Resuming: {', '.join(done)}.")


def _pass_phases(
    model: keras.Model,
    pixels: Rows,
    samples: Samples,
    phases: Sequence[Phase],
    training: Training,
    state: State,
    keep: Callable[[State], None],
    publish: Callable[[Outcome], None],
) -> list[Outcome]:
    """``publish`` is given the outcome of every phase but the last, while ``model`` has its weights."""
    put_back(state, model)
    for phase in phases[len(state.outcomes) :]:
        started = time.monotonic()
        outcome = _fit_in_memory(model, pixels, samples, with_minutes_left(phase, state.outcomes), training, state, keep)
        took = round(time.monotonic() - started, 1)  # for the one row of a head that was solved
        if outcome.stopped and not outcome.history and not state.outcomes:
            raise TltoolError(outcome.stopped)  # there is nothing to keep
        outcome = replace(outcome, history=[{"seconds": took, **row} for row in outcome.history])
        if len(state.outcomes) + 1 < len(phases):
            publish(outcome)
        state = replace(state_of(model), outcomes=[*state.outcomes, outcome])
        keep(state)
    return state.outcomes


def _fit_in_memory(
    model: keras.Model, pixels: Rows, samples: Samples, phase: Phase, training: Training, state: State, keep: Callable[[State], None]
) -> Outcome:
    """``fit`` from ``state`` on; where memory does not hold a batch, from the last epoch on with half of it."""
    latest, asked = state, training.batch_size

    def kept(stretch: Stretch) -> None:
        nonlocal latest
        latest = replace(state_of(model), outcomes=state.outcomes, stretch=stretch)
        keep(latest)

    batch_size = state.stretch.batch_size if state.stretch else asked
    while True:
        share = batch_size / asked  # the rate follows the batch size (Goyal et al. 2017)
        try:
            return fit(
                model,
                pixels,
                samples,
                replace(phase, learning_rate=phase.learning_rate * share),
                training.model_copy(update={"batch_size": batch_size}),
                latest.stretch,
                kept,
            )
        except Exception as error:
            if phase.solved:  # what is solved has no batches
                raise
            batch_size = halved(batch_size, error, phase.name, " and half the learning rate")
        put_back(latest, model)


def fit(
    model: keras.Model,
    pixels: Rows,
    samples: Samples,
    phase: Phase,
    training: Training,
    before: Stretch | None = None,
    keep: Callable[[Stretch], None] = lambda stretch: None,
) -> Outcome:
    """Train ``model`` for one phase; it ends with its best weights by validation.

    Args:
        pixels: rows as in ``samples``.
        before: the epochs of the phase that are done, to go on from.
        keep: is given the same after every epoch.
    """
    if phase.on_features:
        return fit_head(model, pixels, samples, phase, training, before, keep)
    backbone = backbone_of(model)
    freeze(backbone, learning_layers(backbone, phase.unfreeze), phase.batch_norm)
    task, strata = task_named(samples.task), samples.strata
    targets = task.head.targets(model, samples.labels, samples.classes, fit_of(pixels), **samples.saying)
    held_out = samples.rows("validation")
    rows = rows_of_an_epoch(samples.rows("train"), strata[samples.rows("train")], training)
    weights = weights_in_loss(strata[rows], training.balance)
    train = training_batches(pixels, rows, targets, weights, training, before, phase.augment)
    validation = Batches(pixels, held_out, targets, training.batch_size)
    judge = None if task.head.metric(model) else Judge(model, pixels, samples, training.batch_size)
    with computing_in(training.precision or "float32", model):
        return run_epochs(task, trainer_of(model), model, train, validation, phase, training, before, keep, judge)
