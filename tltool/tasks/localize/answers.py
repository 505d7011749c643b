"""The highest peak is the object."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.truths import Instance, Truth
from tltool.data.geometry import Frame
from tltool.task import Choice
from tltool.tasks.detect.answers import MEASURE as MEASURE, NOTHING as NOTHING, PLACE as PLACE, columns as columns, read as read
from tltool.tasks.detect.decoding import found
from tltool.tasks.detect.guessing import learned_from

SETTLES = True
TILED = False


def said(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Frame] = ()) -> list[str]:
    """Outputs [n, cells, 4 + classes] → the box with the highest score of each photo, in its own pixels, as a cell."""
    return [
        write(Truth(frame.width, frame.height, tuple(map(Instance, found(its, classes, frame, lowest=0)[:1]))))
        for its, frame in zip(outputs, frames, strict=True)
    ]


def shown(answer: Truth, settled: Mapping[str, Any]) -> Truth:
    """The one box, however low its score."""
    return answer


def choose(cell: str, outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[Choice]:
    """The one box."""
    return [Choice(box.label, box.score, box.corners) for box in parse(cell).boxes]


def record(cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
    """The class of the box, its score and its sides, and the ``size`` of the photo it lies in."""
    truth = parse(cell)
    found = [{"label": label, "score": round(score, 6), "box": [round(side, 2) for side in place]} for label, score, place in chosen]
    return {"size": [truth.width, truth.height], **(found[0] if found else {"label": None, "score": 0.0, "box": None})}


def settle(answers: Sequence[Truth], labels: np.ndarray, classes: Sequence[str], learned: np.ndarray) -> dict[str, Any]:
    """What ``guessing`` learned."""
    return learned_from(learned, classes)
