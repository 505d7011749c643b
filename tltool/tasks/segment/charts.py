"""The overlap of every class as a bar."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.chart import Bar, Bars
from tltool.data.annotations.truths import Truth
from tltool.tasks.segment.measures import confusions
from tltool.tasks.segment.overlaps import iou, mean_iou, overlaps_of, whole


def chart(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], what: str) -> Bars:
    """A bar for every class, the best one first; those that do not occur come last."""
    together = whole(overlaps_of(confusions(labels, answers, classes)))
    numbers, pixels = iou(together)[0], together.true[0] / max(1, together.true.sum())
    order = np.argsort(-np.nan_to_num(numbers, nan=-1), kind="stable").tolist()
    return Bars(
        f"How far the regions of each class lie on the true ones on {what}",
        "Overlap: pixels that are both of the class and called so, over those that are either. Beside it, how much of the photos is of it.",
        "overlap (IoU)",
        tuple(Bar(classes[i], None if np.isnan(numbers[i]) else float(numbers[i]), f"{pixels[i]:.1%} of the pixels", i) for i in order),
        float(mean_iou(together)[0]),
    )
