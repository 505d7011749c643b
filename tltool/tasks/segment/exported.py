"""Whether an export finds the same regions as the model it came from."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.data.geometry import IGNORED, Frame
from tltool.intervals import mcnemar, percentiles, resampled
from tltool.parity import Flip, Parity, is_constant, require_comparable
from tltool.tasks.segment.answers import NOTHING, said_maps
from tltool.tasks.segment.class_maps import counted, map_of, paint
from tltool.tasks.segment.measures import SCORE
from tltool.tasks.segment.overlaps import Overlaps, confusion_of, mean_iou, overlaps_of, pixel_accuracy, whole

MEANING = "one map of probabilities per class, in the order of classes, for cells of the square; the largest in a cell is its class"
CALIBRATES = False
SAME = 0.99
TEMPLATES = (__package__,)
MEDIAPIPE = "ImageSegmenter"
CALLER = "Segmenter"
ROOM = (0.01, 0.05)
UNIT = "of the pixels"
TURNED = 0.01  # of a photo's pixels with another class make another answer; a few at the rim of a region are rounding
MOST_NAMED = 3  # classes of a photo


class Compared(NamedTuple):
    """What two models say of one photo.

    Attributes:
        confusions: how the pixels of each class are called by either, as ``overlaps.confusion_of`` has it.
        agreement: the share of pixels of which they say the same, of those that are seen.
        told: what there is to be seen, in truth and by either.
    """

    confusions: tuple[np.ndarray, np.ndarray]
    agreement: float
    told: tuple[str, str, str]


def leads(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """By how much the first class is ahead of the second, the mean over the cells of each photo [n]."""
    ordered = np.sort(outputs, axis=-1)
    return (ordered[..., -1] - ordered[..., -2]).mean(axis=(1, 2))


def apart(expected: Truth, found: Truth, settled: Mapping[str, Any]) -> float:
    """The share of pixels that are of another class."""
    classes = sorted({*expected.labels, *found.labels})
    return float(np.mean(paint(expected, classes) != paint(found, classes)))


def compare(
    reference: np.ndarray,
    exported: np.ndarray,
    labels: np.ndarray,
    photos: Sequence[str],
    classes: Sequence[str],
    settled: Mapping[str, Any],
    frames: Sequence[Frame] = (),
) -> Parity:
    """Compare probabilities [n, h, w, classes] of two models on photos of which each pixel's class is known, at the photos' own size.

    They agree on the share of a photo's pixels to which they give one class; where it is less than 99 %, the photo's answer has changed.
    The score is mean IoU, its interval the middle 95 % over resampled photos. The test is the sign test, which counts the photos of which
    the export gets more pixels right, and less.

    Raises:
        ExportError: shapes that differ, no photos, or scores that are not numbers.
        DataError: the mask of a photo is gone, or has changed.
    """
    must = "score the cells of the same photos for the same classes"
    require_comparable(reference, exported, labels, must, "scores", "probabilities")
    gaps = np.abs(reference.astype(np.float64) - exported.astype(np.float64))
    maps = zip(labels, said_maps(reference, frames), said_maps(exported, frames), strict=True)
    compared = [_compared(*its, classes) for its in maps]
    ours, theirs = (overlaps_of(np.stack(tables)) for tables in zip(*(photo.confusions for photo in compared)))
    same = np.array([photo.agreement for photo in compared])
    low, high = percentiles(mean_iou(whole(theirs, resampled(len(labels)))))
    return Parity(
        n=len(labels),
        agreement=float(same.mean()),
        largest_gap=float(gaps.max()),
        mean_gap=float(gaps.mean()),
        moved=float(gaps.sum(axis=-1).mean() / 2),
        constant=is_constant(reference, exported),
        reference_accuracy=_score(ours),
        exported_accuracy=_score(theirs),
        exported_interval=(low, high),
        mcnemar_p=_sign_test(pixel_accuracy(ours), pixel_accuracy(theirs)),
        flips=tuple(Flip(photos[i], *compared[i].told) for i in np.flatnonzero(same < 1 - TURNED).tolist()),
        score=SCORE.name,
    )


def _compared(truth: Truth, ours: np.ndarray, theirs: np.ndarray, classes: Sequence[str]) -> Compared:
    """One photo by its truth and the class maps, uint8 [height, width], of two models."""
    true, seen = map_of(truth, classes), ours != IGNORED
    first, second = (confusion_of(true, its, len(classes)) for its in (ours, theirs))
    agreement = float((ours == theirs)[seen].mean()) if seen.any() else 1.0
    return Compared((first, second), agreement, (_told(true, classes), _told(ours, classes), _told(theirs, classes)))


def _told(found: np.ndarray, classes: Sequence[str]) -> str:
    """Such as ``road 61 %, sky 30 %``: the classes of the largest shares of a class map."""
    shares = counted(found, len(classes)) / found.size
    order = [i for i in np.argsort(-shares, kind="stable")[:MOST_NAMED] if shares[i]]
    return ", ".join(f"{classes[i]} {100 * shares[i]:.0f} %" for i in order) or NOTHING


def _score(overlaps: Overlaps) -> float:
    return float(mean_iou(whole(overlaps))[0])


def _sign_test(ours: np.ndarray, theirs: np.ndarray) -> float:
    """McNemar's is the sign test on which photos change sides."""
    return mcnemar(int(np.sum(ours > theirs)), int(np.sum(ours < theirs)))
