"""Measure a run or an exported model on photos of known classes."""

from tltool import data, evaluation
from tltool.evaluation.results import Report
from tltool.options import program, recipe
from tltool.parameters import Labels, MinAccuracy, OtherData, PixelScaling, ReportOut, SplitName, Trained
from tltool.runs import require_new


@recipe
def evaluate(
    trained: Trained,
    photos: OtherData = None,
    split: SplitName = None,
    out: ReportOut = None,
    min_accuracy: MinAccuracy = None,
    labels: Labels = None,
    scaling: PixelScaling = None,
) -> Report:
    """Measure a run or an exported model on photos of known classes.

    Without --data these are the test photos that the run itself kept apart; with it, all photos of another folder, whose class
    folders are matched by name; for a run on signals, those of another .npz file. The record of the run stays as it is.
    """
    if out is not None:
        require_new(out)
    predictor = evaluation.open_predictor(trained, labels, scaling)
    if photos is None:
        run = evaluation.run_of(trained)
        samples = data.read_split(run.path / "split.csv", run.task)
        part = split or evaluation.part_to_measure(samples)
        samples = evaluation.match_classes(evaluation.select(samples, part), predictor.classes)
        inputs = data.load_own(samples, predictor.shape, predictor.fit)
    else:
        part = split or "all"
        samples = evaluation.match_classes(data.read_inputs(photos, predictor.fit), predictor.classes)
        samples, inputs = data.load_inputs(evaluation.select(samples, part), predictor.shape, predictor.fit)
    report = evaluation.measure_samples(predictor, inputs, samples, part)
    if out is not None:
        report.write(out)
    evaluation.check_gate(report, min_accuracy)
    return report


if __name__ == "__main__":
    program(evaluate)
