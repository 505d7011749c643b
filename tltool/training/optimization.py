"""What a phase makes smaller, and by which steps: loss, optimizer, and how much each photo counts."""

import functools
from collections.abc import Sequence

import keras
import numpy as np

from tltool.models.head import backbone_of
from tltool.specs import Training
from tltool.task import Task
from tltool.training.balance import class_weights, oversampled
from tltool.training.layerwise import LayerwiseAdamW, scales_of
from tltool.training.phases import Phase


def compile_for(task: Task, phase: Phase, trainer: keras.Model, model: keras.Model, label_smoothing: float, steps: int) -> None:
    """Compile ``trainer``, which gives the logits of ``model``; whatever was frozen or unfrozen before counts from here on."""
    scales = [] if phase.layer_decay == 1 else scales_of(trainer, backbone_of(model), phase.layer_decay)
    metric = task.head.metric(model)
    trainer.compile(optimizer(phase, steps, scales), task.head.loss(model, label_smoothing), metrics=[metric] if metric else [])


def optimizer(phase: Phase, steps: int, scales: Sequence[float] = ()) -> keras.optimizers.Optimizer:
    """AdamW with warm-up and cosine, or with a rate that a ``Clock`` sets; no decay on biases and batch norm; gradients clipped to norm 1;
    ``scales`` of the rate, if any, for each trainable variable."""
    warm_up = round(phase.warm_up * steps)
    rate = (
        phase.learning_rate
        if phase.minutes
        else keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=phase.learning_rate / 100 if warm_up else phase.learning_rate,
            decay_steps=max(1, steps - warm_up),
            warmup_target=phase.learning_rate if warm_up else None,
            warmup_steps=warm_up,
        )
    )
    kind = functools.partial(LayerwiseAdamW, scales=scales) if scales else keras.optimizers.AdamW
    adamw = kind(rate, weight_decay=1e-4, global_clipnorm=1.0)
    adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return adamw


def weights_in_loss(labels: np.ndarray, balance: str) -> np.ndarray | None:
    """How much each photo of the classes ``labels`` int [n] counts in the loss, float32 [n]; None where each counts the same."""
    return class_weights(labels).astype("float32") if balance == "weights" else None


def rows_of_an_epoch(rows: np.ndarray, labels: np.ndarray, training: Training) -> np.ndarray:
    """Which of ``rows`` int [n], photos with ``labels`` int [n], an epoch goes through, some of them more than once."""
    return oversampled(rows, labels, training.seed) if training.balance == "oversample" else rows
