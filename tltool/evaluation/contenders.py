"""Runs on the same photos, measured side by side."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod

import keras
import numpy as np

from tltool.data.pixels import decode_own
from tltool.data.samples import Samples
from tltool.data.splitting.splits import read_split
from tltool.errors import RunError
from tltool.evaluation.comparison import Compared, Contender, Moved, PairedTest, Saving
from tltool.evaluation.predictors import Predictor, open_run
from tltool.evaluation.report import match_classes
from tltool.evaluation.translation import measure_moves
from tltool.intervals import mcnemar
from tltool.models.freezing import freeze, learning_layers
from tltool.models.head import backbone_of
from tltool.models.summary.anatomy import take_apart
from tltool.models.summary.arithmetic import Layer
from tltool.progress import say
from tltool.runs import Run
from tltool.runs.forms import PhaseRecord
from tltool.runs.record import read_history


def compare_runs(whole: Run, runs: Mapping[str, Run], budget: str) -> Compared:
    """Measure ``runs``, which share one split, in place and on moved photos.

    Args:
        whole: the run that they are parts of; the figures' example comes from its ``split.csv``.
        runs: by what each is called, in the order of the table; the savings are those of the one with most convolutions that learned.

    Raises:
        RunError: they were measured on other photos than each other.
    """
    reports = {name: run.report() for name, run in runs.items()}
    first = next(iter(reports.values()))
    samples = read_split(whole.path / "split.csv", whole.task)
    contenders: list[Contender] = []
    savings: list[Saving] = []
    for name, run in runs.items():
        say(f"{name}: on moved photos")
        predictor = open_run(run)
        layers = take_apart(predictor.model)
        contenders.append(_contender(name, run, predictor, layers, samples))
        savings = max(savings, _savings(layers, predictor.model) if run.record.recipe == "scratch" else [], key=len)
    rights = _rights(runs)
    paired_tests = [_paired_test((name, rights[name]), (other, rights[other])) for name, other in pairwise(rights)]
    return Compared(
        whole.path,
        budget,
        whole.record.size,
        whole.record.fit or "",
        len(samples.rows("train")),
        first.split,
        first.n,
        first["majority_baseline"],
        contenders,
        paired_tests,
        savings,
        samples.of(first.split).paths[0],
    )


def _contender(name: str, run: Run, predictor: Predictor, layers: Sequence[Layer], samples: Samples) -> Contender:
    record, report, history = run.finished, run.report(), read_history(run.path)
    frozen = _frozen(predictor.model, next(phase for phase in record.phases if phase.name == record.kept))
    return Contender(
        name=name,
        run=str(run.path),
        accuracy=report["accuracy"],
        accuracy_interval=report["accuracy_interval"],
        learned=predictor.model.count_params() - frozen,
        frozen=frozen,
        multiply_adds=sum(layer.multiply_adds.number for layer in layers),
        seconds=round(sum(float(row["seconds"] or 0) for row in history), 1),
        epochs=sum(row["phase"] != "head" for row in history),
        bytes=(run.path / "model.keras").stat().st_size,
        moved=_moved(predictor, samples, report.split),
    )


def _moved(predictor: Predictor, samples: Samples, split: str) -> list[Moved]:
    """Answers for the photos of ``split``, moved with the border repeated and then with wrap-around."""
    photos = match_classes(samples.of(split), predictor.classes)
    pixels, rows = decode_own(photos, predictor.size, predictor.fit), np.arange(len(photos))
    return [moved for wrap in (False, True) for moved in measure_moves(predictor, pixels, rows, photos.labels, wrap)]


def _frozen(model: keras.Model, phase: PhaseRecord) -> int:
    """Parameters in layers that did not learn in ``phase``; the averages of a batch norm that follow the photos count as learned."""
    backbone = backbone_of(model)
    freeze(backbone, learning_layers(backbone, phase.unfreeze), phase.batch_norm)
    return sum(prod(weight.shape) for layer in backbone.layers if not layer.trainable for weight in layer.weights)


def _savings(layers: Sequence[Layer], model: keras.Model) -> list[Saving]:
    """One for each convolution of the backbone that learns."""
    learning = {layer.name for layer in backbone_of(model).layers if layer.trainable}
    return [
        Saving(
            layer.name, layer.connections.number * layer.leaving[-1], layer.connections.number, layer.dense_connections, prod(layer.leaving)
        )
        for layer in layers
        if layer.kind == "convolution" and layer.name in learning
    ]


def _rights(runs: Mapping[str, Run]) -> dict[str, np.ndarray]:
    """Whether each run named each photo rightly, bool [n], in one order."""
    tables = {name: run.predictions().sort_values("path") for name, run in runs.items()}
    if len({tuple(table["path"]) for table in tables.values()}) > 1:
        raise RunError(f"Runs that are compared must be measured on the same photos. Received: others in {', '.join(map(str, runs))}.")
    return {name: (table["label"] == table["predicted"]).to_numpy() for name, table in tables.items()}


def _paired_test(first: tuple[str, np.ndarray], second: tuple[str, np.ndarray]) -> PairedTest:
    """The one with more right answers is the better one; of equals the second."""
    if first[1].sum() <= second[1].sum():
        first, second = second, first
    won, lost = int((first[1] & ~second[1]).sum()), int((~first[1] & second[1]).sum())
    return PairedTest(first[0], second[0], won, lost, mcnemar(lost, won))
