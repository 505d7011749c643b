"""Answers to validation photos → how probable a class must be to stay possible, and how probable an answer must be to be given.

Sets are split-conformal (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005; Angelopoulos and Bates, "A gentle
introduction to conformal prediction", 2021): a class is in the set where 1 − its probability is no larger than the quantile, corrected for
their number, of what the right classes of the validation photos lack. Of photos drawn like those, the sets of a share 1 − α hold the right
class, on average over all photos and not within each class. As the validation photos chose the weights as well, this holds nearly.

A threshold is chosen so that Wilson's lower bound at one standard error ("Probable inference", 1927) reaches the rate: where the rate
itself had to, every second draw of other photos fell short of it, as the lowest threshold is found where chance was kind.
"""

import math
from typing import NamedTuple

import numpy as np

from tltool.calibrating import Calibrating
from tltool.data.predictions import read_predictions
from tltool.errors import RunError
from tltool.intervals import wilson_bounds
from tltool.parity import LEVEL
from tltool.runs import Run
from tltool.runs.files import VALIDATION
from tltool.runs.trust import SetLimit, Threshold, Trust
from tltool.task import calibration_of, task_named

COVERAGES = (0.8, 0.9, 0.95, 0.99)  # of which an export carries the limit, where there are photos enough
PRECISIONS = (0.9, 0.95, 0.98, 0.99)
ROUNDING = 1e-9


class Judged(NamedTuple):
    """Of the answers to validation photos, arrays [n]: how probable each is, whether it is right, and how probable the truth was."""

    certainty: np.ndarray
    right: np.ndarray
    of_truth: np.ndarray


def judged_by(run: Run, part: Calibrating) -> Judged:
    """The answers in the ``validation.csv`` of a finished ``run``.

    Args:
        part: of the task of ``run``.

    Raises:
        RunError: it has none, as runs of before, or one of other classes, or of no probabilities.
    """
    record, file = run.finished, run.path / VALIDATION
    classes, task = record.classes, task_named(record.task)
    if not file.is_file():
        raise RunError(
            f"A run must have its {VALIDATION}, from which sets and thresholds are worked out. Received: {run.path}, without it. An "
            "earlier tltool wrote none, and a tracker is given none: give the run itself, or train it again."
        )
    table = read_predictions(file)
    try:
        labels, answers = task.labels.encode(table["label"].tolist(), classes), task.answers.read(table, classes)
    except KeyError as error:
        raise RunError(f"{VALIDATION} must be of the classes of its run. Received: {file} ({error}). Train it again.") from None
    if not ((answers >= 0) & (answers <= 1 + LEVEL)).all():
        raise RunError(f"{VALIDATION} must hold probabilities. Received: {file} with others. Train it again.")
    right = task.measures.each(labels, answers, classes, record.settled) >= 1
    return Judged(part.certainty(answers), right, part.of_truth(answers, labels))


def set_limit(of_truth: np.ndarray, coverage: float) -> SetLimit | None:
    """How probable a class must be to be in a set, so that the share ``coverage`` of sets, between 0 and 1, holds the right one; None where
    the photos are fewer than ``fewest``."""
    place = max(1, math.ceil((len(of_truth) + 1) * coverage - ROUNDING))
    if place > len(of_truth):
        return None
    return SetLimit(coverage=coverage, least=_share(np.sort(of_truth)[::-1][place - 1]))


def fewest(share: float) -> int:
    """How many photos sets need that hold the right class in this ``share``, below 1: of as many, the least probable right class is the
    limit. So many answers, all right, a threshold needs as well."""
    return math.ceil(share / (1 - share) - ROUNDING)


def threshold(judged: Judged, precision: float) -> Threshold | None:
    """The lowest probability from which on the answers ``judged`` are right at the rate ``precision``, below 1, with one standard error to
    spare, so that as many as possible are given; None where there is none, as where they are fewer than ``fewest``."""
    order = np.argsort(-judged.certainty, kind="stable")
    certainty, answered = judged.certainty[order], np.arange(1, len(order) + 1)
    reached = np.cumsum(judged.right[order]) / answered
    last_of_equals = np.append(certainty[1:] < certainty[:-1], True)[: len(order)]
    surely, _ = wilson_bounds(reached, answered, z=1.0)
    places = np.flatnonzero(last_of_equals & (surely >= precision - ROUNDING))
    if not len(places):
        return None
    place = places[-1]
    return Threshold(
        target_precision=precision,
        threshold=_share(certainty[place]),
        precision=float(reached[place]),
        coverage=float(answered[place] / len(order)),
    )


def trust_in(run: Run) -> Trust | None:
    """What an export of ``run`` carries; None where its task has no part for it, or the run no answers to validation photos."""
    part = calibration_of(run.task)
    if part is None or run.record.state != "finished" or not (run.path / VALIDATION).is_file():
        return None
    judged = judged_by(run, part)
    limits = [set_limit(judged.of_truth, coverage) for coverage in COVERAGES]
    thresholds = [threshold(judged, precision) for precision in PRECISIONS]
    return Trust(
        n=len(judged.right),
        sets=[limit for limit in limits if limit is not None],
        thresholds=[found for found in thresholds if found is not None],
    )


def _share(value: float) -> float:
    return min(max(float(value), 0.0), 1.0)  # rounding may leave a probability above 1
