"""Measure a run or a .tflite file on photos of known classes."""

from tltool import data, evaluation
from tltool.evaluation.results import Report
from tltool.options import program
from tltool.runs import reserve
from tltool.specs import MinAccuracy, OtherData, ReportOut, SplitName, Trained


def evaluate(trained: Trained, photos: OtherData = None, split: SplitName = None, out: ReportOut = None,
             min_accuracy: MinAccuracy = None) -> Report:
    """Measure a run or a .tflite file on photos of known classes.

    Without --data these are the test photos that the run itself kept apart; with it, all photos of another folder, whose class
    folders are matched by name. The record of the run stays as it is.
    """
    if out is not None:
        reserve(out, "evaluate")
    predictor = evaluation.open_predictor(trained)
    own = photos is None
    samples = data.read_split(evaluation.run_of(trained).path / "split.csv") if own else data.read_photos(photos, complete=False)
    samples = evaluation.match_classes(samples, predictor.classes)
    samples, pixels = data.decode_once(samples, predictor.size, predictor.fit)
    report = evaluation.measure_samples(predictor, pixels, samples, split or ("test" if own else "all"))
    if out is not None:
        report.write(out)
    evaluation.check_gate(report, min_accuracy)
    return report


if __name__ == "__main__":
    program(evaluate)
