"""One phase of a training: the head on features computed once, or photos through the whole model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tltool.data.samples import Samples
from tltool.models.augmentation import trainer_of
from tltool.models.batches import Batches
from tltool.models.freezing import freeze, learning_layers
from tltool.models.head import accuracy_for, features_of, head_of, loss_for, targets_for
from tltool.progress import say
from tltool.specs import Training
from tltool.training.callbacks import BestWeights, Watch
from tltool.training.features import extract_features
from tltool.training.phases import Phase
from tltool.training.probe import fit_probe


@dataclass(frozen=True)
class Outcome:
    """What a phase reached: validation accuracy, the weights that reached it, and its rows of history."""

    phase: str
    accuracy: float
    weights: list[np.ndarray]
    history: list[dict[str, Any]]


def train(model: keras.Model, pixels: Any, samples: Samples, phases: list[Phase], training: Training) -> list[Outcome]:
    """Run every phase; ``model`` ends with the weights of the one that did best on the validation photos, see ``best_of``.

    Raises:
        TltoolError: the loss, or the features of the backbone, stop being numbers.
    """
    outcomes = [fit(model, pixels, samples, phase, training) for phase in phases]
    best = best_of(outcomes)
    model.set_weights(best.weights)
    if len(outcomes) > 1:
        say(f"Kept: {best.phase}, with the best validation accuracy: "
            + ", ".join(f"{outcome.phase} {outcome.accuracy:.3f}" for outcome in outcomes))
    return outcomes


def best_of(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome with the best accuracy on the validation photos; of equals, the later."""
    return max(reversed(outcomes), key=lambda outcome: outcome.accuracy)


def fit(model: keras.Model, pixels: Any, samples: Samples, phase: Phase, training: Training) -> Outcome:
    """Train ``model`` for one phase; it ends with its best weights by validation.

    Args:
        pixels: answers ``pixels[rows]`` with uint8 [len(rows), size, size, 3], rows as in ``samples``.
    """
    if phase.name == "head":
        return _fit_head(model, pixels, samples, phase, training)
    backbone = model.get_layer("backbone")
    freeze(backbone, learning_layers(backbone, phase.unfreeze), phase.batch_norm)
    targets, rows, held_out = targets_for(model, samples.labels), samples.rows("train"), samples.rows("validation")
    return _run(trainer_of(model, phase.augment, training.seed), model,
                Batches(pixels, rows, targets[rows], training.batch_size, seed=training.seed),
                Batches(pixels, held_out, targets[held_out], training.batch_size), phase, training)


def _fit_head(model: keras.Model, pixels: Any, samples: Samples, phase: Phase, training: Training) -> Outcome:
    freeze(model.get_layer("backbone"), [], "frozen")
    count, rows = len(samples.rows("train")), np.concatenate([samples.rows("train"), samples.rows("validation")])
    features, labels = extract_features(features_of(model), pixels, rows, training.batch_size), samples.labels[rows]
    if phase.solved:
        return _solve_head(model, (features[:count], labels[:count]), (features[count:], labels[count:]), phase)
    targets, places = targets_for(model, labels), np.arange(len(rows))
    return _run(head_of(model), model, Batches(features, places[:count], targets[:count], training.batch_size, seed=training.seed),
                Batches(features, places[count:], targets[count:], training.batch_size), phase, training)


def _solve_head(model: keras.Model, train: Any, validation: Any, phase: Phase) -> Outcome:
    """A head without hidden layers is a logistic regression: solved, not trained."""
    logits = model.get_layer("logits")
    probe = fit_probe(train, validation, classes=model.output_shape[-1], single=logits.units == 1)
    logits.set_weights([probe.kernel, probe.bias])
    say(f"head: logistic regression on {train[0].shape[1]:,} features, C = {probe.strength:g}: validation accuracy {probe.accuracy:.3f}")
    return Outcome(phase.name, probe.accuracy, model.get_weights(), [{"phase": phase.name, "epoch": 1, "val_accuracy": probe.accuracy}])


def _run(trainer: keras.Model, model: keras.Model, train: Batches, validation: Batches, phase: Phase, training: Training) -> Outcome:
    compile_for(phase, trainer, model, training.label_smoothing, steps=len(train) * phase.epochs)
    watch, best = Watch(phase, len(train.rows), training.batch_size), BestWeights(model, phase.patience)
    trainer.fit(train, validation_data=validation, epochs=phase.epochs, callbacks=[watch, best], shuffle=False, verbose=0)
    return Outcome(phase.name, best.score[0], best.weights, watch.rows)


def compile_for(phase: Phase, trainer: keras.Model, model: keras.Model, label_smoothing: float, steps: int) -> None:
    """Compile ``trainer``, which gives the logits of ``model``; whatever was frozen or unfrozen before counts from here on."""
    trainer.compile(optimizer(phase, steps), loss_for(model, label_smoothing), metrics=[accuracy_for(model)])


def optimizer(phase: Phase, steps: int) -> keras.optimizers.Optimizer:
    """AdamW with warm-up and cosine; no decay on biases and batch norm; gradients clipped to norm 1."""
    warm_up = round(phase.warm_up * steps)
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=phase.learning_rate / 100 if warm_up else phase.learning_rate, decay_steps=max(1, steps - warm_up),
        warmup_target=phase.learning_rate if warm_up else None, warmup_steps=warm_up)
    adamw = keras.optimizers.AdamW(rate, weight_decay=1e-4, global_clipnorm=1.0)
    adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return adamw
