"""How good answers are in more numbers than a report keeps: worked out when a page asks for them, from what ``predictions.csv`` holds, so
that the form of reports stays small and runs of before have them too."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tltool.evaluation.calibration import calibration_error
from tltool.intervals import wilson
from tltool.progress import Table, table
from tltool.tasks.classify.measures import TOP, top_share
from tltool.tasks.classify.reliability import calibration_interval, error_by_chance, uncooled

MISSING = "–"


class Numbers(NamedTuple):
    """All of a model's answers in single numbers, 0…1; None where they cannot be measured.

    Attributes:
        balanced: mean recall of the classes that occur.
        top: share of the answers among whose first ``TOP`` classes the right one is; where there are more classes than that.
        macro_f1, weighted_f1: F1 of the classes that occur, each counting the same, and each as often as it occurs.
        auc, ap: mean area below the ROC curve, and mean average precision, of each class against the rest, where it can be measured.
    """

    accuracy: float
    balanced: float
    top: float | None
    macro_f1: float | None
    weighted_f1: float | None
    auc: float | None
    ap: float | None


class Apart(NamedTuple):
    """How well each class is told from the rest: area below the ROC curve, and average precision; None where that cannot be measured."""

    areas: list[float | None]
    precisions: list[float | None]


NAMES = (  # of these, for people
    "accuracy",
    "balanced accuracy",
    f"right in the first {TOP}",
    "macro F1",
    "weighted F1",
    "macro AUC",
    "macro AP",
)


def tables(labels: np.ndarray, probabilities: np.ndarray, classes: Sequence[str], what: str, temperature: float = 1.0) -> list[Table]:
    """The numbers beside what guessing reaches, each class by itself, and how sure answers are.

    Args:
        labels: index of the right class [n], n ≥ 1.
        probabilities: [n, len(classes)]; the largest is the answer.
        what: was measured, for people, such as ``test photos``.
        temperature: what the logits behind ``probabilities`` were divided by.
    """
    apart = tell_apart(labels, probabilities)
    return [
        _beside_guessing(labels, probabilities, apart, what),
        _of_each(labels, probabilities, apart, classes, what),
        _sureness(labels, probabilities, what, temperature),
    ]


def tell_apart(labels: np.ndarray, probabilities: np.ndarray) -> Apart:
    """Each class against the rest; slow where there are many."""
    return Apart(areas_of(labels, probabilities), average_precisions(labels, probabilities))


def work_out(labels: np.ndarray, probabilities: np.ndarray, apart: Apart) -> Numbers:
    """The numbers of answers [n, classes] to photos of the classes ``labels`` [n], as scikit-learn has them."""
    from sklearn.metrics import f1_score, recall_score  # slow to load

    said, known = probabilities.argmax(axis=1), np.unique(labels)
    areas, precisions = ([value for value in values if value is not None] for values in apart)
    return Numbers(
        float(np.mean(said == labels)),
        float(recall_score(labels, said, labels=known, average="macro", zero_division=0)),
        top_share(labels, probabilities),
        float(f1_score(labels, said, labels=known, average="macro", zero_division=0)),
        float(f1_score(labels, said, labels=known, average="weighted", zero_division=0)),
        float(np.mean(areas)) if areas else None,
        float(np.mean(precisions)) if precisions else None,
    )


def areas_of(labels: np.ndarray, probabilities: np.ndarray) -> list[float | None]:
    """Of each class, how often a photo of it has a higher probability of it than one of the rest (Hanley and McNeil 1982); None where
    there are none of either."""
    from sklearn.metrics import roc_auc_score

    return [
        float(roc_auc_score(labels == place, scores)) if 0 < np.sum(labels == place) < len(labels) else None
        for place, scores in enumerate(probabilities.T)
    ]


def average_precisions(labels: np.ndarray, probabilities: np.ndarray) -> list[float | None]:
    """Of each class, its average precision against the rest; None where there is no photo of it."""
    from sklearn.metrics import average_precision_score

    return [
        float(average_precision_score(labels == place, scores)) if (labels == place).any() else None
        for place, scores in enumerate(probabilities.T)
    ]


def floor_of_largest(labels: np.ndarray, classes: int) -> Numbers:
    """What always answering with how frequent each class is reaches, which names the largest one."""
    shares = np.sort(np.bincount(labels, minlength=classes) / len(labels))[::-1]
    largest, known = float(shares[0]), np.count_nonzero(shares)
    f1 = 2 * largest / (1 + largest)  # of the largest class, whose recall is 1; of the others it is 0
    top = float(shares[:TOP].sum()) if classes > TOP else None
    area = 0.5 if known > 1 else None
    return Numbers(largest, 1 / known, top, f1 / known, largest * f1, area, float(shares[shares > 0].mean()))


def floor_of_chance(labels: np.ndarray, classes: int) -> Numbers:
    """What drawing an answer, with all classes equally likely, reaches on average; F1 has no such average that is easily told."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    one = 1 / classes
    area = 0.5 if np.count_nonzero(shares) > 1 else None
    return Numbers(one, one, TOP * one if classes > TOP else None, None, None, area, float(shares[shares > 0].mean()))


