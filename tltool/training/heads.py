"""The head alone, on features of the frozen backbone that are computed once: solved where it is linear, else trained."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from tltool.data.rows import Rows, fit_of
from tltool.data.samples import Samples
from tltool.errors import TltoolError
from tltool.models.batches import Batches
from tltool.models.freezing import freeze
from tltool.models.head import backbone_of, features_of, head_of
from tltool.models.inference import Inference
from tltool.models.views import plan_views
from tltool.progress import say
from tltool.specs import Training
from tltool.task import Task, task_named
from tltool.training.epochs import run_epochs, training_batches
from tltool.training.features import extract_features
from tltool.training.optimization import rows_of_an_epoch, weights_in_loss
from tltool.training.phases import Phase
from tltool.training.state import Outcome, Stretch
from tltool.wording import megabytes


def fit_head(
    model: keras.Model,
    pixels: Rows,
    samples: Samples,
    phase: Phase,
    training: Training,
    before: Stretch | None,
    keep: Callable[[Stretch], None],
) -> Outcome:
    """Train the head of ``model`` alone; arguments and result as of ``tltool.training.fitting.fit``.

    Raises:
        TltoolError: the features are no numbers, or too many for the cache and for memory.
    """
    freeze(backbone_of(model), [], "frozen")
    features, rows = _features_of_views(model, pixels, samples, phase, training)
    task, labels, strata = task_named(samples.task), samples.labels[rows], samples.strata[rows]
    learned, held_out = np.split(np.arange(len(rows)), [-len(samples.rows("validation"))])
    if phase.solved:
        train, validation = ((features[places], labels[places]) for places in (learned, held_out))
        return _solve_head(task, model, train, validation, phase, training.balance)
    learned = rows_of_an_epoch(learned, strata[learned], training)
    targets = task.head.targets(model, labels, samples.classes, fit_of(pixels), **samples.saying)
    weights = weights_in_loss(strata[learned], training.balance)
    train_batches = training_batches(features, learned, targets, weights, training, before)
    validation_batches = Batches(features, held_out, targets, training.batch_size)
    return run_epochs(task, head_of(model), model, train_batches, validation_batches, phase, training, before, keep)


def _features_of_views(
    model: keras.Model, pixels: Rows, samples: Samples, phase: Phase, training: Training
) -> tuple[np.ndarray, np.ndarray]:
    """What the head learns from and is judged by: features float32 [n, d] of every view of the training photos, and at the end those of
    the validation photos as they are; and which row of ``samples`` each one shows, int [n]."""
    train, held_out, extract = samples.rows("train"), samples.rows("validation"), _extracting(model, pixels, samples, training)
    as_they_are = extract(np.concatenate([train, held_out]))
    varied = [extract(train, view=view) for view in plan_views(phase.views, phase.augment, training.flip, training.seed)[1:]]
    rows = np.concatenate([*[train] * (1 + len(varied)), held_out])
    return (_joined([*varied, as_they_are]) if varied else as_they_are), rows


def see_photos(model: keras.Model, pixels: Rows, samples: Samples, rows: np.ndarray, training: Training) -> np.ndarray:
    """What ``model`` sees in the photos ``rows`` of ``samples``, as they are: features float32 [n, d]. They are taken from the cache where
    its backbone is as it was when a head was solved on them.

    Raises:
        TltoolError: the features are no numbers, or too many for the cache and for memory.
    """
    return _extracting(model, pixels, samples, training)(rows)


def _extracting(model: keras.Model, pixels: Rows, samples: Samples, training: Training) -> Callable[..., np.ndarray]:
    """Features of the same key and runtime for whoever asks within a run."""
    extractor, shown = features_of(model), training.views * len(samples.rows("train")) + len(samples.rows("validation"))
    return functools.partial(
        extract_features,
        extractor,
        pixels,
        batch_size=training.batch_size,
        deterministic=training.deterministic,
        inference=Inference(extractor, max(len(pixels), shown)),  # as many as --folds sees
    )


def _joined(features: Sequence[np.ndarray]) -> np.ndarray:
    try:
        return np.concatenate(features)
    except MemoryError:
        raise TltoolError(
            f"The features of {len(features)} views must fit into memory together. Received: "
            f"{megabytes(sum(view.nbytes for view in features))}. Choose fewer --views, or --head-pool avg."
        ) from None


def _solve_head(task: Task, model: keras.Model, train: Any, validation: Any, phase: Phase, balance: str) -> Outcome:
    """A head without hidden layers is a linear classifier: solved, not trained."""
    solved, score = task.head.solve(model, train, validation, balance != "none", phase.views), task.measures.SCORE
    of = f"{train[0].shape[1]:,} features" + (f" of {phase.views} views" if phase.views > 1 else "")
    say(f"head: {solved.method}, on {of}, strength {solved.strength:g}: validation {score.name} {solved.score:.3f}")
    return Outcome(phase.name, solved.score, model.get_weights(), [{"phase": phase.name, "epoch": 1, f"val_{score.key}": solved.score}])
