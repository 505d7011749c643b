"""Boxes of one class that overlap: several objects, or one that was found twice. The photos that are asked must decide."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from tltool.data.annotations.truths import Instance, Truth
from tltool.tasks.detect.average_precision import overall
from tltool.tasks.detect.boxes import suppressed
from tltool.tasks.detect.matches import Matches, matched

APART = 1.0  # boxes of one class that overlap by no more are different ones: all are
SAME = 0.6  # or this


class Trial(NamedTuple):
    """What becomes of answers without their doubles: the ``limit`` that ``suppressed`` took, how they match, and their AP."""

    limit: float
    matches: list[Matches]
    ap: float


def best_trial(answers: Collection[Truth], truths: Collection[Truth], classes: Sequence[str]) -> Trial:
    """The better of both limits; where they are as good, that with fewer boxes."""
    return max((_tried(limit, answers, truths, classes) for limit in (SAME, APART)), key=lambda trial: trial.ap)


def without_doubles(answers: Collection[Truth], limit: float) -> list[Truth]:
    """Answers, each without the boxes that ``suppressed`` leaves out."""
    return [Truth(its.width, its.height, tuple(map(Instance, suppressed(its.boxes, limit)))) for its in answers]


def _tried(limit: float, answers: Collection[Truth], truths: Collection[Truth], classes: Sequence[str]) -> Trial:
    matches = matched(truths, without_doubles(answers, limit), classes)
    return Trial(limit, matches, overall(matches))