def _beside_guessing(labels: np.ndarray, probabilities: np.ndarray, apart: Apart, what: str) -> Table:
    classes = probabilities.shape[1]
    columns = (work_out(labels, probabilities, apart), floor_of_largest(labels, classes), floor_of_chance(labels, classes))
    rows = [(name, *map(_number, values)) for name, *values in zip(NAMES, *columns, strict=True) if values[0] is not None]
    names = ("number", "this model", "the largest", "at random")
    return table(f"All {what} together, beside always naming the largest class, and any at random", names, rows)


def _of_each(labels: np.ndarray, probabilities: np.ndarray, apart: Apart, classes: Sequence[str], what: str) -> Table:
    """Precision and recall with Wilson's 95 % intervals, F1, and how well each class is told from the rest."""
    said = probabilities.argmax(axis=1)
    rows = []
    for place, name in enumerate(classes):
        n, named, hits = (int(np.sum(those)) for those in (labels == place, said == place, (labels == place) & (said == place)))
        shares = (hits / max(named, 1), hits / max(n, 1), 2 * hits / max(n + named, 1))  # 0 where there are none, as in the report
        intervals = (_interval(hits, named), _interval(hits, n))
        rows.append((name, n, *map("{:.2f}".format, shares), *intervals, _number(apart.areas[place]), _number(apart.precisions[place])))
    columns = ("class", what.rpartition(" ")[2], "precision", "recall", "F1", "interval of precision", "interval of recall", "AUC", "AP")
    return table(f"Each class of the {what}, with 95 % intervals, and AUC and AP against the rest", columns, rows)


def _sureness(labels: np.ndarray, probabilities: np.ndarray, what: str, temperature: float) -> Table:
    rows = [("calibration error", *_off(labels, probabilities))]
    if temperature != 1:
        rows.append((f"before temperature {temperature:.2f}", *_off(labels, uncooled(probabilities, temperature))))
    columns = ("number", "this model", "95 % interval", "by chance")
    title = f"How far probabilities of {what} are off (expected calibration error), and perfect ones by chance"
    return table(title, columns, rows)


def _off(labels: np.ndarray, probabilities: np.ndarray) -> tuple[str, str, str]:
    low, high = calibration_interval(labels, probabilities)
    return _number(calibration_error(probabilities, labels)), f"{low:.3f}–{high:.3f}", _number(error_by_chance(labels, probabilities))


def _interval(hits: int, n: int) -> str:
    """Wilson's, of a proportion."""
    return "{:.2f}–{:.2f}".format(*wilson(hits, n)) if n else MISSING


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.3f}"
