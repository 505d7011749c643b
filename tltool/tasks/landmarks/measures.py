"""Points against those that were marked → numbers with intervals, beside what the mean shape would reach; and the same for people."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tltool.data.annotations.truths import Truth
from tltool.intervals import mean_of, percentiles, resampled
from tltool.measuring import Score
from tltool.progress import Table, table
from tltool.summary import of_split, with_interval
from tltool.tasks.landmarks.closeness import Distances, closeness, distances, normaliser, sides_kept
from tltool.tasks.landmarks.guess import from_settled, guess, mean_shape
from tltool.tasks.landmarks.report import PointReport
from tltool.tasks.landmarks.sides import NOTHING

SCORE = Score("closeness", "closeness (1 − error)")
FORM = PointReport
NEAR = {"pck_05": 0.05, "pck_10": 0.1}  # shares of the scale: percentage of correct keypoints (PCK)
CURVE = np.linspace(0, 0.3, 31)


def score(labels: np.ndarray, answers: Collection[Truth], classes: Sequence[str], given: Mapping[str, Any] = NOTHING) -> float:
    """``closeness``: the mean over all marked points of 1 less their error, no less than 0 each."""
    return closeness(labels, answers, classes, given)


def measure(
    labels: np.ndarray, answers: Collection[Truth], classes: list[str], split: str, settled: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The content of ``report.json``.

    Args:
        labels: truths [n], n ≥ 1.
        answers: as many.
        split: what was measured, for the record.
        settled: with the mean shape, where it is known, and with what the user has given, see ``closeness``.

    An error is a distance in shares of the diagonal of the box around the photo's points, or of what ``normaliser`` says. ``nme`` is its
    mean over all marked points, ``closeness`` the mean of 1 less the error, no less than 0 each, and ``pck_05`` and ``pck_10`` the shares
    of points that are off by no more than 0.05 and 0.1. Each interval is the middle 95 % over resampled photos. ``pixels`` is the mean
    distance in pixels of the photos, ``of_photo`` that in shares of their diagonals, and ``sides`` the share of the photos in which every
    point with a left and a right lies nearer to its own side. All are 0 where no point is marked.
    """
    found = distances(labels, answers, classes, settled)
    scores = _scores(found)
    shape = from_settled(settled, classes)
    guessed = None if shape is None else distances(labels, guess(labels, shape, classes), classes, settled)
    kept = sides_kept(labels, answers, classes, settled)
    return {
        "split": split,
        "n": len(labels),
        "points": int(np.isfinite(found.pixels).sum()),
        "normaliser": normaliser(settled),
        **{name: mean_of(values) for name, values in scores.items()},
        **{f"{name}_interval": interval_of(values) for name, values in scores.items()},
        "pixels": mean_of(found.pixels),
        "of_photo": mean_of(found.pixels / found.diagonals[:, None]),
        "sides": mean_of(kept) if np.isfinite(kept).any() else None,
        "guess": None if guessed is None else {name: mean_of(values) for name, values in _scores(guessed).items() if name != "pck_05"},
        "classes": list(classes),
        "per_point": {name: _of_point(found, guessed, i) for i, name in enumerate(classes)},
        "curve": {"errors": CURVE.round(6).tolist(), "shares": [mean_of(_within(found.relative, error)) for error in CURVE]},
    }


def each(labels: np.ndarray, answers: Collection[Truth], classes: Sequence[str], settled: Mapping[str, Any]) -> np.ndarray:
    """The closeness of every photo, the mean over its marked points; NaN where none is marked."""
    return _weighted_mean(distances(labels, answers, classes, settled).closeness, np.eye(len(labels)))


def weighted(
    labels: np.ndarray, answers: Collection[Truth], classes: Sequence[str], settled: Mapping[str, Any], weights: np.ndarray
) -> np.ndarray:
    """Closeness, for each row of ``weights`` [b, n]; 0 where no point is marked."""
    return np.nan_to_num(_weighted_mean(distances(labels, answers, classes, settled).closeness, weights))


