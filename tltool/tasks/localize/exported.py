"""Whether an export locates the object where the model does that it came from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.intervals import mcnemar, percentiles, resampled
from tltool.parity import Flip, Parity
from tltool.tasks.detect.exported import (
    CALIBRATES as CALIBRATES,
    MEANING as MEANING,
    MEDIAPIPE as MEDIAPIPE,
    ROOM as ROOM,
    TEMPLATES as THEIRS,
    UNIT as UNIT,
    agreed,
    check_outputs,
    gaps,
)
from tltool.tasks.localize.answers import NOTHING, said
from tltool.tasks.localize.measures import SCORE, located

SAME = 0.99
TEMPLATES = (__package__, *THEIRS)
CALLER = "Locator"


def leads(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """By how much the highest score of each photo is ahead of the second [n]."""
    ordered = np.sort(outputs[..., 4:].reshape(len(outputs), -1), axis=1)
    return ordered[:, -1] - (ordered[:, -2] if ordered.shape[1] > 1 else 0)


def apart(expected: Truth, found: Truth, settled: Mapping[str, Any]) -> float:
    """How far the sides of the two boxes are apart; the width of the photo where they are of two classes, or one is missing."""
    ours, theirs = expected.boxes[:1], found.boxes[:1]
    if [box.label for box in ours] != [box.label for box in theirs]:
        return float(expected.width)
    return max((float(np.abs(np.subtract(one.corners, other.corners)).max()) for one, other in zip(ours, theirs)), default=0.0)


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

    They agree where both boxes are of one class and overlap by 0.9. A photo is right where box and object overlap by more than a half;
    McNemar's test counts those that only one of the two gets right.

    Raises:
        ExportError: shapes that differ, no photos, or outputs that are not numbers.
    """
    check_outputs(reference, exported, labels)
    ours, theirs = ([*map(parse, said(outputs, classes, settled, frames))] for outputs in (reference, exported))
    same = [agreed(*pair, classes, 0)[1] for pair in zip(ours, theirs, strict=True)]
    before, after = (located(labels, its, classes).scores for its in (ours, theirs))
    low, high = percentiles(resampled(len(labels)) @ after / len(labels))
    return Parity(
        n=len(labels),
        agreement=float(np.mean(same)),
        **gaps(reference, exported),
        reference_accuracy=float(before.mean()),
        exported_accuracy=float(after.mean()),
        exported_interval=(low, high),
        mcnemar_p=mcnemar(int(np.sum((before > 0.5) & (after <= 0.5))), int(np.sum((before <= 0.5) & (after > 0.5)))),
        flips=tuple(
            Flip(photos[place], *(_in_words(its[place]) for its in (labels, ours, theirs)))
            for place, is_same in enumerate(same)
            if not is_same
        ),
        score=SCORE.name,
    )


def _in_words(truth: Truth) -> str:
    """``cat at 10, 20, 110, 90``."""
    return ", ".join(f"{box.label} at {', '.join(f'{side:.0f}' for side in box.corners)}" for box in truth.boxes[:1]) or NOTHING
