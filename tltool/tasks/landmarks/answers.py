"""Every point lies where the model says; how sure it is of it stands beside."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.data.annotations.cells import parse, write
from tltool.data.annotations.truths import Truth
from tltool.data.geometry import Frame
from tltool.task import Choice
from tltool.tasks.landmarks.guess import as_settled, mean_shape
from tltool.tasks.landmarks.points import truth_of

if TYPE_CHECKING:
    import pandas

SETTLES = True
TILED = False
NOTHING = "no point"
MEASURE = "confidence"
PLACE = ("x", "y")
DIGITS = 2  # of a pixel


def said(outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Frame] = ()) -> list[str]:
    """Points [n, k, 3] in shares of the square → truths as JSON, in pixels of the photos of ``frames``, none outside of its photo."""
    return [*map(write, as_truths(outputs, classes, frames))]


def as_truths(outputs: np.ndarray, classes: Sequence[str], frames: Sequence[Frame]) -> list[Truth]:
    """The same, before it is text."""
    return [_placed(row[:, :2], frame, classes) for row, frame in zip(outputs, frames, strict=True)]


def columns(outputs: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """``c_POINT``: how sure the model is of each."""
    return {f"c_{name}": outputs[:, i, 2] for i, name in enumerate(classes)}


def read(predictions: "pandas.DataFrame", classes: Sequence[str]) -> list[Truth]:
    """What is said of each photo."""
    return [*map(parse, predictions["predicted"])]


def shown(answer: Truth, settled: Mapping[str, Any]) -> Truth:
    """All points."""
    return answer


def choose(cell: str, outputs: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[Choice]:
    """The points, or the ``top`` ones, the surest first."""
    sure = dict(zip(classes, outputs[:, 2].tolist(), strict=True))
    points = [point for instance in parse(cell).instances for point in instance.points]
    chosen = (Choice(name, sure[name], (x, y)) for name, x, y, _ in points)
    return sorted(chosen, key=lambda choice: -choice.score)[:top]


def record(cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
    """The ``size`` of the photo, and ``points`` with their places in its pixels."""
    truth = parse(cell)
    points = [
        {"label": label, "x": round(x, DIGITS), "y": round(y, DIGITS), "confidence": round(score, 6)} for label, score, (x, y) in chosen
    ]
    return {"size": [truth.width, truth.height], "points": points}


def settle(answers: Any, labels: np.ndarray, classes: Sequence[str], learned: np.ndarray) -> dict[str, Any]:
    """The mean shape of the training photos: where somebody who has not seen a photo would look for its points."""
    return as_settled(mean_shape(learned, classes), classes)


def _placed(shares: np.ndarray, frame: Frame, names: Sequence[str]) -> Truth:
    inside = frame.placement.inverse().points(shares * frame.size).clip(0, (frame.width, frame.height))
    return truth_of((frame.width, frame.height), inside.round(DIGITS), names)
