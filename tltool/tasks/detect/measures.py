"""Boxes against the right ones → COCO's numbers with intervals, beside what a guesser would reach; and the same for people."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.intervals import once_and_resampled, percentiles
from tltool.measuring import Score
from tltool.progress import Table, table
from tltool.summary import of_split, with_interval
from tltool.tasks.detect.answers import threshold
from tltool.tasks.detect.average_precision import average_precisions, curve, mean_precision, overall
from tltool.tasks.detect.boxes import boxes_of
from tltool.tasks.detect.doubles import best_trial
from tltool.tasks.detect.guessing import guesses, learned_from
from tltool.tasks.detect.matches import BOXES, HALF, THREE_QUARTERS, Matches, Regions, matched
from tltool.tasks.detect.report import BoxReport
from tltool.tasks.detect.shown import confusion, counted as counted_boxes, shown_of
from tltool.wording import counted, quoted

SCORE = Score("ap", "AP")
FORM = BoxReport
FIGURES = {"ap": np.s_[:], "ap50": np.s_[HALF : HALF + 1], "ap75": np.s_[THREE_QUARTERS : THREE_QUARTERS + 1]}  # and their overlaps


def score(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str]) -> float:
    """COCO's AP, the mean over classes and overlaps of 0.5, 0.55, … 0.95, with doubles dealt with as ``answers.settle`` would."""
    return best_trial(answers, labels, classes).ap


