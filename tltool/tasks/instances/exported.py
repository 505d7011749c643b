"""Whether an export finds the same masks as the model it came from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.cells import parse
from tltool.data.geometry import Frame
from tltool.parity import Parity
from tltool.tasks.detect.decoding import peaks
from tltool.tasks.detect.exported import CALIBRATES as CALIBRATES, SAME as SAME, TEMPLATES as TEMPLATES, check_outputs, compared, gaps
from tltool.tasks.instances.answers import said, threshold
from tltool.tasks.instances.layout import maps_of
from tltool.tasks.instances.masks import MASKS
from tltool.tasks.instances.measures import SCORE

MEANING = (
    "for each cell of the map, row by row: a box (y, x, height, width) in shares of the side, its centre as seen from the cell's; "
    "a score per class, that an object has its centre there; a probability per class and one of none, of what the cell shows; "
    "and the way (x, y) to the centre of the object that it is part of, in shares of the side"
)


def leads(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The distance of the peak that lies nearest to the threshold, of each photo [n]."""
    return np.array([np.abs(peaks(its) - threshold(settled)).min() for its in maps_of(outputs).peaks])


def answer_in(tf: Any, outputs: Any, classes: Sequence[str], settled: Mapping[str, Any]) -> Any:
    """The class of the highest peak, string [n]; ``tf`` is the tensorflow module."""
    return tf.gather(tf.constant(list(classes)), tf.argmax(tf.reduce_max(maps_of(outputs).peaks, axis=1), axis=-1))


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
