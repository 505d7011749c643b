"""A table of predictions → numbers with intervals. Every number of a report comes from that table."""

from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from tltool.intervals import wilson


def measure(true: np.ndarray, probabilities: np.ndarray, classes: list[str], split: str) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        true: index of the right class [n], n ≥ 1.
        probabilities: [n, len(classes)]; the largest is the answer.
        classes: names, in the order of the columns.
        split: what was measured, for the record.

    ``accuracy_interval`` is Wilson's 95 % interval. ``macro_f1`` averages over the classes that occur.
    """
    said, n, names = probabilities.argmax(axis=1), len(true), np.arange(len(classes))
    precision, recall, f1, count = precision_recall_fscore_support(true, said, labels=names, zero_division=0)
    hits = int((said == true).sum())
    return {
        "split": split,
        "n": n,
        "accuracy": hits / n,
        "accuracy_interval": wilson(hits, n),
        "macro_f1": float(f1[count > 0].mean()),
        "majority_baseline": float(count.max() / n),
        "classes": list(classes),
        "per_class": {
            name: {"precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i]), "n": int(count[i])}
            for i, name in enumerate(classes)
        },
        "confusion": confusion_matrix(true, said, labels=names).tolist(),
    }
