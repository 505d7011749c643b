"""Answers against the right classes → numbers with intervals, and the same for people."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tltool.intervals import wilson
from tltool.measuring import Score
from tltool.progress import Table, table
from tltool.summary import of_split
from tltool.tasks.classify.report import ClassReport
from tltool.wording import quoted

SCORE = Score("accuracy", "accuracy", of_right=True)
FORM = ClassReport
TOP = 5  # the first so many classes of an answer, where there are more


def score(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str]) -> float:
    """The share of photos [n] whose class has the largest of the probabilities [n, classes]."""
    return float((probabilities.argmax(axis=1) == labels).mean())


def measure(
    labels: np.ndarray, probabilities: np.ndarray, classes: list[str], split: str, settled: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        labels: index of the right class [n], n ≥ 1.
        probabilities: [n, len(classes)]; the largest is the answer.
        classes: names, in the order of the columns.
        split: what was measured, for the record.

    ``accuracy_interval`` is Wilson's 95 % interval. ``macro_f1`` averages over the classes that occur.
    """
    from sklearn.metrics import (  # slow to load, and whoever only tells a report needs none of it
        confusion_matrix,
        precision_recall_fscore_support,
    )

    said, n, names = probabilities.argmax(axis=1), len(labels), np.arange(len(classes))
    precision, recall, f1, count = precision_recall_fscore_support(labels, said, labels=names, zero_division=0)
    hits = int((said == labels).sum())
    return {
        "split": split,
        "n": n,
        "accuracy": hits / n,
        "accuracy_interval": wilson(hits, n),
        "macro_f1": float(f1[count > 0].mean()),
        "weighted_f1": float(np.average(f1, weights=count)),
        "balanced_accuracy": float(recall[count > 0].mean()),
        "top_5": top_share(labels, probabilities),
        "majority_baseline": float(count.max() / n),
        "classes": list(classes),
        "per_class": {
            name: {"precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i]), "n": int(count[i])}
            for i, name in enumerate(classes)
        },
        "confusion": confusion_matrix(labels, said, labels=names).tolist(),
    }


def top_share(labels: np.ndarray, probabilities: np.ndarray) -> float | None:
    """The share of photos [n] whose class is among the ``TOP`` most probable ones of [n, classes]; None where there are no more."""
    from sklearn.metrics import top_k_accuracy_score

    k = probabilities.shape[1]
    return float(top_k_accuracy_score(labels, probabilities, k=TOP, labels=np.arange(k))) if k > TOP else None


def each(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """1 for a photo whose class is named, else 0."""
    return (probabilities.argmax(axis=1) == labels).astype(float)


def weighted(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], weights: np.ndarray
) -> np.ndarray:
    """The share of right answers, for each row of ``weights`` [b, n]."""
    return weights @ each(labels, probabilities, classes, settled) / weights.sum(axis=1)


def floor(labels: np.ndarray, classes: Sequence[str], what: str, learned: np.ndarray) -> str:
    """What always naming the largest class would reach."""
    counts = np.bincount(labels, minlength=len(classes))
    return (
        f"Always naming the largest class, {quoted(classes[int(counts.argmax())])}, would be right on {counts.max() / len(labels):.3f} of "
        f"the {what}."
    )


def guessed(report: Mapping[str, Any]) -> float | None:
    """The accuracy of always naming the largest class."""
    reached: float | None = report["majority_baseline"]
    return reached


def told(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """A table of classes, and one sentence: accuracy, interval, photos, and what always naming the largest class would reach."""
    yield _per_class(report)
    yield _score_line(report)


def _score_line(report: Mapping[str, Any]) -> str:
    """One sentence: accuracy, interval, photos, and what always naming the largest class would reach."""
    low, high = report["accuracy_interval"]
    what = f"{of_split(report['split'])}{report.get('of', 'photos')}"
    return (
        f"Accuracy {report['accuracy']:.3f} (95 % interval {low:.3f}–{high:.3f}) on {report['n']} {what}; "
        f"always naming the largest class would reach {report['majority_baseline']:.3f}."
    )


def _per_class(report: Mapping[str, Any]) -> Table:
    """Precision, recall and F1 of every class."""
    kind = report.get("of", "photos")
    return table(
        f"{of_split(report['split'])}{kind}".capitalize(),
        ("class", kind, "precision", "recall", "F1"),
        [
            (name, row["n"], f"{row['precision']:.2f}", f"{row['recall']:.2f}", f"{row['f1']:.2f}")
            for name, row in report["per_class"].items()
        ],
    )
