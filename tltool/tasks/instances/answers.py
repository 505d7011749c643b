"""Every peak that pixels join is an object; on the validation photos it is settled which of them are shown."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.masks import RunLengths
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.data.tiles import Tiling
from tltool.task import Choice
from tltool.tasks.detect.answers import (
    MEASURE as MEASURE,
    NOTHING as NOTHING,
    PLACE as PLACE,
    SETTLES as SETTLES,
    TILED as TILED,
    UNSETTLED,
    choose as choose,
    columns as columns,
    read as read,
    shown as shown,
    threshold as threshold,
)
from tltool.tasks.detect.guessing import learned_from
from tltool.tasks.detect.joining import joined
from tltool.tasks.detect.matches import matched
from tltool.tasks.detect.shown import best_threshold
from tltool.tasks.instances.grouping import grouped
from tltool.tasks.instances.masks import MASKS
from tltool.threads import in_order


def said(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Frame] = ()) -> list[str]:
    """Outputs [n, cells, 2 · classes + 7] → the objects of each photo in its own pixels, however low their scores, as a cell: each with
    its mask, and the box around it."""
    cases = zip(outputs, frames, strict=True)
    found = in_order(lambda case: grouped(case[0], classes, case[1]), cases)
    return [write(Truth(frame.width, frame.height, tuple(its))) for its, frame in zip(found, frames, strict=True)]


def merged(answers: Sequence[Truth], tiling: Tiling) -> Truth:
    """The objects of all tiles in pixels of the photo, each of them once by its mask, see ``detect.joining``."""
    return joined(answers, tiling, MASKS)


def record(cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
    """The ``objects`` that are shown, each with its box and its mask as COCO's run lengths, and the ``size`` of the photo they lie in."""
    truth = picked(cell, chosen)
    objects = [
        {
            "label": box.label,
            "score": round(box.score, 6),
            "box": [round(side, 2) for side in box.corners],
            "mask": {"size": [truth.height, truth.width], "counts": mask.counts if isinstance(mask, RunLengths) else ""},
        }
        for box, mask, _ in truth.instances
    ]
    return {"size": [truth.width, truth.height], "objects": objects}


def picked(cell: str, chosen: Sequence[Choice]) -> Truth:
    """Of an answer, the objects that were chosen."""
    answer, wanted = parse(cell), {(label, place) for label, _, place in chosen}
    return Truth(answer.width, answer.height, tuple(it for it in answer.instances if (it.box.label, it.box.corners) in wanted))


def settle(answers: Sequence[Truth], labels: np.ndarray, classes: Sequence[str], learned: np.ndarray) -> dict[str, Any]:
    """``threshold``: the score from which on objects are shown, see ``best_threshold``; and what ``detect.guessing`` learned."""
    found = best_threshold(matched(labels, answers, classes, MASKS), UNSETTLED)
    return {"threshold": {"score": found}, **learned_from(learned, classes)}
