"""Whether an export finds the same boxes as the model it came from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Box, Truth
from tltool.data.geometry import Frame
from tltool.intervals import mcnemar, once_and_resampled, percentiles
from tltool.parity import Flip, Parity, is_constant, require_comparable
from tltool.tasks.detect.answers import NOTHING, said, threshold
from tltool.tasks.detect.decoding import peaks
from tltool.tasks.detect.matches import BOXES, Regions, overlaps_of
from tltool.tasks.detect.measures import SCORE, weighted
from tltool.tasks.detect.shown import confusion, shown_of

MEANING = (
    "for each cell of the map, row by row, a box (y, x, height, width) in shares of the side, its centre as seen from the cell's, and one "
    "score per class, in the order of classes"
)
CALIBRATES = False  # the threshold holds for the scores as they are, in every runtime
SAME = 0.95  # a box whose score lies near the threshold may be shown by one and not by the other
TEMPLATES = (__package__,)
MEDIAPIPE = "ObjectDetector"
CALLER = "Detector"
ROOM = (0.5, 4.0)
UNIT = "pixels"
UNSURE = 0.1  # of a score: a box that is no farther above the threshold may be shown by one and not by the other
PARTNERS = 0.9  # overlap from which on two boxes are the same


def leads(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The distance of the peak that lies nearest to the threshold, of each photo [n]."""
    return np.array([np.abs(peaks(its[:, 4:]) - threshold(settled)).min() for its in outputs])


def apart(expected: Truth, found: Truth, settled: Mapping[str, Any]) -> float:
    """How far a side of a box that either shows surely is from that of the nearest box of its class that the other shows; the width of the
    photo where it shows none."""
    return max(_farthest(expected, found, settled), _farthest(found, expected, settled))


def compare(
    reference: np.ndarray,
    exported: np.ndarray,
    labels: np.ndarray,
    photos: Sequence[str],
    classes: Sequence[str],
    settled: Mapping[str, Any],
    frames: Sequence[Frame] = (),
) -> Parity:
    """Compare outputs [n, cells, 4 + classes] of two models on photos whose truths are ``labels``.

    What they say is ``compared``.

    Raises:
        ExportError: shapes that differ, no photos, or outputs that are not numbers.
    """
    check_outputs(reference, exported, labels)
    ours, theirs = ([*map(parse, said(outputs, classes, settled, frames))] for outputs in (reference, exported))
    facts = compared(labels, ours, theirs, photos, classes, threshold(settled), BOXES)
    return Parity(**gaps(reference, exported), **facts, score=SCORE.name)


def compared(
    labels: np.ndarray,
    ours: Sequence[Truth],
    theirs: Sequence[Truth],
    photos: Sequence[str],
    classes: Sequence[str],
    limit: float,
    regions: Regions,
) -> dict[str, Any]:
    """Of answers, how far the two say the same and how right they are, as fields of ``Parity``.

    They agree on the share of our shown regions that have a partner of their class among theirs, at an overlap of ``PARTNERS``; a photo
    without a region counts as one, which nothing must be shown with. A photo is right where every object is shown and nothing else is;
    McNemar's test counts those that only one of the two gets right.
    """
    partners = [agreed(*pair, classes, limit, regions) for pair in zip(ours, theirs, strict=True)]
    right = [[_is_right(*pair, classes, limit, regions) for pair in zip(labels, its, strict=True)] for its in (ours, theirs)]
    weights = once_and_resampled(len(labels))
    before, after = (weighted(labels, its, classes, {}, weights, regions) for its in (ours, theirs))
    low, high = percentiles(after[1:])
    return {
        "n": len(labels),
        "agreement": sum(part.sum() for part, _ in partners) / sum(len(part) for part, _ in partners),
        "reference_accuracy": float(before[0]),
        "exported_accuracy": float(after[0]),
        "exported_interval": (low, high),
        "mcnemar_p": mcnemar(sum(a and not b for a, b in zip(*right)), sum(b and not a for a, b in zip(*right))),
        "flips": tuple(
            Flip(photos[place], *(in_words(its[place], limit) for its in (labels, ours, theirs)))
            for place, (_, whole) in enumerate(partners)
            if not whole
        ),
    }


def check_outputs(reference: np.ndarray, exported: np.ndarray, labels: np.ndarray) -> None:
    """Raises ``ExportError`` where two models cannot be compared."""
    require_comparable(reference, exported, labels, "find boxes of the same classes on the same photos", "outputs", "boxes")


def gaps(reference: np.ndarray, exported: np.ndarray) -> dict[str, Any]:
    """Of outputs, how far they are apart, as fields of ``Parity``."""
    apart = np.abs(reference.astype(np.float64) - exported.astype(np.float64))
    return {
        "largest_gap": float(apart.max()),
        "mean_gap": float(apart.mean()),
        "moved": float(apart[..., 4:].mean()),
        "constant": is_constant(reference, exported),
    }


def agreed(ours: Truth, theirs: Truth, classes: Sequence[str], limit: float, regions: Regions = BOXES) -> tuple[np.ndarray, bool]:
    """Of every shown region of ``ours`` whether it has a partner, bool [k] with k ≥ 1, and whether all is the same."""
    (one, places), (other, found) = (shown_of(its, classes, limit, regions) for its in (ours, theirs))
    if not len(one.kinds):
        return np.array([not len(other.kinds)]), not len(other.kinds)
    overlaps = overlaps_of(places, found, np.zeros(len(found)))
    same = (overlaps >= PARTNERS) & (one.kinds[:, None] == other.kinds)
    return same.any(axis=1), bool(same.any(axis=1).all() and same.any(axis=0).all())


def in_words(truth: Truth, limit: float) -> str:
    """What is shown: ``2 × cat, dog``."""
    amounts = Counter(box.label for box in truth.boxes if box.score >= limit)
    return ", ".join(f"{n} × {label}" if n > 1 else label for label, n in amounts.items()) or NOTHING


def _farthest(ours: Truth, theirs: Truth, settled: Mapping[str, Any]) -> float:
    limit = threshold(settled)
    partners = [box for box in theirs.boxes if box.score >= limit]
    return max((_to_nearest(box, partners, ours.width) for box in ours.boxes if box.score >= limit + UNSURE), default=0.0)


def _to_nearest(box: Box, partners: Sequence[Box], beyond: float) -> float:
    gaps = [float(np.abs(np.subtract(box.corners, other.corners)).max()) for other in partners if other.label == box.label]
    return min([*gaps, beyond])


def _is_right(truth: Truth, answer: Truth, classes: Sequence[str], limit: float, regions: Regions) -> bool:
    table = confusion([truth], [answer], classes, limit, regions)
    return bool(np.trace(table[:-1, :-1]) == table.sum())
