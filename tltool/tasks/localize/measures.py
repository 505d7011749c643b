"""A box against the right one → how far they overlap, with intervals, beside what a guesser would reach; and the same for people."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.intervals import percentiles, resampled, wilson
from tltool.measuring import Score
from tltool.progress import Table, table
from tltool.summary import of_split
from tltool.tasks.detect.boxes import boxes_of, overlaps
from tltool.tasks.detect.guessing import guesses, learned_from
from tltool.tasks.localize.report import LocationReport
from tltool.wording import quoted

SCORE = Score("iou", "mean IoU")
FORM = LocationReport
LIMITS = {"above_half": 0.5, "above_three_quarters": 0.75}


class Located(NamedTuple):
    """What n answers are worth.

    Attributes:
        overlaps: intersection over union of the box with the object, 0 where either is missing, float64.
        right: whether its class is right, bool.
        kinds: the place of the object's class among the classes, -1 for none, int.
    """

    overlaps: np.ndarray
    right: np.ndarray
    kinds: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """The overlap, 0 where the class is wrong."""
        return self.overlaps * self.right


def located(truths: Collection[Truth], answers: Collection[Truth], classes: Sequence[str]) -> Located:
    """The first box of each answer against the first object of each truth that is no crowd."""
    rows = []
    for truth, answer in zip(truths, answers, strict=True):
        objects, boxes = boxes_of(truth, classes), boxes_of(answer, classes)
        objects = objects.of(~objects.crowd)
        shared = overlaps(objects.corners[:1], boxes.corners[:1]).max(initial=0)
        kinds = objects.kinds[:1].tolist() or [-1]
        rows.append((shared, kinds == boxes.kinds[:1].tolist(), kinds[0]))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Located(*columns)


def score(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str]) -> float:
    """The mean intersection over union, 0 for a photo whose class is wrong."""
    return float(located(labels, answers, classes).scores.mean())


def measure(
    labels: np.ndarray, answers: Sequence[Truth], classes: list[str], split: str, settled: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        labels: truths [n], n ≥ 1.
        answers: of as many photos, one box each.
        split: what was measured, for the record.
        settled: what a guesser learned.

    The interval of ``iou`` is the middle 95 % over resampled photos, those of the shares ``above_half`` and ``above_three_quarters`` are
    Wilson's. ``guess_iou`` is what the mean box of the most frequent class would reach in every photo.
    """
    found, n = located(labels, answers, classes), len(labels)
    guessed = guesses(settled, labels)
    content: dict[str, Any] = {"split": split, "n": n, **_figures(found.scores)}
    return content | {
        "iou_interval": percentiles(resampled(n) @ found.scores / n),
        **{f"{name}_interval": wilson(int(np.sum(found.scores > limit)), n) for name, limit in LIMITS.items()},
        "right_class": float(found.right.mean()),
        "guess_iou": score(labels, guessed, classes) if guessed else None,
        "classes": list(classes),
        "per_class": {name: _of_class(found.scores[found.kinds == place]) for place, name in enumerate(classes)},
    }


def each(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The overlap in every photo, 0 where the class is wrong; NaN where there is no object."""
    found = located(labels, answers, classes)
    return np.where(found.kinds < 0, np.nan, found.scores)


def weighted(
    labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], weights: np.ndarray
) -> np.ndarray:
    """Mean IoU, for each row of ``weights`` [b, n]."""
    return weights @ located(labels, answers, classes).scores / weights.sum(axis=1)


def floor(labels: np.ndarray, classes: Sequence[str], what: str, learned: np.ndarray) -> str:
    """The mean IoU of the mean box of the most frequent class."""
    settled = learned_from(learned, classes)
    if not settled:
        return "No training photo has a box that a guesser could learn from."
    (label,) = settled["guessed"]
    which = "training box" if len(classes) == 1 else f"box of the most frequent class, {quoted(label)},"
    return f"The mean {which} would reach a mean IoU of {score(labels, guesses(settled, labels), classes):.3f} on the {what}."


def guessed(report: Mapping[str, Any]) -> float | None:
    """The mean IoU of the mean box of the most frequent class."""
    reached: float | None = report["guess_iou"]
    return reached


def told(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """A table of classes, and a sentence with the mean IoU, its interval and what a guesser would reach."""
    what = f"{of_split(report['split'])}{report.get('of', 'photos')}"
    yield table(
        what.capitalize(),
        ("class", report.get("of", "photos"), "mean IoU", "above 0.5", "above 0.75"),
        [
            (name, row["n"], *("n/a" if row[figure] is None else f"{row[figure]:.2f}" for figure in ("iou", *LIMITS)))
            for name, row in report["per_class"].items()
        ],
    )
    guess, (low, high) = report["guess_iou"], report["iou_interval"]
    classes = "" if len(report["per_class"]) == 1 else f"; the class is right on {report['right_class']:.1%}"
    floor = "" if guess is None else f"; the mean training box would reach {guess:.3f}"
    yield (
        f"Mean IoU {report['iou']:.3f} (95 % interval {low:.3f}–{high:.3f}) on {report['n']} {what}, above 0.5 on "
        f"{report['above_half']:.1%} and above 0.75 on {report['above_three_quarters']:.1%} of them{classes}{floor}."
    )


def _figures(scores: np.ndarray) -> dict[str, float]:
    return {"iou": float(scores.mean()), **{name: float(np.mean(scores > limit)) for name, limit in LIMITS.items()}}


def _of_class(scores: np.ndarray) -> dict[str, Any]:
    return {"n": len(scores), **(_figures(scores) if len(scores) else dict.fromkeys(("iou", *LIMITS)))}
