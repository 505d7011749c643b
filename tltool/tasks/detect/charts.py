"""Precision over recall, class by class, at two overlaps."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.chart import Curve, Curves, Panel
from tltool.data.annotations.truths import Truth
from tltool.tasks.detect.answers import threshold
from tltool.tasks.detect.average_precision import LEVELS, highest_precisions
from tltool.tasks.detect.matches import BOXES, HALF, OVERLAPS, THREE_QUARTERS, Matches, Regions, matched
from tltool.tasks.detect.shown import counted

Found = Sequence[tuple[int, Matches]]  # places of classes, and how they were found


def chart(
    labels: np.ndarray,
    answers: Sequence[Truth],
    classes: Sequence[str],
    settled: Mapping[str, Any],
    what: str,
    regions: Regions = BOXES,
    them: str = "boxes",
) -> Curves:
    """COCO's curves of the classes that have objects, those with most of them first, and their mean where there are several.

    Args:
        regions, them: what is laid over one another.
    """
    matches = matched(labels, answers, classes, regions)
    found = sorted(((i, its) for i, its in enumerate(matches) if its.objects.any()), key=lambda case: -case[1].objects.sum())
    limit = threshold(settled)
    return Curves(
        f"How exactly objects are found: {them} on {what}",
        f"Each curve goes from the surest of the {them} to the least sure. Dots: those that are shown, from a score of {limit:.2f} on.",
        tuple(_panel(found, classes, overlap, limit if overlap == HALF else None) for overlap in (HALF, THREE_QUARTERS)),
    )


def _panel(found: Found, classes: Sequence[str], overlap: int, limit: float | None) -> Panel:
    curves = {place: highest_precisions(its, overlap) for place, its in found}
    lines = [
        _line(f"{classes[place]}: {curves[place].mean():.2f}, {its.objects.sum()} objects", curves[place], place, _dot(its, limit))
        for place, its in found
    ]
    if len(found) > 1:
        mean = np.mean([*curves.values()], axis=0)
        lines.append(_line(f"mean of {len(found)} classes: {mean.mean():.2f}", mean, None, None))
    name = f"AP{round(100 * OVERLAPS[overlap])}: overlap of {OVERLAPS[overlap]:.2g} or more"
    return Panel(name, "recall: share of the objects that are found", "precision: share of the answers that are right", tuple(lines))


def _line(name: str, precisions: np.ndarray, place: int | None, dot: tuple[float, float] | None) -> Curve:
    """As far as recall goes, and down from there."""
    reached = int(np.count_nonzero(precisions))
    across, up = [*LEVELS[:reached].tolist(), LEVELS[max(reached - 1, 0)]], [*precisions[:reached].tolist(), 0.0]
    return Curve(name, tuple(across), tuple(up), place, dot)


def _dot(its: Matches, limit: float | None) -> tuple[float, float] | None:
    if limit is None:
        return None
    counts = counted(its, np.array([limit]))
    return (float(counts.recall[0]), float(counts.precision[0])) if counts.said[0] else None
