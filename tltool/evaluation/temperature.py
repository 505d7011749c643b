"""One number by which a model's logits are divided, so that of answers given 0.8 eight in ten are right.

This is temperature scaling (Guo et al., "On calibration of modern neural networks", 2017): the order of the classes, and so the accuracy,
stays. It is fitted on the validation photos by log loss, and a Gaussian prior around doing nothing keeps it there where they say little: on
draws of few photos a temperature without one lost more than it won.
"""

from typing import NamedTuple

import keras
import numpy as np
import pandas

from tltool.calibrating import Calibrating
from tltool.data.predictions import predictions_table
from tltool.data.samples import Samples
from tltool.models.devices.compiling import compiled_or_not
from tltool.models.head import cool, head_of, logits_units
from tltool.progress import say
from tltool.runs.forms import Calibration
from tltool.task import calibration_of, task_named
from tltool.wording import counted

BATCH = 1024  # photos whose features go through a head at once
LEAST, LEAST_WRONG = 50, 10  # photos that a temperature is fitted on, and of these such as are not answered right
SPREAD = 0.5  # standard deviation of the prior on its logarithm
FARTHEST = 20.0  # from 1, up and down


class Calibrated(NamedTuple):
    """What was found out, and the answers to the validation photos as the model gives them now, as ``predictions_table`` has them."""

    facts: Calibration
    validation: pandas.DataFrame


def calibrate(model: keras.Model, features: np.ndarray, samples: Samples) -> Calibrated | None:
    """Divide the logits of ``model`` by the temperature that suits the validation photos, see ``fit_temperature``, and say so.

    Args:
        features: what it sees in the validation photos, [n, d].

    Returns:
        None where the task gives no probabilities that a temperature could mend.
    """
    part, rows = calibration_of(samples.task), samples.rows("validation")
    if part is None:
        return None
    logits = _logits(model, features) if len(rows) else np.empty((0, logits_units(model)), "float32")
    facts = fit_temperature(part, logits, samples, rows)
    say(tell_calibration(facts, samples.kind))
    cool(model, facts.temperature)
    outputs = part.outputs(logits / np.float32(facts.temperature)) if len(rows) else logits
    return Calibrated(facts, predictions_table(samples.at(rows), outputs, {}))


def _logits(model: keras.Model, features: np.ndarray) -> np.ndarray:
    head = head_of(model)

    def answer(batch: np.ndarray) -> np.ndarray:
        return np.asarray(compiled_or_not(head, lambda: head.predict_on_batch(batch)))

    return np.concatenate([answer(features[start : start + BATCH]) for start in range(0, len(features), BATCH)])


def fit_temperature(part: Calibrating, logits: np.ndarray, samples: Samples, rows: np.ndarray) -> Calibration:
    """The temperature with the lowest log loss on ``logits`` [n, …] of the photos ``rows`` of ``samples``, with a prior around 1; 1 where
    these are fewer than ``LEAST``, or fewer than ``LEAST_WRONG`` are not answered right: there it harms more often than it mends. What is
    measured after is of the same photos, and flatters a little."""
    n, labels = len(rows), samples.labels[rows]
    if not n:
        return Calibration(n=0, wrong=0, kept=_too_few(0, 0, samples.kind))
    wrong = int(np.sum(_goodness(part, logits, samples, rows) < 1))
    few = n < LEAST or wrong < LEAST_WRONG
    temperature = 1.0 if few else _lowest(part, logits, labels)
    cooled = [logits, logits / np.float32(temperature)]
    losses = [part.log_loss(its, labels) / n for its in cooled]
    errors = [min(1.0, part.error(part.outputs(its).astype(float), labels)) for its in cooled]
    said = {"kept": _too_few(n, wrong, samples.kind)} if few else {}
    return Calibration(temperature=temperature, n=n, wrong=wrong, log_loss=losses, calibration_error=errors, **said)


def tell_calibration(facts: Calibration, kind: str) -> str:
    """One sentence for people; ``kind`` is a photo or a signal."""
    if facts.kept or not facts.log_loss or not facts.calibration_error:
        return facts.kept or ""
    losses, errors = (" → ".join(f"{value:.3f}" for value in pair) for pair in (facts.log_loss, facts.calibration_error))
    return (
        f"Calibrated with temperature {facts.temperature:.2f} on {counted(facts.n, f'validation {kind}')}, {facts.wrong} of them answered "
        f"wrong: log loss {losses}, calibration error {errors}."
    )


def _goodness(part: Calibrating, logits: np.ndarray, samples: Samples, rows: np.ndarray) -> np.ndarray:
    """Of each answer, 0…1."""
    task, outputs = task_named(samples.task), part.outputs(logits)
    answers = task.answers.read(predictions_table(samples.at(rows), outputs, {}), samples.classes)
    return task.measures.each(samples.labels[rows], answers, samples.classes, {})


def _lowest(part: Calibrating, logits: np.ndarray, labels: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar

    def cost(log: float) -> float:
        return part.log_loss(logits / np.exp(log), labels) + (log / SPREAD) ** 2 / 2

    reach = np.log(FARTHEST)
    return float(np.exp(minimize_scalar(cost, bounds=(-reach, reach), method="bounded").x))


def _too_few(n: int, wrong: int, kind: str) -> str:
    return (
        f"Probabilities stay as the model gives them, uncalibrated: a temperature must be fitted on {LEAST} validation {kind}s or more, of "
        f"which {LEAST_WRONG} or more are answered wrong. Received: {n}, {wrong} of them wrong. With more {kind}s, or a larger "
        "--validation, it can be."
    )
