"""A label is named where its probability reaches its own threshold, which the validation photos have chosen."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.data.geometry import Frame
from tltool.task import Choice
from tltool.tasks.classify.answers import columns as columns, read as read
from tltool.tasks.multilabel.cells import MARK, split_cell

MEASURE = "probability"
PLACE = ()
SETTLES = True
TILED = False
NOTHING = "none of the labels"
UNSETTLED = 0.5  # of a model that was interrupted before its thresholds were chosen
PRIOR = 10.0  # photos of a label with which its own threshold counts as much as that of all labels together
LOWEST, HIGHEST = 0.02, 0.98


def said(probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Frame] = ()) -> list[str]:
    """The labels whose threshold is reached by the probabilities [n, classes] of each photo, as a cell."""
    names = np.array(classes, object)
    return [MARK.join(sorted(names[row])) for row in probabilities >= thresholds(classes, settled)]


def thresholds(classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The threshold of every label, float64 [classes]."""
    chosen = settled.get("thresholds", {})
    return np.array([chosen.get(name, UNSETTLED) for name in classes], np.float64)


def settle(probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str], learned: np.ndarray) -> dict[str, Any]:
    """``thresholds``: of every label the one with the best F1 on these photos, drawn towards the best one of all labels together.

    A rare label's best threshold is an accident of its few photos. So on the scale of log odds it is the mean of the two, in which its
    own counts n / (n + ``PRIOR``) for n photos that have it.
    """
    has = labels.astype(bool)
    common = _log_odds(_best(probabilities.ravel(), has.ravel()))
    chosen = {}
    for name, scores, its in zip(classes, probabilities.T, has.T, strict=True):
        own = its.sum() / (its.sum() + PRIOR)
        mean = own * _log_odds(_best(scores, its)) + (1 - own) * common
        chosen[name] = round(float(1 / (1 + np.exp(-mean))), 4)
    return {"thresholds": chosen}


def choose(cell: str, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[Choice]:
    """The labels whose threshold is reached, or the ``top`` most probable ones, the largest first."""
    order = np.argsort(-probabilities, kind="stable")
    chosen = order[(probabilities >= thresholds(classes, settled))[order]] if top is None else order[:top]
    return [Choice(classes[i], float(probabilities[i])) for i in chosen]


def record(cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
    """``labels`` that are named, and the probabilities of those that are shown."""
    return {"labels": [*split_cell(cell, MARK)], "top": [{"label": name, "probability": round(p, 6)} for name, p, _ in chosen]}


def _best(scores: np.ndarray, has: np.ndarray) -> float:
    """The threshold with the best F1, halfway between the lowest score that is named and the next below it; 0.5 where nothing has the
    label."""
    if not has.any():
        return UNSETTLED
    order = np.argsort(-scores, kind="stable")
    ordered, hits = scores[order].astype(np.float64), np.cumsum(has[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + has.sum())
    f1[np.flatnonzero(ordered[:-1] == ordered[1:])] = 0  # a threshold cannot part equal scores
    best = int(f1.argmax())
    below = ordered[best + 1] if best + 1 < len(ordered) else 0.0
    return float((ordered[best] + below) / 2)


def _log_odds(threshold: float) -> float:
    kept = min(HIGHEST, max(LOWEST, threshold))
    return float(np.log(kept / (1 - kept)))
