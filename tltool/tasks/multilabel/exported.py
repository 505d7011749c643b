"""Whether an export names the same labels as the model it came from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.geometry import Frame
from tltool.intervals import mcnemar, mean_of, percentiles, resampled
from tltool.parity import Flip, Parity, is_constant, require_comparable
from tltool.tasks.multilabel.answers import NOTHING, said, thresholds
from tltool.tasks.multilabel.average_precision import macro_average_precision, weighted_precisions
from tltool.tasks.multilabel.cells import MARK
from tltool.tasks.multilabel.measures import SCORE

MEANING = "one probability per label, in the order of classes; every label is named whose probability reaches its threshold"
CALIBRATES = False  # the thresholds hold for the scores as they are, in every runtime
SAME = 0.95  # the more labels, the more often one of them lies so near its threshold that rounding turns it
TEMPLATES = (__package__,)
MEDIAPIPE = "ImageClassifier"
CALLER = "Classifier"


def leads(probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The distance of the probability that lies nearest to its threshold, of each photo [n]."""
    return np.abs(probabilities - thresholds(classes, settled)).min(axis=1)


def answer_in(tf: Any, probabilities: Any, classes: Sequence[str], settled: Mapping[str, Any]) -> Any:
    """The labels that reach their threshold, with ``|`` between them, string [n]; ``tf`` is the tensorflow module."""
    order = np.argsort(np.array(classes, object), kind="stable")
    limits, names = thresholds(classes, settled)[order].astype("float32"), tf.constant([classes[i] for i in order])
    reached = tf.gather(probabilities, order, axis=1) >= limits
    parts = tf.ragged.boolean_mask(tf.broadcast_to(names, tf.shape(reached)), reached)
    return tf.strings.reduce_join(parts, axis=1, separator=MARK)


def compare(
    reference: np.ndarray,
    exported: np.ndarray,
    labels: np.ndarray,
    photos: Sequence[str],
    classes: Sequence[str],
    settled: Mapping[str, Any],
    frames: Sequence[Frame] = (),
) -> Parity:
    """Compare probabilities [n, classes] of two models on photos whose true labels are ``labels``, 0 and 1 [n, classes].

    An answer is right where all labels of a photo are named and no other; McNemar's test counts the photos that only one of the two gets
    right. The score is macro average precision, its interval the middle 95 % over resampled photos.

    Raises:
        ExportError: shapes that differ, no photos, or scores that are not numbers.
    """
    must = "score the same photos for the same labels"
    require_comparable(reference, exported, labels, must, "scores", "probabilities")
    require_comparable(reference, labels, labels, must, "scores", "labels")
    has, gaps = labels.astype(bool), np.abs(reference.astype(np.float64) - exported.astype(np.float64))
    truths, ours, theirs = (np.array(said(scores, classes, settled), object) for scores in (has.astype(float), reference, exported))
    precisions = [mean_of(row) for part in weighted_precisions(has, exported, resampled(len(has))) for row in part]
    low, high = percentiles(np.array(precisions))
    return Parity(
        n=len(labels),
        agreement=float(np.mean(ours == theirs)),
        largest_gap=float(gaps.max()),
        mean_gap=float(gaps.mean()),
        moved=float(gaps.mean()),
        constant=is_constant(reference, exported),
        reference_accuracy=macro_average_precision(has, reference),
        exported_accuracy=macro_average_precision(has, exported),
        exported_interval=(low, high),
        mcnemar_p=mcnemar(int(np.sum((ours == truths) & (theirs != truths))), int(np.sum((ours != truths) & (theirs == truths)))),
        flips=tuple(
            Flip(photos[i], truths[i] or NOTHING, ours[i] or NOTHING, theirs[i] or NOTHING) for i in np.flatnonzero(ours != theirs).tolist()
        ),
        score=SCORE.name,
    )
