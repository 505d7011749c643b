"""Masks against the right ones → COCO's numbers with intervals, those of the boxes around them, what connected pieces would reach, and what
a guesser would; and the same for people."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Instance, Truth
from tltool.measuring import Score
from tltool.progress import Table
from tltool.summary import of_split, with_interval
from tltool.tasks.detect import measures
from tltool.tasks.detect.average_precision import overall
from tltool.tasks.detect.guessing import guesses, learned_from
from tltool.tasks.detect.matches import matched
from tltool.tasks.detect.measures import FIGURES, figures, shown_counts, shown_line, table_of
from tltool.tasks.instances.answers import threshold
from tltool.tasks.instances.components import components
from tltool.tasks.instances.masks import MASKS, boxed
from tltool.tasks.instances.report import MaskReport
from tltool.wording import counted, quoted

SCORE = Score("mask_ap", "mask AP")
FORM = MaskReport


def score(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str]) -> float:
    """COCO's AP of masks: the mean over classes and overlaps of 0.5, 0.55, … 0.95."""
    return overall(matched(labels, answers, classes, MASKS))


def measure(
    labels: np.ndarray, answers: Sequence[Truth], classes: list[str], split: str, settled: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        labels: truths [n], n ≥ 1.
        answers: all objects of each photo, however low their scores.
        split: what was measured, for the record.
        settled: the ``threshold`` from which on objects are shown, and what a guesser learned.

    ``mask_ap``, ``mask_ap50`` and ``mask_ap75`` are those of ``tasks.detect`` with masks instead of boxes, ``box_ap`` … those of the boxes
    around the masks, each with the middle 95 % over resampled photos. ``components_ap50`` is what the connected pieces of the same masks
    would reach, ``guess_ap`` what the mean box of the most frequent class, filled, would in every photo. ``confusion`` and what is shown go
    by masks.
    """
    matches, limit = matched(labels, answers, classes, MASKS), threshold(settled)
    pieces = [components(answer, classes) for answer in answers]
    return {
        "split": split,
        "n": len(labels),
        **figures(matches, "mask_"),
        **figures(matched(labels, answers, classes), "box_"),
        "components_ap50": figures(matched(labels, pieces, classes, MASKS))["ap50"],
        "guess_ap": score(labels, _filled(settled, labels), classes) if "guess" in settled else None,
        **shown_counts(labels, answers, classes, limit, matches, MASKS),
    }


def each(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The mask AP of every photo alone, as ``detect.measures.each`` has it."""
    return measures.each(labels, answers, classes, settled, MASKS)


def weighted(
    labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], weights: np.ndarray
) -> np.ndarray:
    """Mask AP, for each row of ``weights`` [b, n]."""
    return measures.weighted(labels, answers, classes, settled, weights, MASKS)


def floor(labels: np.ndarray, classes: Sequence[str], what: str, learned: np.ndarray) -> str:
    """The AP of the mean box of the most frequent class, filled."""
    settled = learned_from(learned, classes)
    if not settled:
        return "No training photo has an object that a guesser could learn from."
    (label,) = settled["guessed"]
    reached = score(labels, _filled(settled, labels), classes)
    return f"The mean box of the most frequent class, {quoted(label)}, filled, would reach a mask AP of {reached:.3f} on the {what}."


def guessed(report: Mapping[str, Any]) -> float | None:
    """The AP of the mean box of the most frequent class, filled."""
    reached: float | None = report["guess_ap"]
    return reached


def told(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """A table of classes; a sentence with mask AP, its interval and what a guesser would reach; one of boxes and connected pieces; and how
    the masks do that are shown."""
    what = f"{of_split(report['split'])}{report.get('of', 'photos')}"
    yield table_of(report, what)
    if not report["objects"]:
        yield f"Mask AP n/a on {report['n']} {what}: there is no object on them."
    else:
        yield f"Mask {_named(report, 'mask_')} for {counted(report['objects'], 'object')} on {report['n']} {what}{_guess(report)}."
        yield f"The connected pieces of these masks would reach a mask AP50 of {report['components_ap50']:.3f}."
        yield f"Of the boxes around the masks, {_named(report, 'box_')}."
    yield shown_line(report, "masks")


def _named(report: Mapping[str, Any], prefix: str) -> str:
    return ", ".join(f"{name.upper()} {with_interval(report, prefix + name)}" for name in FIGURES)


def _guess(report: Mapping[str, Any]) -> str:
    guess = report["guess_ap"]
    return "" if guess is None else f"; the mean box of the most frequent class, filled, would reach {guess:.3f}"


def _filled(settled: Mapping[str, Any], truths: Collection[Truth]) -> list[Truth]:
    """What ``detect.guessing`` guesses, all of each box as its mask."""
    guessed = guesses(settled, truths)
    return [Truth(its.width, its.height, tuple(Instance(it.box, boxed(it)) for it in its.instances)) for its in guessed]
