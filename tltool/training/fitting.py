"""A training, phase by phase: the head on features computed once, photos through the whole model; and where it goes on."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from tltool.data.samples import Samples
from tltool.errors import TltoolError
from tltool.models.augmentation import trainer_of
from tltool.models.batches import Batches
from tltool.models.freezing import freeze, learning_layers
from tltool.models.head import accuracy_for, features_of, head_of, loss_for, targets_for
from tltool.progress import say, warn
from tltool.runs import STATE, Run
from tltool.specs import Training
from tltool.training.callbacks import BestWeights, Diverged, Keep, Watch
from tltool.training.checkpoint import Keeper, alone, load_state, origin_of
from tltool.training.features import extract_features
from tltool.training.layerwise import LayerwiseAdamW, scales_of
from tltool.training.memory import is_out_of_memory
from tltool.training.phases import Phase
from tltool.training.probe import fit_probe
from tltool.training.snapshots import assign, put_back, seeds_of, state_of
from tltool.training.state import Outcome, State, Stretch, best_of


def train(model: keras.Model, pixels: Any, samples: Samples, phases: list[Phase], training: Training,
          run: Run | None = None) -> list[Outcome]:
    """Run every phase; ``model`` ends with the weights of the one that did best on the validation photos, see ``best_of``.

    With a ``run`` the state is kept in it after every epoch, and the training goes on from the state that is there. A phase whose loss
    stops being a number ends with its best epoch, see ``Outcome.stopped``.

    Raises:
        TltoolError: the features of the backbone are no numbers, or the loss never was one.
        RunError: the state in ``run`` is damaged or of another training, or another process trains there.
        KeyboardInterrupt: says how the run is resumed.
    """
    if run is None:
        outcomes = _pass_phases(model, pixels, samples, phases, training, state_of(model), lambda state: None)
    else:
        with run.resumable(), alone(run.path):
            origin = origin_of(run, samples, keras.backend.backend())
            state = load_state(run.path / STATE, origin) or state_of(model)
            _say_where(state, phases)
            outcomes = _pass_phases(model, pixels, samples, phases, training, state, Keeper(run, origin))
    best = best_of(outcomes)
    model.set_weights(best.weights)
    if len(outcomes) > 1:
        say(f"Kept: {best.phase}, with the best validation accuracy: "
            + ", ".join(f"{outcome.phase} {outcome.accuracy:.3f}" for outcome in outcomes))
    return outcomes


def _say_where(state: State, phases: Sequence[Phase]) -> None:
    done = [f"{outcome.phase} is done" for outcome in state.outcomes]
    if state.stretch:
        phase = phases[len(done)]
        done.append(f"{phase.name} goes on after epoch {state.stretch.epoch} of {phase.epochs}")
    if done:
        say(f"Resuming: {', '.join(done)}.")


def _pass_phases(model: keras.Model, pixels: Any, samples: Samples, phases: Sequence[Phase], training: Training, state: State,
                 keep: Callable[[State], None]) -> list[Outcome]:
    put_back(state, model)
    for phase in phases[len(state.outcomes) :]:
        outcome = _fit_in_memory(model, pixels, samples, phase, training, state, keep)
        state = replace(state_of(model), outcomes=[*state.outcomes, outcome])
        keep(state)
    return state.outcomes


def _fit_in_memory(model: keras.Model, pixels: Any, samples: Samples, phase: Phase, training: Training, state: State,
                   keep: Callable[[State], None]) -> Outcome:
    """``fit`` from ``state`` on; where the device's memory does not hold a batch, from the last epoch on with half of it."""
    latest, asked = state, training.batch_size

    def kept(stretch: Stretch) -> None:
        nonlocal latest
        latest = replace(state_of(model), outcomes=state.outcomes, stretch=stretch)
        keep(latest)

    batch_size = state.stretch.batch_size if state.stretch else asked
    while True:
        share = batch_size / asked  # the rate follows the batch size (Goyal et al. 2017)
        try:
            return fit(model, pixels, samples, replace(phase, learning_rate=phase.learning_rate * share),
                       training.model_copy(update={"batch_size": batch_size}), latest.stretch, kept)
        except Exception as error:
            if not is_out_of_memory(error) or batch_size == 1:
                raise
        batch_size //= 2
        warn(f"{phase.name}: the device's memory does not hold a batch of {batch_size * 2}. It goes on with {batch_size} and half the "
             "learning rate.")
        put_back(latest, model)


def fit(model: keras.Model, pixels: Any, samples: Samples, phase: Phase, training: Training, before: Stretch | None = None,
        keep: Callable[[Stretch], None] = lambda stretch: None) -> Outcome:
    """Train ``model`` for one phase; it ends with its best weights by validation.

    Args:
        pixels: answers ``pixels[rows]`` with uint8 [len(rows), size, size, 3], rows as in ``samples``.
        before: the epochs of the phase that are done, to go on from.
        keep: is given the same after every epoch.
    """
    if phase.name == "head":
        return _fit_head(model, pixels, samples, phase, training, before, keep)
    backbone = model.get_layer("backbone")
    freeze(backbone, learning_layers(backbone, phase.unfreeze), phase.batch_norm)
    targets, rows, held_out = targets_for(model, samples.labels), samples.rows("train"), samples.rows("validation")
    return _run(trainer_of(model, phase.augment, training.seed, training.flip), model,
                _training_batches(pixels, rows, targets[rows], class_weights(samples.labels[rows], training.balance), training, before),
                Batches(pixels, held_out, targets[held_out], training.batch_size), phase, training, before, keep)


