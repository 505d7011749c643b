"""Anything trained, measured on the photos of its run or on those of another folder."""

from pathlib import Path
from typing import Any, NamedTuple

from tltool import data
from tltool.data.samples import Samples
from tltool.evaluation.predictors import Predictor, run_of
from tltool.evaluation.rating import Answered, take_answers
from tltool.evaluation.report import match_classes, measure_samples, part_to_measure, select
from tltool.evaluation.results import Evaluation
from tltool.runs import Run


class Measurement(NamedTuple):
    """What ``trained``, a run or a file, answered about ``samples``, and how good that was.

    Attributes:
        source: where the photos come from, for people; ``""`` of those that the run itself kept apart.
    """

    trained: Path
    source: str
    predictor: Predictor
    samples: Samples
    evaluation: Evaluation

    @property
    def answered(self) -> Answered:
        """The same as numbers."""
        its = self.predictor
        return take_answers(self.evaluation.report, its.classes, its.settled, self.evaluation.predictions)


def measure_trained(predictor: Predictor, trained: Path, photos: Any = None, split: str | None = None) -> Measurement:
    """Measure ``predictor``, which is ``trained``, on the photos that its run kept apart, or on ``photos``, whose classes are matched by
    name.

    Args:
        photos: a folder, a CSV or a DataFrame; of signals an ``.npz`` file. None for those of the run.
        split: the part; default: test, of other photos all of them.

    Raises:
        RunError: a file that lies in no run, without ``photos``.
        DataError: no photo in that part; a class that the model does not know; photos of the run that are gone or have changed.
    """
    samples, part = _samples_of(predictor, run_of(trained), split) if photos is None else _samples_in(predictor, photos, split)
    if photos is None:
        inputs = data.load_own(samples, predictor.shape, predictor.fit, predictor.tiles)
    else:
        samples, inputs = data.load_inputs(samples, predictor.shape, predictor.fit, predictor.tiles)
    source = "" if photos is None else str(photos) if isinstance(photos, (str, Path)) else "a DataFrame"
    return Measurement(trained, source, predictor, samples, measure_samples(predictor, inputs, samples, part))


def _samples_of(predictor: Predictor, run: Run, split: str | None) -> tuple[Samples, str]:
    samples = data.read_split(run.path / "split.csv", run.task, predictor.kind)
    part = split or part_to_measure(samples)
    return match_classes(select(samples, part), predictor.classes), part


def _samples_in(predictor: Predictor, photos: Any, split: str | None) -> tuple[Samples, str]:
    samples = match_classes(data.read_inputs(photos, predictor.kind, predictor.task), predictor.classes)
    return select(samples, split or "all"), split or "all"
