"""In how many photos box and object overlap by as much or more."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.chart import Curve, Curves, Panel
from tltool.data.annotations.truths import Truth
from tltool.tasks.detect.guessing import guesses
from tltool.tasks.localize.measures import located


def chart(labels: np.ndarray, answers: Sequence[Truth], classes: Sequence[str], settled: Mapping[str, Any], what: str) -> Curves:
    """A curve of all photos, one of each class where there are several, and what the mean box reaches."""
    found, guessed = located(labels, answers, classes), guesses(settled, labels)
    lines = [_line("all photos", found.scores, None)]
    if len(classes) > 1:
        kinds = sorted(set(found.kinds.tolist()) - {-1}, key=lambda kind: -np.sum(found.kinds == kind))
        lines += [_line(classes[kind], found.scores[found.kinds == kind], kind) for kind in kinds]
    floor = _line("the mean training box, without looking", located(labels, guessed, classes).scores, None) if guessed else None
    return Curves(
        f"How exactly the object is located on {what}",
        "The further to the right a curve stays high, the better. Overlap: intersection over union, 0 where the class is wrong.",
        (Panel("", "overlap (IoU) of box and object", "share of the photos with as much or more", tuple(lines), guess=floor),),
    )


def _line(name: str, scores: np.ndarray, place: int | None) -> Curve:
    """Steps: of n photos the share whose score is as high or higher, from 0 to 1."""
    ordered, shares = np.sort(scores), 1 - np.arange(len(scores) + 1) / len(scores)
    across = np.concatenate([[0], np.repeat(ordered, 2), [1]])
    said = f"{name}: mean {scores.mean():.2f}, {len(scores)} photos"
    return Curve(said, tuple(across.tolist()), tuple(np.repeat(shares, 2).tolist()), place)