def class_weights(labels: np.ndarray, balance: str) -> np.ndarray | None:
    """Weights [n] with which every class that occurs counts the same in the loss and which are 1 on average; None for ``none``."""
    if balance == "none":
        return None
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return (len(labels) / (len(counts) * counts))[index].astype("float32")


def _training_batches(inputs: Any, rows: np.ndarray, targets: np.ndarray, weights: np.ndarray | None, training: Training,
                      before: Stretch | None) -> Batches:
    return Batches(inputs, rows, targets, training.batch_size, training.seed, before.epoch if before else 0, weights)


def _fit_head(model: keras.Model, pixels: Any, samples: Samples, phase: Phase, training: Training, before: Stretch | None,
              keep: Callable[[Stretch], None]) -> Outcome:
    freeze(model.get_layer("backbone"), [], "frozen")
    count, rows = len(samples.rows("train")), np.concatenate([samples.rows("train"), samples.rows("validation")])
    features, labels = extract_features(features_of(model), pixels, rows, training.batch_size), samples.labels[rows]
    if phase.solved:
        return _solve_head(model, (features[:count], labels[:count]), (features[count:], labels[count:]), phase, training.balance)
    targets, places = targets_for(model, labels), np.arange(len(rows))
    weights = class_weights(labels[:count], training.balance)
    return _run(head_of(model), model, _training_batches(features, places[:count], targets[:count], weights, training, before),
                Batches(features, places[count:], targets[count:], training.batch_size), phase, training, before, keep)


def _solve_head(model: keras.Model, train: Any, validation: Any, phase: Phase, balance: str) -> Outcome:
    """A head without hidden layers is a logistic regression: solved, not trained."""
    logits = model.get_layer("logits")
    probe = fit_probe(train, validation, classes=model.output_shape[-1], single=logits.units == 1, balanced=balance != "none")
    logits.set_weights([probe.kernel, probe.bias])
    say(f"head: logistic regression on {train[0].shape[1]:,} features, C = {probe.strength:g}: validation accuracy {probe.accuracy:.3f}")
    return Outcome(phase.name, probe.accuracy, model.get_weights(), [{"phase": phase.name, "epoch": 1, "val_accuracy": probe.accuracy}])


def _run(trainer: keras.Model, model: keras.Model, train: Batches, validation: Batches, phase: Phase, training: Training,
         before: Stretch | None, keep: Callable[[Stretch], None]) -> Outcome:
    compile_for(phase, trainer, model, training.label_smoothing, steps=len(train) * phase.epochs)
    if before is not None:
        _take_up(trainer, before, steps=len(train) * before.epoch)
    watch, best = Watch(phase, len(train.rows), training.batch_size, before), BestWeights(model, phase.patience, before)
    stopped = ""
    try:
        if best.waited < phase.patience:
            trainer.fit(train, validation_data=validation, epochs=phase.epochs, initial_epoch=before.epoch if before else 0,
                        callbacks=[watch, best, Keep(watch, best, keep)], shuffle=False, verbose=0)
    except Diverged as error:
        if not watch.rows and phase.name != "fine-tuning":
            raise TltoolError(str(error)) from None  # there is nothing to keep
        stopped = str(error)
    model.set_weights(best.weights)
    return Outcome(phase.name, max(0.0, best.score[0]), best.weights, watch.rows, stopped)


def _take_up(trainer: keras.Model, before: Stretch, steps: int) -> None:
    """``trainer`` as it was after ``before``; with another batch size, the schedule goes on where as many photos have been seen."""
    trainer.optimizer.build(trainer.trainable_variables)
    assign(trainer.optimizer.variables, before.optimizer)
    assign(seeds_of(trainer), before.seeds)
    trainer.optimizer.iterations.assign(steps)


def compile_for(phase: Phase, trainer: keras.Model, model: keras.Model, label_smoothing: float, steps: int) -> None:
    """Compile ``trainer``, which gives the logits of ``model``; whatever was frozen or unfrozen before counts from here on."""
    scales = [] if phase.layer_decay == 1 else scales_of(trainer, model.get_layer("backbone"), phase.layer_decay)
    trainer.compile(optimizer(phase, steps, scales), loss_for(model, label_smoothing), metrics=[accuracy_for(model)])


def optimizer(phase: Phase, steps: int, scales: Sequence[float] = ()) -> keras.optimizers.Optimizer:
    """AdamW with warm-up and cosine; no decay on biases and batch norm; gradients clipped to norm 1; ``scales`` of the rate, if any, for
    each trainable variable."""
    warm_up = round(phase.warm_up * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=phase.learning_rate / 100 if warm_up else phase.learning_rate, decay_steps=max(1, steps - warm_up),
        warmup_target=phase.learning_rate if warm_up else None, warmup_steps=warm_up)
    kind = functools.partial(LayerwiseAdamW, scales=scales) if scales else keras.optimizers.AdamW
    adamw = kind(rate, weight_decay=1e-4, global_clipnorm=1.0)
    adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return adamw
