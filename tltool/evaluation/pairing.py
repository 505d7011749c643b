"""Two runs held beside one another, from what both have answered about the same photos. No model is loaded and no photo read."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas

from tltool.errors import RunError
from tltool.evaluation.difference import Difference, Side, Turned
from tltool.intervals import RESAMPLES, mcnemar, percentiles, resampled
from tltool.runs import Run
from tltool.runs.forms import Record, Report
from tltool.summary import of_split
from tltool.task import Task, task_named
from tltool.wording import quoted

ALIKE = 1e-6  # scores of the same answers


class _Answered(NamedTuple):
    """What one run has answered."""

    run: Run
    record: Record
    report: Report
    table: pandas.DataFrame

    @property
    def score(self) -> float:
        return float(self.report[self._key])

    @property
    def interval(self) -> list[float]:
        return list(self.report[f"{self._key}_interval"])

    @property
    def _key(self) -> str:
        return task_named(self.record.task).measures.SCORE.key


def tell_apart(run: Run, other: Run) -> Difference:
    """``other`` beside ``run``.

    Where every answer is right or wrong, the test is McNemar's exact one. Else answers are exchanged between the two runs, photo by photo
    and at random: ``p`` is the share of such exchanges that set the scores as far apart (Fisher's randomization; Noreen 1989,
    Computer-Intensive Methods for Testing Hypotheses).

    Raises:
        RunError: a run is not finished, or damaged; or the two were asked different things, of other photos, or measured by other rules.
    """
    first, second = _read(run), _read(other)
    _require_comparable(first, second)
    second = second._replace(table=second.table.set_index("path").loc[first.table["path"]].reset_index())
    asked, classes, settled = task_named(first.record.task), first.record.classes, first.record.settled
    labels = asked.labels.encode(first.table["label"].tolist(), classes)
    answers = [asked.answers.read(side.table, classes) for side in (first, second)]
    drawn = _scores(asked, labels, answers, classes, settled)
    for side, score in zip((first, second), drawn.whole, strict=True):
        _require_measured(side, score)
    each = [asked.measures.each(labels, its, classes, side.record.settled) for its, side in zip(answers, (first, second), strict=True)]
    before, after = (np.nan_to_num(values, nan=1.0) for values in each)  # nothing to find, and nothing found
    if asked.measures.SCORE.of_right:
        test, p = "McNemar's exact test", mcnemar(int(np.sum(before > after)), int(np.sum(after > before)))
    else:
        test, p = f"{RESAMPLES:,} random exchanges", drawn.chance
    return Difference(
        first.record.task,
        asked.measures.SCORE.name,
        f"{of_split(first.report.split)}{first.report.of}",
        len(labels),
        (_side(first), _side(second)),
        second.score - first.score,
        percentiles(drawn.gains),
        p,
        test,
        _turned(first.table, second.table, before, after),
    )


class _Scores(NamedTuple):
    """``whole``: of both runs; ``gains``: of the second, over resampled photos [b]; ``chance``: see ``tell_apart``."""

    whole: tuple[float, float]
    gains: np.ndarray
    chance: float


def _scores(asked: Task, labels: np.ndarray, answers: Sequence[Any], classes: Sequence[str], settled: Mapping[str, Any]) -> _Scores:
    """Each photo is there twice, with the one answer and with the other, and weights choose."""
    n, one = len(labels), answers[0]
    both = np.concatenate(answers) if isinstance(one, np.ndarray) else [answer for its in answers for answer in its]
    drawn, none = resampled(n), np.zeros((RESAMPLES, n))
    swapped = np.random.default_rng(0).integers(0, 2, (RESAMPLES, n)).astype(np.float64)
    pairs = ((drawn, none), (none, drawn), (1 - swapped, swapped), (swapped, 1 - swapped))
    weights = np.concatenate([np.repeat(np.eye(2), n, axis=1), *map(np.hstack, pairs)])
    scores = asked.measures.weighted(np.concatenate([labels, labels]), both, classes, settled, weights)
    whole, first, second, mixed, rest = np.split(scores, np.cumsum([2, *[RESAMPLES] * 3]))
    as_far = np.abs(rest - mixed) >= abs(whole[1] - whole[0]) - ALIKE
    return _Scores((float(whole[0]), float(whole[1])), second - first, float((1 + as_far.sum()) / (1 + RESAMPLES)))


def _read(run: Run) -> _Answered:
    return _Answered(run, run.finished, run.report(), run.predictions())


def _require_comparable(first: _Answered, second: _Answered) -> None:
    one, other = first.record, second.record
    if one.task != other.task or one.kind != other.kind:
        raise RunError(
            f"Two runs must be asked the same thing. Received: {first.run.path}, of --task {one.task}, and {second.run.path}, of --task "
            f"{other.task}."
        )
    if strangers := sorted(set(one.classes) ^ set(other.classes)):
        raise RunError(
            f"Two runs must know the same classes. Received: {first.run.path} and {second.run.path}, of which one alone knows "
            f"{', '.join(map(quoted, strangers[:5]))}{' …' if len(strangers) > 5 else ''}."
        )
    cells = [dict(zip(side.table["path"], side.table["label"], strict=True)) for side in (first, second)]
    shared = cells[0].items() & cells[1].items()
    if not len(shared) == len(first.table) == len(second.table):
        raise RunError(
            f"Two runs must be measured on the same photos with the same labels. Received: {first.run.path}, measured on "
            f"{len(first.table):,}, and {second.run.path}, measured on {len(second.table):,}; {len(shared):,} of them are the same. Train "
            f"the second with --data {first.run.path / 'split.csv'}, which keeps photos, labels and parts."
        )


def _require_measured(side: _Answered, score: float) -> None:
    if abs(score - side.score) > ALIKE:
        raise RunError(
            f"Two runs must be measured by the same rules, such as --normalise-by. Received: {side.run.path}, whose report.json says "
            f"{side.score:.4f} where its predictions.csv comes to {score:.4f}. Run it again."
        )


def _side(its: _Answered) -> Side:
    backbone = its.record.resolved.get("backbone", {}).get("name", "")
    model = its.run.path / "model.keras"
    made_with = f"{its.record.recipe} {backbone}".rstrip()
    return Side(str(its.run.path), made_with, its.score, its.interval, its.record.seconds, model.stat().st_size)


def _turned(first: pandas.DataFrame, second: pandas.DataFrame, before: np.ndarray, after: np.ndarray) -> list[Turned]:
    gains = after - before
    return [
        Turned(
            str(first["path"][i]),
            str(first["label"][i]),
            float(before[i]),
            float(after[i]),
            str(first["predicted"][i]),
            str(second["predicted"][i]),
        )
        for i in np.argsort(gains, kind="stable").tolist()
        if gains[i]
    ]