def floor(labels: np.ndarray, classes: Sequence[str], what: str, learned: np.ndarray, given: Mapping[str, Any] = NOTHING) -> str:
    """What the mean shape of the training photos would reach."""
    guessed = distances(labels, guess(labels, mean_shape(learned, classes), classes), classes, given)
    return (
        f"The mean shape of the training photos would reach a closeness of {mean_of(guessed.closeness):.3f} on the {what}: its points are "
        f"off by {mean_of(guessed.relative):.3f} of {normaliser(given)}, {mean_of(guessed.pixels):.1f} pixels."
    )


def guessed(report: Mapping[str, Any]) -> float | None:
    """The closeness of the mean shape."""
    reached: float | None = report["guess"]["closeness"] if report.get("guess") else None
    return reached


def told(report: Mapping[str, Any]) -> Iterable[Table | str]:
    """A table of points, and what they say together: closeness, error and PCK with their intervals, and what the mean shape would reach."""
    what = f"{of_split(report['split'])}{report.get('of', 'photos')}"
    yield _per_point(report, what)
    reached = f"; the mean shape of the training photos would reach {report['guess']['closeness']:.3f}" if report.get("guess") else ""
    yield f"Closeness (1 − error) {with_interval(report, 'closeness')} on {report['n']} {what}{reached}."
    yield (
        f"Points are off by {with_interval(report, 'nme')} of {report['normaliser']}, {report['pixels']:.1f} pixels, on average; "
        f"{_percent(report, 'pck_05')} by no more than 0.05 of it, {_percent(report, 'pck_10')} by no more than 0.1."
    )
    if report.get("sides") is not None:
        yield f"In {report['sides']:.1%} of the photos every point with a left and a right lies nearer to its own side."


def _per_point(report: Mapping[str, Any], what: str) -> Table:
    columns = ("point", "photos", "error", "mean shape's", "pixels", "within 0.05", "within 0.1")
    rows = (
        (
            name,
            row["n"],
            *map(_cell, (row["nme"], row.get("guess_nme"))),
            _cell(row["pixels"], 1),
            _cell(row["pck_05"], 2),
            _cell(row["pck_10"], 2),
        )
        for name, row in report["per_point"].items()
    )
    return table(what.capitalize(), columns, rows)


def _scores(found: Distances) -> dict[str, np.ndarray]:
    """What has an interval, of every point [n, k]; NaN where it is not marked."""
    near = {name: _within(found.relative, error) for name, error in NEAR.items()}
    return {"closeness": found.closeness, "nme": found.relative, **near}


def _within(relative: np.ndarray, error: float) -> np.ndarray:
    return np.where(np.isfinite(relative), relative <= error, np.nan)


def _of_point(found: Distances, guessed: Distances | None, place: int) -> dict[str, Any]:
    its = found.relative[:, place]
    n = int(np.isfinite(its).sum())
    numbers = {"nme": its, "pixels": found.pixels[:, place], **{name: _within(its, error) for name, error in NEAR.items()}}
    if guessed:
        numbers["guess_nme"] = guessed.relative[:, place]
    return {"n": n, **{name: mean_of(values) if n else None for name, values in numbers.items()}}


def interval_of(values: np.ndarray) -> list[float]:
    """The middle 95 % of the mean of ``values`` [n, k] over resampled photos."""
    means = _weighted_mean(values, resampled(len(values)))
    return percentiles(means[np.isfinite(means)]) if np.isfinite(values).any() else [0.0, 0.0]


def _weighted_mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The mean of the numbers among ``values`` [n, k] for each row of ``weights`` [b, n], float64 [b]; NaN where there are none."""
    there = np.isfinite(values)
    sums, counts = weights @ np.where(there, values, 0).sum(axis=1), weights @ there.sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _percent(report: Mapping[str, Any], key: str) -> str:
    return "{:.0%} ({:.0%}–{:.0%})".format(report[key], *report[f"{key}_interval"])


def _cell(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
