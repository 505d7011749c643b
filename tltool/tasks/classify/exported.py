"""Whether an export names the same classes as the model it came from."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tltool.data.geometry import Frame
from tltool.intervals import mcnemar, wilson
from tltool.parity import Flip, Parity, is_constant, require_comparable

MEANING = "one probability per class, in the order of classes; the largest is the answer"
CALIBRATES = True
SAME = 0.99
TEMPLATES = ()
MEDIAPIPE = "ImageClassifier"
CALLER = "Classifier"
NOTHING = "nothing"  # what an export says that gives every class 0


def leads(probabilities: np.ndarray, classes: Sequence[str] = (), settled: Mapping[str, Any] = MappingProxyType({})) -> np.ndarray:
    """By how much the first class of each photo is ahead of the second [n], of probabilities [n, classes]."""
    ordered = np.sort(probabilities, axis=1)
    return ordered[:, -1] - ordered[:, -2]


def answer_in(tf: Any, probabilities: Any, classes: Sequence[str], settled: Mapping[str, Any]) -> Any:
    """The class with the largest probability, string [n]; ``tf`` is the tensorflow module."""
    return tf.gather(tf.constant(list(classes)), tf.argmax(probabilities, axis=-1))


def compare(
    reference: np.ndarray,
    exported: np.ndarray,
    labels: np.ndarray,
    photos: Sequence[str] = (),
    classes: Sequence[str] = (),
    settled: Mapping[str, Any] = MappingProxyType({}),
    frames: Sequence[Frame] = (),
) -> Parity:
    """Compare probabilities [n, classes] of two models on photos whose true class numbers are ``labels`` [n].

    ``photos`` and ``classes`` are what flipped photos and labels are called; numbers where they are not given. An export that gives every
    class 0 has named none, and is wrong.

    McNemar's test is the exact one: a two-sided binomial test on the photos only one of the two gets right (McNemar,
    "Note on the sampling error of the difference between correlated proportions", Psychometrika 12, 1947).

    Raises:
        ExportError: shapes that differ, no photos, or scores that are not numbers.
    """
    require_comparable(reference, exported, labels, "score the same photos for the same classes", "scores", "probabilities")
    photos = list(photos) or [str(i) for i in range(len(labels))]
    classes = list(classes) or [str(i) for i in range(reference.shape[1])]
    ours, theirs = reference.argmax(axis=1), np.where(exported.any(axis=1), exported.argmax(axis=1), -1)
    gaps = np.abs(reference.astype(np.float64) - exported.astype(np.float64))
    return Parity(
        n=len(labels),
        agreement=float(np.mean(ours == theirs)),
        largest_gap=float(gaps.max()),
        mean_gap=float(gaps.mean()),
        moved=float(gaps.sum(axis=1).mean() / 2),
        constant=is_constant(reference, exported) or _says_one(exported, ours, theirs, labels),
        reference_accuracy=float(np.mean(ours == labels)),
        exported_accuracy=float(np.mean(theirs == labels)),
        exported_interval=tuple(wilson(int(np.sum(theirs == labels)), len(labels))),  # type: ignore[arg-type]
        mcnemar_p=_mcnemar(ours == labels, theirs == labels),
        flips=tuple(
            Flip(photos[i], classes[int(labels[i])], classes[ours[i]], classes[theirs[i]] if theirs[i] >= 0 else NOTHING)
            for i in np.flatnonzero(ours != theirs)
        ),
    )


def _says_one(exported: np.ndarray, ours: np.ndarray, theirs: np.ndarray, labels: np.ndarray) -> bool:
    """Whether every photo gets nothing at all, or one label where the reference has several and is right with others than that on two
    photos or more: a single one is no evidence."""
    rightly_others = int(np.sum((ours == labels) & (ours != theirs[0])))
    same_label = len(np.unique(theirs)) == 1 < len(np.unique(ours)) and rightly_others > 1
    return bool(not exported.any() or same_label)


def _mcnemar(ours_right: np.ndarray, theirs_right: np.ndarray) -> float:
    return mcnemar(int(np.sum(ours_right & ~theirs_right)), int(np.sum(~ours_right & theirs_right)))
