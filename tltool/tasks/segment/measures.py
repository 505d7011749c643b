"""Answers against the true class of every pixel → numbers with intervals, beside what guessing would reach; and the same for people."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.intervals import percentiles, resampled
from tltool.measuring import Score
from tltool.progress import Table, table
from tltool.summary import of_split, with_interval
from tltool.tasks.segment.answers import GUESS, shares_of
from tltool.tasks.segment.class_maps import map_of, paint, pixels_of
from tltool.tasks.segment.overlaps import Overlaps, confusion_of, iou, mean_iou, overlaps_of, pixel_accuracy, whole
from tltool.tasks.segment.report import RegionReport
from tltool.threads import in_order
from tltool.wording import quoted

SCORE = Score("miou", "mean IoU")
FORM = RegionReport


def score(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str]) -> float:
    """Mean IoU at the photos' own size, over the classes that occur."""
    return float(mean_iou(whole(overlaps_of(confusions(labels, answers, classes))))[0])


def measure(
    labels: np.ndarray, answers: Sequence[Truth], classes: list[str], split: str, settled: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        labels: a ``Truth`` for each photo, n ≥ 1.
        answers: of the same photos.
        split: what was measured, for the record.
        settled: ``guess``, the share that each class has of the training pixels; where it is not there, these photos are guessed from.

    ``miou`` is the mean over the classes that occur of the pixels of all photos together, and ``pixel_accuracy`` the share of pixels that
    are called what they are. Each interval is the middle 95 % over resampled photos. ``confusion`` says how many pixels of class i were
    called j, [i][j]; those that the model did not see are missing there, and count as wrong.
    """
    found = confusions(labels, answers, classes)
    overlaps = overlaps_of(found)
    once, drawn = whole(overlaps), whole(overlaps, resampled(len(labels)))
    return {
        "split": split,
        "n": len(labels),
        "miou": float(mean_iou(once)[0]),
        "miou_interval": percentiles(mean_iou(drawn)),
        "pixel_accuracy": float(pixel_accuracy(once)[0]),
        "pixel_accuracy_interval": percentiles(pixel_accuracy(drawn)),
        "guess": _guess(once.true[0], classes, settled),
        "classes": list(classes),
        "per_class": _per_class(overlaps, classes),
        "confusion": found[:, :, :-1].sum(axis=0).tolist(),
    }


def confusions(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str]) -> np.ndarray:
    """``overlaps.confusion_of`` every photo, int64 [n, classes, classes + 1]."""

    def confusion(case: tuple[Truth, Truth]) -> np.ndarray:
        return confusion_of(map_of(case[0], classes), paint(case[1], classes), len(classes))

    return np.stack([*in_order(confusion, zip(labels, answers, strict=True))])


def each(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The mean IoU of every photo alone, over the classes that occur in it; NaN where no pixel's class is known."""
    overlaps = overlaps_of(confusions(labels, answers, classes))
    return np.where(overlaps.true.any(axis=1), mean_iou(overlaps), np.nan)


def weighted(
    labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], weights: np.ndarray
) -> np.ndarray:
    """Mean IoU, for each row of ``weights`` [b, n]."""
    return mean_iou(whole(overlaps_of(confusions(labels, answers, classes)), weights))


def floor(labels: np.ndarray, classes: Sequence[str], what: str, learned: np.ndarray) -> str:
    """What calling every pixel the class of most training pixels would reach."""
    true = sum((pixels_of(truth, classes) for truth in labels), np.zeros(len(classes), np.int64))
    guess = _guess(true, classes, {GUESS: dict(zip(classes, shares_of(learned, classes).tolist()))})
    return f"Calling every pixel {quoted(guess['label'])} would reach a mean IoU of {guess['miou']:.3f} on the {what}."


def guessed(report: Mapping[str, Any]) -> float | None:
    """The mean IoU of calling every pixel one class."""
    reached: float | None = report["guess"]["miou"]
    return reached


def told(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """A table of classes, and two sentences: mean IoU and pixels with their intervals, and what guessing would reach."""
    what, guess = f"{of_split(report['split'])}{report.get('of', 'photos')}", report["guess"]
    pixels = max(1, sum(row["pixels"] for row in report["per_class"].values()))
    yield table(
        what.capitalize(),
        ("class", "photos", "of the pixels", "IoU", "precision", "recall"),
        [
            (
                name,
                row["n"],
                f"{row['pixels'] / pixels:.1%}",
                "–" if row["iou"] is None else f"{row['iou']:.2f}",
                f"{row['precision']:.2f}",
                f"{row['recall']:.2f}",
            )
            for name, row in report["per_class"].items()
        ],
    )
    yield (
        f"Mean IoU {with_interval(report, 'miou')} on {report['n']} {what}; calling every pixel {quoted(guess['label'])} would reach "
        f"{guess['miou']:.3f}."
    )
    yield f"Pixels called right: {with_interval(report, 'pixel_accuracy')}; by that guess {guess['pixel_accuracy']:.3f}."


def _guess(true: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> dict[str, Any]:
    """What naming one class everywhere would reach where each class has so many pixels, ``true`` [classes]."""
    learned = settled.get(GUESS)
    weights = true if learned is None else np.array([learned.get(name, 0.0) for name in classes])
    said = np.zeros_like(true)
    said[weights.argmax()] = true.sum()
    overlaps = Overlaps(*(part[None] for part in (np.minimum(true, said), true, said)))
    return {
        "label": classes[int(weights.argmax())],
        "miou": float(mean_iou(overlaps)[0]),
        "pixel_accuracy": float(pixel_accuracy(overlaps)[0]),
    }


def _per_class(overlaps: Overlaps, classes: Sequence[str]) -> dict[str, Any]:
    """Of every class: photos that show it, pixels, IoU (None where there are none), precision and recall of pixels."""
    once = whole(overlaps)
    (hits, true, said), (each,), photos = (part[0] for part in once), iou(once), (overlaps.true > 0).sum(axis=0)
    return {
        name: {
            "n": int(photos[i]),
            "pixels": int(true[i]),
            "iou": float(each[i]) if true[i] else None,
            "precision": float(hits[i] / max(1, said[i])),
            "recall": float(hits[i] / max(1, true[i])),
        }
        for i, name in enumerate(classes)
    }
