"""How sure a score is where photos belong together, as those of one patient: they are alike, so that it rests on fewer than there are."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tltool.evaluation.predictors import Predictor
from tltool.evaluation.rating import Answered, take_answers
from tltool.evaluation.results import Evaluation
from tltool.intervals import percentiles, resampled, wilson_bounds

MEAGRE = 0.1  # photos' worth, below which an interval is nearly all there is


class Clusters(NamedTuple):
    """Values by group: ``sums`` of each, and how many there are in each, ``sizes``, float64 [g]."""

    sums: np.ndarray
    sizes: np.ndarray


def consider_groups(measured: Evaluation, predictor: Predictor, groups: np.ndarray) -> Evaluation:
    """``measured`` with the interval of its score by ``groups`` [n], text, ``""`` of photos that stand alone; unchanged where all do.

    The share of right answers has Wilson's interval for as many photos as would say as much if each stood alone (``grouped_interval``);
    of other scores it is what the score comes to over groups drawn again and again (Efron 1979; Field and Welsh, "Bootstrapping clustered
    data", 2007). With one group alone nothing can be said, and the interval is from 0 to 1.
    """
    numbers = _number(groups)
    if (n := int(numbers.max()) + 1) == len(groups):
        return measured
    answered = take_answers(measured.report, predictor.classes, predictor.settled, measured.predictions)
    score = answered.task.measures.SCORE
    interval = [0.0, 1.0] if n == 1 else _interval(answered, numbers)
    return replace(measured, report=measured.report.with_fields(groups=n, **{f"{score.key}_interval": interval}))


def grouped_interval(values: np.ndarray, groups: np.ndarray) -> list[float]:
    """A 95 % interval of the mean of ``values`` [n], 0 or 1, of which those of one of ``groups`` [n], numbers from 0, are alike.

    Wilson's, for n divided by the design effect, which is how much more the mean varies than it would if photos stood alone, estimated by
    leaving out one group after the other (the jackknife); and by what a t distribution is wider than the normal one with so few groups
    (Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts estimated from survey data",
    1998). Of groups that differ in size there are as many as of equal ones that would weigh as much, n² / Σ size² (Kish 1965). Where all
    are right, or all wrong, groups say nothing of how alike their photos are: each counts once.
    """
    from scipy.stats import t

    clusters = Clusters(np.bincount(groups, values), np.bincount(groups).astype(float))
    n, g, p = len(values), float(len(values) ** 2 / np.sum(clusters.sizes**2)), float(np.mean(values))
    narrow = (t.ppf(0.975, n - 1) / t.ppf(0.975, max(1.0, g - 1))) ** 2
    return _wilson(p, max(MEAGRE, min(n, n / _design_effect(clusters, p, g)) * narrow))


def _design_effect(clusters: Clusters, p: float, g: float) -> float:
    n = clusters.sizes.sum()
    if p in (0.0, 1.0):
        return float(n / g)
    without = (clusters.sums - p * clusters.sizes) / (n - clusters.sizes)  # by how much the mean falls without each group
    variance = (len(clusters.sizes) - 1) / len(clusters.sizes) * np.sum(without**2)
    return max(1.0, float(variance / (p * (1 - p) / n)))


def _wilson(p: float, n: float) -> list[float]:
    """For an ``n`` that need not be whole, which scipy's cannot take (Wilson 1927)."""
    from scipy.stats import norm

    low, high = wilson_bounds(p, n, z=float(norm.ppf(0.975)))
    return [max(0.0, min(p, float(low))), min(1.0, max(p, float(high)))]  # whatever is rounded


def _interval(answered: Answered, groups: np.ndarray) -> list[float]:
    _, classes, settled, _, labels, answers = answered
    measures = answered.task.measures
    if measures.SCORE.of_right:
        return grouped_interval(measures.each(labels, answers, classes, settled), groups)
    weights = resampled(int(groups.max()) + 1)[:, groups]
    return percentiles(measures.weighted(labels, answers, classes, settled, weights))


def _number(groups: np.ndarray) -> np.ndarray:
    """The number of each photo's group, from 0; one that stands alone has its own."""
    names = [name or (place,) for place, name in enumerate(groups)]
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([known[name] for name in names])
