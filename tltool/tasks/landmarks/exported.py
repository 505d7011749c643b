"""Whether an export finds points where the model does that it came from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.intervals import mcnemar, mean_of
from tltool.parity import Flip, Parity, is_constant, require_comparable
from tltool.tasks.landmarks.answers import as_truths
from tltool.tasks.landmarks.closeness import distances
from tltool.tasks.landmarks.measures import NEAR, SCORE, interval_of

MEANING = (
    "for every point, in the order of classes: x and y in shares of the side of the square that the model sees, from its top left corner, "
    "and how sure of it, 0 to 1"
)
CALIBRATES = False
SAME = 0.99
TEMPLATES = (__package__,)
MEDIAPIPE = ""
CALLER = "PointFinder"
ROOM = (0.5, 4.0)
UNIT = "pixels"
MOVED = 0.01  # of the side of the square: a point that has come so far lies elsewhere


def leads(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """How sure the model is of the point that it is least sure of, of each photo [n]."""
    return outputs[:, :, 2].min(axis=1)


def apart(expected: Truth, found: Truth, settled: Mapping[str, Any]) -> float:
    """How far the points that lie farthest apart are; the width of the photo where one is missing."""
    ours, theirs = ({point.name: (point.x, point.y) for it in its.instances for point in it.points} for its in (expected, found))
    if ours.keys() != theirs.keys():
        return float(expected.width)
    return max((float(np.hypot(*np.subtract(ours[name], theirs[name]))) for name in ours), default=0.0)


def compare(
    reference: np.ndarray,
    exported: np.ndarray,
    labels: np.ndarray,
    photos: Sequence[str],
    classes: Sequence[str],
    settled: Mapping[str, Any],
    frames: Sequence[Frame] = (),
) -> Parity:
    """Compare points [n, k, 3] of two models on photos whose truths are ``labels``.

    ``agreement`` is the share of points that both put within 1 % of the side of one another, ``moved`` by how much of the side they are
    apart on average. The score is closeness, its interval the middle 95 % over resampled photos; McNemar's test counts the photos in which
    only one of the two is off by no more than 0.1 at every marked point.

    Raises:
        ExportError: shapes that differ, no photos, or outputs that are not numbers.
    """
    require_comparable(reference, exported, labels, "find the same points in the same photos", "outputs", "points")
    gaps = np.abs(reference.astype(np.float64) - exported)
    apart = np.hypot(*np.moveaxis(gaps[:, :, :2], 2, 0))  # [n, k]
    ours, theirs = (as_truths(outputs, classes, frames) for outputs in (reference, exported))
    near, far = (distances(labels, answers, classes, settled) for answers in (ours, theirs))
    right, also = ((found.relative <= NEAR["pck_10"]) | np.isnan(found.relative) for found in (near, far))
    right, also = right.all(axis=1), also.all(axis=1)
    low, high = interval_of(far.closeness)
    return Parity(
        n=len(labels),
        agreement=float(np.mean(apart <= MOVED)),
        largest_gap=float(gaps.max()),
        mean_gap=float(gaps.mean()),
        moved=float(apart.mean()),
        constant=is_constant(reference, exported),
        reference_accuracy=mean_of(near.closeness),
        exported_accuracy=mean_of(far.closeness),
        exported_interval=(low, high),
        mcnemar_p=mcnemar(int(np.sum(right & ~also)), int(np.sum(~right & also))),
        flips=tuple(
            Flip(photos[i], *(_place(truth, classes[int(apart[i].argmax())]) for truth in (labels[i], ours[i], theirs[i])))
            for i in np.flatnonzero(apart.max(axis=1) > MOVED).tolist()
        ),
        score=SCORE.name,
    )


def _place(truth: Truth, name: str) -> str:
    """Where the point called ``name`` lies, for people."""
    found = [point for instance in truth.instances for point in instance.points if point.name == name]
    return f"{name} at {found[0].x:.0f}, {found[0].y:.0f}" if found else f"no {name}"
