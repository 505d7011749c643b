"""Whether an export finds the same masks as the model it came from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.parity import Parity
from tltool.tasks.detect.decoding import peaks
from tltool.tasks.detect.exported import CALIBRATES as CALIBRATES, SAME as SAME, TEMPLATES as THEIRS, UNSURE, check_outputs, compared, gaps
from tltool.tasks.detect.matches import overlaps_of
from tltool.tasks.detect.shown import shown_of
from tltool.tasks.instances.answers import said, threshold
from tltool.tasks.instances.layout import maps_of
from tltool.tasks.instances.masks import MASKS
from tltool.tasks.instances.measures import SCORE

TEMPLATES = (__package__, *THEIRS)
MEDIAPIPE = ""
CALLER = "ObjectFinder"
ROOM = (0.2, 0.5)  # of few pixels one is much
UNIT = "of an object"
MEANING = (
    "for each cell of the map, row by row: a box (y, x, height, width) in shares of the side, its centre as seen from the cell's; "
    "a score per class, that an object has its centre there; a probability per class and one of none, of what the cell shows; "
    "and the way (x, y) to the centre of the object that it is part of, in shares of the side"
)


def leads(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The distance of the peak that lies nearest to the threshold, of each photo [n]."""
    return np.array([np.abs(peaks(its) - threshold(settled)).min() for its in maps_of(outputs).peaks])


def apart(expected: Truth, found: Truth, settled: Mapping[str, Any]) -> float:
    """The largest share of an object that either shows surely which the other's best object of its class leaves out or adds: 1 − IoU."""
    limit = threshold(settled)
    return max(_unmatched(expected, found, limit), _unmatched(found, expected, limit))


def compare(
    reference: np.ndarray,
    exported: np.ndarray,
    labels: np.ndarray,
    photos: Sequence[str],
    classes: Sequence[str],
    settled: Mapping[str, Any],
    frames: Sequence[Frame] = (),
) -> Parity:
    """Compare outputs [n, cells, 2 · classes + 7] of two models on photos whose truths are ``labels``, as ``detect.exported.compared``
    has it, by their masks.

    Raises:
        ExportError: shapes that differ, no photos, or outputs that are not numbers.
    """
    check_outputs(reference, exported, labels)
    ours, theirs = ([*map(parse, said(outputs, classes, settled, frames))] for outputs in (reference, exported))
    facts = compared(labels, ours, theirs, photos, classes, threshold(settled), MASKS)
    return Parity(**gaps(reference, exported), **facts, score=SCORE.name)


def _unmatched(ours: Truth, theirs: Truth, limit: float) -> float:
    classes = sorted({*ours.labels, *theirs.labels})
    (one, places), (other, found) = shown_of(ours, classes, limit + UNSURE, MASKS), shown_of(theirs, classes, limit, MASKS)
    if not len(one.kinds):
        return 0.0
    shared = np.where(one.kinds[:, None] == other.kinds, overlaps_of(places, found, np.zeros(len(found))), 0)
    return float(1 - shared.max(axis=1, initial=0).min())
