"""Every peak is a box; on the validation photos it is settled which of them are shown, and whether those that say the same are one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.truths import Instance, Truth
from tltool.data.geometry import Frame
from tltool.data.tiles import Tiling
from tltool.task import Choice
from tltool.tasks.detect.boxes import suppressed
from tltool.tasks.detect.decoding import found
from tltool.tasks.detect.doubles import APART, best_trial
from tltool.tasks.detect.guessing import learned_from
from tltool.tasks.detect.joining import joined
from tltool.tasks.detect.matches import BOXES
from tltool.tasks.detect.shown import best_threshold

if TYPE_CHECKING:
    import pandas

NOTHING = "no object"
MEASURE = "score"
PLACE = ("left", "top", "right", "bottom")
SETTLES = True
TILED = True
UNSETTLED = 0.3  # the threshold of a model that was interrupted before one was chosen


def said(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Frame] = ()) -> list[str]:
    """Outputs [n, cells, 4 + classes] → the boxes of each photo in its own pixels, however low their scores, as a cell."""
    limit = settled.get("suppression", {}).get("overlap", APART)
    return [
        write(Truth(frame.width, frame.height, tuple(Instance(box) for box in suppressed(found(its, classes, frame), limit))))
        for its, frame in zip(outputs, frames, strict=True)
    ]


def columns(outputs: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """Nothing: the boxes hold all that is measured."""
    return {}


def read(predictions: "pandas.DataFrame", classes: Sequence[str]) -> list[Truth]:
    """The boxes of every photo, with their scores."""
    return [*map(parse, predictions["predicted"])]


def merged(answers: Sequence[Truth], tiling: Tiling) -> Truth:
    """The boxes of all tiles in pixels of the photo, each object once, see ``joining``."""
    return joined(answers, tiling, BOXES)


def shown(answer: Truth, settled: Mapping[str, Any]) -> Truth:
    """The objects whose score reaches the threshold."""
    certain = tuple(it for it in answer.instances if it.box.score >= threshold(settled))
    return Truth(answer.width, answer.height, certain)


def choose(cell: str, outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[Choice]:
    """The boxes whose score reaches the threshold, or the ``top`` highest."""
    answer = parse(cell)
    boxes = sorted((answer if top is not None else shown(answer, settled)).boxes, key=lambda box: -box.score)
    return [Choice(box.label, box.score, box.corners) for box in boxes[:top]]


def record(cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
    """The ``boxes`` that are shown, and the ``size`` of the photo they lie in."""
    truth = parse(cell)
    boxes = [{"label": label, "score": round(score, 6), "box": [round(side, 2) for side in place]} for label, score, place in chosen]
    return {"size": [truth.width, truth.height], "boxes": boxes}


def threshold(settled: Mapping[str, Any]) -> float:
    """The score from which on a box is shown."""
    score: float = settled.get("threshold", {}).get("score", UNSETTLED)
    return score


def settle(answers: Sequence[Truth], labels: np.ndarray, classes: Sequence[str], learned: np.ndarray) -> dict[str, Any]:
    """``suppression``: the overlap beyond which a box says the same as a higher one of its class, where photos get better by it (1 where
    they do not); ``threshold``: the score from which on boxes are shown, see ``best_threshold``; and what ``guessing`` learned."""
    trial = best_trial(answers, labels, classes)
    return {
        "suppression": {"overlap": trial.limit},
        "threshold": {"score": best_threshold(trial.matches, UNSETTLED)},
        **learned_from(learned, classes),
    }
