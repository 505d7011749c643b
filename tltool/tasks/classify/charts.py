"""How well each class is told from the rest, and how far a probability can be trusted, as curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tltool.chart import Curve, Curves, Panel
from tltool.tasks.classify.details import areas_of
from tltool.tasks.classify.reliability import certainty_of, uncooled

MOST_POINTS = 120  # of a curve: no eye sees more, and a page stays small
GROUPS, LEAST = 10, 10  # of photos in the order of their probability; and how many are in one
NOTE = "ROC and precision are of each class against the rest, the worst first; the last curve is below the dots where answers are too sure."


def chart(
    labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], settled: Mapping[str, Any], what: str, temperature: float = 1.0
) -> Curves:
    """Each class against the rest, those that are told worst first: ROC and precision over recall, of the classes that can be; and how
    often an answer is right against its probability, as the model gives it and as it was before its ``temperature``.

    Args:
        labels: index of the right class [n], n ≥ 1.
        probabilities: [n, len(classes)]; the largest is the answer.
    """
    areas = {place: area for place, area in enumerate(areas_of(labels, probabilities)) if area is not None}
    worst = sorted(areas, key=lambda place: areas[place])
    panels = (
        *([_receiver(labels, probabilities, classes, worst), _precision(labels, probabilities, classes, worst)] if worst else []),
        _reliability(labels, probabilities, temperature),
    )
    return Curves(f"How well classes are told apart in {what}, and how sure answers are", NOTE, panels)


def _receiver(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], places: Sequence[int]) -> Panel:
    from sklearn.metrics import roc_curve

    curves = []
    for place in places:
        alarms, recalls, _ = roc_curve(labels == place, probabilities[:, place])
        curves.append(_curve(classes[place], alarms, recalls, place))
    return Panel("ROC", "share of the others that is named", "recall", tuple(curves), guess=_diagonal("guessing"))


def _precision(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], places: Sequence[int]) -> Panel:
    from sklearn.metrics import precision_recall_curve

    curves = []
    for place in places:
        precisions, recalls, _ = precision_recall_curve(labels == place, probabilities[:, place], drop_intermediate=True)
        curves.append(_curve(classes[place], recalls[::-1], precisions[::-1], place))
    return Panel("Precision over recall", "recall", "precision", tuple(curves))


def _reliability(labels: np.ndarray, probabilities: np.ndarray, temperature: float) -> Panel:
    curves = [_grouped(labels, probabilities, "answers")]
    if temperature != 1:
        curves.append(_grouped(labels, uncooled(probabilities, temperature), f"before temperature {temperature:.2f}", 0))
    return Panel(
        "Reliability, as the model is",
        "probability of the answer",
        "share that is right",
        tuple(curves),
        guess=_diagonal("right as often as it says"),
    )


def _grouped(labels: np.ndarray, probabilities: np.ndarray, what: str, place: int | None = None) -> Curve:
    """Groups of as many photos each, so that none is of one or two."""
    certainty, right = certainty_of(labels, probabilities)
    groups = np.array_split(np.argsort(certainty, kind="stable"), max(1, min(GROUPS, len(labels) // LEAST)))
    across, up = ([float(values[those].mean()) for those in groups] for values in (certainty, right))
    return Curve(f"{what}, in {len(groups)} groups of as many", tuple(across), tuple(up), place)


def _curve(name: str, across: np.ndarray, up: np.ndarray, place: int) -> Curve:
    few = np.unique(np.linspace(0, len(across) - 1, min(MOST_POINTS, len(across))).round().astype(int))
    return Curve(name, tuple(across[few].tolist()), tuple(up[few].tolist()), place)


def _diagonal(name: str) -> Curve:
    return Curve(name, (0.0, 1.0), (0.0, 1.0))
