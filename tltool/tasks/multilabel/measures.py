"""Answers against the right labels → numbers with intervals, beside what guessing would reach; and the same for people."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tltool.intervals import mean_of, percentiles, resampled
from tltool.measuring import Score
from tltool.progress import Table, table
from tltool.summary import of_split, with_interval
from tltool.tasks.multilabel.answers import thresholds
from tltool.tasks.multilabel.average_precision import average_precision, macro_average_precision, weighted_precisions
from tltool.tasks.multilabel.report import LabelReport

SCORE = Score("macro_ap", "macro average precision")
FORM = LabelReport


def score(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> float:
    """Macro average precision of probabilities [n, classes], of labels 0 and 1 [n, classes]."""
    return macro_average_precision(labels.astype(bool), probabilities)


def measure(
    labels: np.ndarray, probabilities: np.ndarray, classes: list[str], split: str, settled: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        labels: which of the ``classes`` each photo has, 0 and 1 [n, classes], n ≥ 1.
        probabilities: [n, classes].
        split: what was measured, for the record.
        settled: the ``thresholds`` from which on a label is named.

    ``macro_ap`` and ``macro_f1`` are means over the labels that occur, ``micro_f1`` counts all decisions together, and ``exact`` is the
    share of photos that are named all their labels and no other. Each interval is the middle 95 % over resampled photos. A guesser's
    average precision is the ``base_rate``; who says yes to every label has the F1 of ``all_yes``.
    """
    has, limits = labels.astype(bool), thresholds(classes, settled)
    named = probabilities >= limits
    weights, all_yes = resampled(len(has)), _f1(has, np.ones_like(has), np.ones((1, len(has))))
    macro, micro = _f1(has, named, weights)
    once = _f1(has, named, np.ones((1, len(has))))
    occurring = has.any(axis=0)
    return {
        "split": split,
        "n": len(has),
        "macro_ap": score(labels, probabilities, classes),
        "macro_ap_interval": percentiles(weighted(labels, probabilities, classes, settled, weights)),
        "base_rate": float(has.mean(axis=0)[occurring].mean()) if occurring.any() else 0.0,
        "macro_f1": float(once[0][0]),
        "macro_f1_interval": percentiles(macro),
        "micro_f1": float(once[1][0]),
        "micro_f1_interval": percentiles(micro),
        "all_yes": {"macro_f1": float(all_yes[0][0]), "micro_f1": float(all_yes[1][0])},
        "exact": float((named == has).all(axis=1).mean()),
        "classes": list(classes),
        "per_label": _per_label(has, named, probabilities, classes, limits),
    }


def each(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """1 for a photo that is named all its labels and no other, else 0."""
    return ((probabilities >= thresholds(classes, settled)) == labels.astype(bool)).all(axis=1).astype(float)


def weighted(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], weights: np.ndarray
) -> np.ndarray:
    """Macro average precision, for each row of ``weights`` [b, n]."""
    return np.array([mean_of(row) for part in weighted_precisions(labels.astype(bool), probabilities, weights) for row in part])


def floor(labels: np.ndarray, classes: Sequence[str], what: str, learned: np.ndarray) -> str:
    """The average precision of a guesser, and the F1 of who always says yes."""
    has = labels.astype(bool)
    yes, _ = _f1(has, np.ones_like(has), np.ones((1, len(has))))
    return (
        f"Guessing would reach a macro average precision of {mean_of(has.mean(axis=0)[has.any(axis=0)]):.3f} on the {what}, and naming "
        f"every label a macro F1 of {yes[0]:.3f}."
    )


def guessed(report: Mapping[str, Any]) -> float | None:
    """The mean share of photos that have a label."""
    reached: float | None = report["base_rate"]
    return reached


def told(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """A table of labels, and two sentences: average precision and F1 with their intervals, and what guessing would reach."""
    what = f"{of_split(report['split'])}{report.get('of', 'photos')}"
    yield table(
        what.capitalize(),
        ("label", "photos", "base rate", "average precision", "precision", "recall", "F1", "named from"),
        [
            (
                name,
                row["n"],
                f"{row['base_rate']:.2f}",
                "–" if row["ap"] is None else f"{row['ap']:.2f}",
                *(f"{row[column]:.2f}" for column in ("precision", "recall", "f1", "threshold")),
            )
            for name, row in report["per_label"].items()
        ],
    )
    yield (
        f"Macro average precision {with_interval(report, 'macro_ap')} on {report['n']} {what}; guessing would reach "
        f"{report['base_rate']:.3f}."
    )
    yield (
        f"Macro F1 {with_interval(report, 'macro_f1')}, micro F1 {with_interval(report, 'micro_f1')}; naming every label would reach "
        f"{report['all_yes']['macro_f1']:.3f} and {report['all_yes']['micro_f1']:.3f}. All labels of a photo are right for "
        f"{report['exact']:.1%} of them."
    )


def _per_label(has: np.ndarray, named: np.ndarray, scores: np.ndarray, classes: Sequence[str], limits: np.ndarray) -> dict[str, Any]:
    """Of every label: photos that have it, average precision (None where none has it), precision, recall and F1 of its threshold."""
    hits, precisions = (has & named).sum(axis=0), average_precision(has, scores)
    counts, given = has.sum(axis=0), named.sum(axis=0)
    return {
        name: {
            "n": int(counts[i]),
            "base_rate": float(has[:, i].mean()),
            "ap": float(precisions[i]) if counts[i] else None,
            "precision": float(hits[i] / max(1, given[i])),
            "recall": float(hits[i] / max(1, counts[i])),
            "f1": float(2 * hits[i] / max(1, counts[i] + given[i])),
            "threshold": float(limits[i]),
        }
        for i, name in enumerate(classes)
    }


def _f1(has: np.ndarray, named: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Macro and micro F1 for each row of ``weights`` [b, n] of the photos, float64 [b] each; macro over the labels that occur there."""
    hits, there, given = (weights @ part.astype(np.float64) for part in (has & named, has, named))  # [b, labels]
    each = np.divide(2 * hits, there + given, out=np.zeros_like(hits), where=there + given > 0)
    occur = np.maximum(1, (there > 0).sum(axis=1))
    macro = np.where(there > 0, each, 0).sum(axis=1) / occur
    return macro, 2 * hits.sum(axis=1) / np.maximum(1, (there + given).sum(axis=1))
