"""The largest probability is the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

NOTHING = "nothing"
SETTLES = False  # the largest probability needs no threshold


def said(probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any]) -> list[str]:
    """The class with the largest of the probabilities [n, classes], of each photo."""
    return [classes[i] for i in probabilities.argmax(axis=1)]


def choose(scores: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[tuple[str, float]]:
    """The ``top`` classes, one by default."""
    return [(classes[i], float(scores[i])) for i in np.argsort(-scores, kind="stable")[: top or 1]]


def record(named: Sequence[str], chosen: Sequence[tuple[str, float]]) -> dict[str, Any]:
    """The first class with its probability, and all of them."""
    label, probability = chosen[0]
    return {
        "label": label,
        "probability": round(probability, 6),
        "top": [{"label": name, "probability": round(p, 6)} for name, p in chosen],
    }


def settle(probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Nothing."""
    return {}
