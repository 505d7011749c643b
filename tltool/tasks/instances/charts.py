"""Precision over recall as for boxes, by masks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.chart import Curves
from tltool.data.annotations.truths import Truth
from tltool.tasks.detect import charts
from tltool.tasks.instances.masks import MASKS


def chart(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], what: str) -> Curves:
    """``detect.charts.chart`` of masks."""
    return charts.chart(labels, answers, classes, settled, what, MASKS, "masks")
