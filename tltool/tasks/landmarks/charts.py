"""How many points are off by no more than an error."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.chart import Curve, Curves, Panel
from tltool.data.annotations.truths import Truth
from tltool.tasks.landmarks.closeness import distances, normaliser
from tltool.tasks.landmarks.guess import from_settled, guess

ENDS = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)  # of the axis: the first within which nearly all points lie
NEARLY_ALL = 0.97


def chart(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], what: str) -> Curves:
    """A curve of all points, one of each, and what the mean shape reaches."""
    errors, shape = distances(labels, answers, classes, settled).relative, from_settled(settled, classes)
    known = errors[np.isfinite(errors)]
    end = next((end for end in ENDS if np.mean(known <= end) >= NEARLY_ALL), ENDS[-1]) if len(known) else ENDS[0]
    lines = [_line(name, errors[:, place], place, end) for place, name in enumerate(classes)]
    floor = None
    if shape is not None:
        guessed = distances(labels, guess(labels, shape, classes), classes, settled).relative
        floor = _line("the mean shape, without looking", guessed, None, end)
    return Curves(
        f"How near points are found on {what}",
        f"The further to the left a curve rises, the better. Errors in shares of {normaliser(settled)}.",
        (Panel("", "error", "share of the points that are off by no more", (*lines, _line("all points", errors, None, end)), end, floor),),
    )


def _line(name: str, errors: np.ndarray, place: int | None, end: float) -> Curve:
    """Steps: the share of the marked points whose error is as small or smaller, as far as ``end``."""
    ordered = np.sort(errors[np.isfinite(errors)])
    within = ordered[ordered <= end]
    shares = np.arange(len(within) + 1) / max(1, len(ordered))
    across = np.concatenate([[0], np.repeat(within, 2), [end]])
    said = f"{name}: mean {ordered.mean():.3f}" if len(ordered) else f"{name}: marked nowhere"
    return Curve(said, tuple(across.tolist()), tuple(np.repeat(shares, 2).tolist()), place)