def measure(
    labels: np.ndarray, answers: Sequence[Truth], classes: list[str], split: str, settled: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        labels: truths [n], n ≥ 1.
        answers: all boxes of each photo, however low their scores.
        split: what was measured, for the record.
        settled: the ``threshold`` from which on boxes are shown, and what a guesser learned.

    ``ap`` is the mean over overlaps of 0.5, 0.55, … 0.95, ``ap50`` and ``ap75`` are at one, all of them means over the classes that have
    objects, and 0 where there are none. Each interval is the middle 95 % over resampled photos. ``guess_ap`` is what the mean box of the
    most frequent class would reach in every photo. ``confusion`` has objects in rows and shown boxes in columns, see ``shown.confusion``.
    """
    matches, limit, guessed = matched(labels, answers, classes), threshold(settled), guesses(settled, labels)
    return {
        "split": split,
        "n": len(labels),
        **figures(matches),
        "guess_ap": score(labels, guessed, classes) if guessed else None,
        **shown_counts(labels, answers, classes, limit, matches),
    }


def figures(matches: Sequence[Matches], prefix: str = "") -> dict[str, Any]:
    """AP, AP50 and AP75 with their intervals."""
    content, drawn = dict[str, Any](), average_precisions(matches, once_and_resampled(len(matches[0].objects)))
    for name, overlaps in FIGURES.items():
        first, *others = mean_precision(drawn[..., overlaps])
        content |= {f"{prefix}{name}": float(first), f"{prefix}{name}_interval": percentiles(np.array(others))}
    return content


def shown_counts(
    labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], limit: float, matches: Sequence[Matches], regions: Regions = BOXES
) -> dict[str, Any]:
    """What there is to be found, and how answers do that score ``limit`` or more, class by class.

    Args:
        matches: of the same ``regions``.
    """
    precisions = average_precisions(matches, np.ones((1, len(labels))))[:, 0]
    confused = confusion(labels, answers, classes, limit, regions)
    ground = [{"missed": int(missed), "invented": int(invented)} for missed, invented in zip(confused[:-1, -1], confused[-1])]
    return {
        "objects": int(sum(its.objects.sum() for its in matches)),
        "threshold": limit,
        "empty": _empty(labels, answers, classes, limit),
        "classes": list(classes),
        "per_class": {
            name: {**_of_class(its, at, limit), **beside}
            for name, its, at, beside in zip(classes, matches, precisions, ground, strict=True)
        },
        "confusion": confused.tolist(),
    }


def each(
    labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], regions: Regions = BOXES
) -> np.ndarray:
    """The AP of every photo alone, over the classes that it has; of one without objects 0 where something is shown, else NaN."""
    matches = matched(labels, answers, classes, regions)
    scores = np.full(len(labels), np.nan)
    for photo, answer in enumerate(answers):
        there = [_of_photo(its, photo) for its in matches if its.objects[photo]]
        if there:
            scores[photo] = overall(there)
        elif len(shown_of(answer, classes, threshold(settled), regions)[1]):
            scores[photo] = 0
    return scores


def weighted(
    labels: np.ndarray,
    answers: Sequence[Truth],
    classes: Sequence[str],
    settled: Mapping[str, Any],
    weights: np.ndarray,
    regions: Regions = BOXES,
) -> np.ndarray:
    """AP of the ``regions``, for each row of ``weights`` [b, n]."""
    return mean_precision(average_precisions(matched(labels, answers, classes, regions), weights))


def floor(labels: np.ndarray, classes: Sequence[str], what: str, learned: np.ndarray) -> str:
    """The AP of the mean box of the most frequent class."""
    settled = learned_from(learned, classes)
    if not settled:
        return "No training photo has a box that a guesser could learn from."
    (label,) = settled["guessed"]
    reached = score(labels, guesses(settled, labels), classes)
    return f"The mean box of the most frequent class, {quoted(label)}, would reach an AP of {reached:.3f} on the {what}."


def guessed(report: Mapping[str, Any]) -> float | None:
    """The AP of the mean box of the most frequent class."""
    reached: float | None = report["guess_ap"]
    return reached


def told(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """A table of classes; a sentence with AP, its interval and what a guesser would reach; and how the boxes do that are shown."""
    what = f"{of_split(report['split'])}{report.get('of', 'photos')}"
    yield table_of(report, what)
    if not report["objects"]:
        yield f"AP n/a on {report['n']} {what}: there is no object on them."
    else:
        yield _score_line(report, what)
    yield shown_line(report, "boxes")


def table_of(report: Mapping[str, Any], what: str) -> Table:
    """The classes, one to a line."""
    return table(
        what.capitalize(),
        ("class", "objects", "AP", "AP50", "AP75", "precision", "recall", "F1", "missed", "of nothing"),
        [
            (
                name,
                row["n"],
                *("n/a" if row[figure] is None else f"{row[figure]:.2f}" for figure in FIGURES),
                *(f"{row[column]:.2f}" for column in ("precision", "recall", "f1")),
                *(row.get(column, "–") for column in ("missed", "invented")),
            )
            for name, row in report["per_class"].items()
        ],
    )


def _score_line(report: Mapping[str, Any], what: str) -> str:
    ap, ap50, ap75 = (with_interval(report, name) for name in FIGURES)
    guess = report["guess_ap"]
    floor = "" if guess is None else f"; the mean box of the most frequent class would reach {guess:.3f}"
    return f"AP {ap}, AP50 {ap50}, AP75 {ap75} for {counted(report['objects'], 'object')} on {report['n']} {what}{floor}."


def shown_line(report: Mapping[str, Any], them: str) -> str:
    """How ``them`` do that are shown, such as boxes."""
    table, empty = np.array(report["confusion"]), report["empty"]
    right, among, missed = int(np.trace(table[:-1, :-1])), int(table[:-1, :-1].sum()), int(table[:-1, -1].sum())
    line = (
        f"Of the {them} that score {report['threshold']:.2f} or more, {right} show an object of their class, {among - right} one of "
        f"another and {int(table[-1].sum())} none; {counted(missed, 'object')} {'is' if missed == 1 else 'are'} missed."
    )
    if not empty["n"]:
        return line + " Every photo has an object."
    share, silent = f"{empty['n'] / report['n']:.0%}", f"{empty['right']} of {empty['n']:,}"
    return f"{line} No object is on {share} of the photos, and nothing is shown on {silent} of those."


def _of_class(its: Matches, precisions: np.ndarray, limit: float) -> dict[str, Any]:
    """``precisions``: at every overlap, NaN where there are no objects."""
    counts, there = counted_boxes(its, np.array([limit])), bool(its.objects.any())
    figures = {name: float(precisions[overlaps].mean()) if there else None for name, overlaps in FIGURES.items()}
    rates = {"precision": float(counts.precision[0]), "recall": float(counts.recall[0]), "f1": float(counts.f1[0])}
    return {"n": int(its.objects.sum()), **figures, **rates, "curve": curve(its, HALF)}


def _of_photo(its: Matches, photo: int) -> Matches:
    own = its.photos == photo
    return Matches(its.scores[own], np.zeros(own.sum(), int), its.right[:, own], its.counts[:, own], its.objects[photo : photo + 1])


def _empty(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], limit: float) -> dict[str, int]:
    """Photos without an object, and those of them with which no box is shown."""
    silent = [
        not (boxes_of(answer, classes).scores >= limit).any()
        for truth, answer in zip(labels, answers, strict=True)
        if not len(boxes_of(truth, classes).kinds)
    ]
    return {"n": len(silent), "right": sum(silent)}
