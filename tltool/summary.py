"""The numbers of a ``report.json`` in words, whatever its task."""

from collections.abc import Iterable, Mapping
from typing import Any

from tltool.progress import Table
from tltool.task import task_named

HARDLY = 0.01  # of a score: what brings less than this is not worth the photos


def tell(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """What was measured, for people: tables, then a sentence with the score."""
    yield from task_named(report.get("task", "classify")).measures.told(report)
    if groups := report.get("groups"):
        yield f"{report.get('of', 'photos').capitalize()} of one group are alike, so the interval is over {groups} groups."


def cross_validation_line(report: dict[str, Any]) -> str:
    """One sentence: what was cross-validated, its accuracy and interval."""
    low, high = report["accuracy_interval"]
    return (
        f"Cross-validated in {report['folds']} folds over all {report['n']} photos, a linear head on the frozen backbone reaches "
        f"{report['accuracy']:.3f} ({low:.3f}–{high:.3f})."
    )


def learning_curve_line(curve: Mapping[str, Any], score: str) -> str:
    """One sentence: what twice the photos would likely bring by the ``learning_curve`` of a run, whose score people call ``score``."""
    most, reached = curve["photos"][-1], curve["scores"][-1][0]
    begun = f"A linear head on the frozen backbone reaches a validation {score} of {reached:.3f} from {most:,} training photos"
    low, high = curve["gain_interval"]
    if high < HARDLY:
        return f"{begun}; more photos of this kind would hardly help: twice as many would bring {max(high, 0):.3f} at most."
    return f"{begun}; twice as many would likely bring {curve['gain']:.3f} ({low:.3f} to {high:.3f}).".replace("-", "−")


def of_split(split: str) -> str:
    """The part in front of a noun: ``test `` photos; nothing for all of them."""
    return "" if split == "all" else f"{split} "


def with_interval(report: Mapping[str, Any], key: str) -> str:
    """A number of a report, and where it may lie."""
    return "{:.3f} (95 % interval {:.3f}–{:.3f})".format(report[key], *report[f"{key}_interval"])
