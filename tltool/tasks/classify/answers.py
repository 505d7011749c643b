"""The largest probability is the answer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.data.geometry import Frame
from tltool.task import Choice

if TYPE_CHECKING:
    import pandas

MEASURE = "probability"
PLACE = ()
NOTHING = "nothing"
TILED = False
SETTLES = False  # the largest probability needs no threshold


def said(probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Frame] = ()) -> list[str]:
    """The class with the largest of the probabilities [n, classes], of each photo."""
    return [classes[i] for i in probabilities.argmax(axis=1)]


def columns(probabilities: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """``p_CLASS`` for every class."""
    return {f"p_{name}": probabilities[:, i] for i, name in enumerate(classes)}


def read(predictions: "pandas.DataFrame", classes: Sequence[str]) -> np.ndarray:
    """The probabilities, float64 [n, classes]."""
    return predictions[[f"p_{name}" for name in classes]].to_numpy(dtype=float)


def choose(cell: str, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[Choice]:
    """The ``top`` classes, one by default."""
    return [Choice(classes[i], float(probabilities[i])) for i in np.argsort(-probabilities, kind="stable")[: top or 1]]


def record(cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
    """The first class with its probability, and all of them."""
    label, probability, _ = chosen[0]
    return {
        "label": label,
        "probability": round(probability, 6),
        "top": [{"label": name, "probability": round(p, 6)} for name, p, _ in chosen],
    }


def settle(probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str], learned: np.ndarray) -> dict[str, Any]:
    """Nothing."""
    return {}
