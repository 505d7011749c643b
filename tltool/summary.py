"""The numbers of a ``report.json`` in words: sentences and a table for people."""

from typing import Any

from tltool.progress import Table, table


def accuracy_line(report: dict[str, Any]) -> str:
    """One sentence: accuracy, interval, photos, and what always naming the largest class would reach."""
    low, high = report["accuracy_interval"]
    what = f"{_named(report['split'])}{report.get('of', 'photos')}"
    return (
        f"Accuracy {report['accuracy']:.3f} (95 % interval {low:.3f}–{high:.3f}) on {report['n']} {what}; "
        f"always naming the largest class would reach {report['majority_baseline']:.3f}."
    )


def cross_validation_line(report: dict[str, Any]) -> str:
    """One sentence: what was cross-validated, its accuracy and interval."""
    low, high = report["accuracy_interval"]
    return (
        f"Cross-validated in {report['folds']} folds over all {report['n']} photos, a linear head on the frozen backbone reaches "
        f"{report['accuracy']:.3f} ({low:.3f}–{high:.3f})."
    )


def _named(split: str) -> str:
    return "" if split == "all" else f"{split} "


def per_class(report: dict[str, Any]) -> Table:
    """Precision, recall and F1 of every class."""
    kind = report.get("of", "photos")
    return table(
        f"{_named(report['split'])}{kind}".capitalize(),
        ("class", kind, "precision", "recall", "F1"),
        [
            (name, row["n"], f"{row['precision']:.2f}", f"{row['recall']:.2f}", f"{row['f1']:.2f}")
            for name, row in report["per_class"].items()
        ],
    )
