"""Measure a run or an exported model on photos of known classes."""

from pathlib import Path
from typing import Annotated

from tltool import evaluation
from tltool.evaluation.results import Evaluation
from tltool.options import program, recipe
from tltool.parameters import Labels, MinScore, Part, PixelScaling, Source, Trained
from tltool.runs import require_new
from tltool.specs import option


@recipe
def evaluate(
    trained: Trained,
    photos: Annotated[
        Source, option(None, flag="data", help="Measure on this folder instead of the run's own photos; class folders are matched by name.")
    ] = None,
    split: Part = None,
    out: Annotated[Path | None, option(None, help="Also write the report and the predictions into this new folder.")] = None,
    min_score: MinScore = None,
    labels: Labels = None,
    scaling: PixelScaling = None,
) -> Evaluation:
    """Measure a run or an exported model on photos of known classes.

    Without --data these are the test photos that the run itself kept apart; with it, all photos of another folder, whose class
    folders are matched by name; for a run on signals, those of another .npz file. The record of the run stays as it is.
    """
    if out is not None:
        require_new(out)
    predictor = evaluation.open_predictor(trained, labels, scaling)
    measured = evaluation.measure_trained(predictor, trained, photos, split).evaluation
    if out is not None:
        measured.write(out)
    evaluation.check_gate(measured, min_score)
    return measured


if __name__ == "__main__":
    program(evaluate)
