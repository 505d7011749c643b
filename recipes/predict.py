"""Say what photos show with a run or an exported model."""

from pathlib import Path
from typing import Annotated

from tltool import data, evaluation, figures
from tltool.evaluation.results import Answers
from tltool.options import program, recipe
from tltool.parameters import Labels, PixelScaling, Trained
from tltool.specs import option


@recipe
def predict(
    trained: Trained,
    photos: Annotated[
        tuple[Path, ...], option(help="Photos or folders of photos; - reads paths from standard input.", argument=True, min_length=1)
    ],
    top: Annotated[
        int | None, option(None, help="How many classes to show per photo, the most probable first; default: what the model names.", ge=1)
    ] = None,
    draw: Annotated[
        Path | None,
        option(None, help="Also write the photos with their answers drawn on them into this new folder, where objects are located."),
    ] = None,
    masks: Annotated[
        Path | None, option(None, help="Also write the mask of every photo into this new folder, where every pixel is given a class.")
    ] = None,
    coco: Annotated[
        Path | None,
        option(
            None,
            help="Also write all boxes or masks found, also those with scores too low to be shown, into this new FILE.json, as COCO "
            "results with the ids of the run's COCO annotations; without such, ids count from 1.",
        ),
    ] = None,
    labels: Labels = None,
    scaling: PixelScaling = None,
    coverage: Annotated[
        float | None,
        option(
            None,
            flag="set",
            help="Also name all classes that fit: a set that holds the right one for this share of photos, such as 0.9.",
            gt=0,
            lt=1,
        ),
    ] = None,
    reject: Annotated[bool, option(False, help="Answer none of these where no class is probable enough for --target-precision.")] = False,
    target_precision: Annotated[
        float | None,
        option(None, help="How often the answers that --reject leaves were right on the validation photos; default: 0.95.", gt=0, lt=1),
    ] = None,
) -> Answers:
    """Say what photos show with a run or an exported model.

    PHOTOS are files, folders of photos, or - to read paths from standard input. A file that is no photo is named and the rest
    goes on; the exit code is then 1. A .tflite or .onnx file needs neither Keras nor TensorFlow. A .tflite file that tltool did not
    write works if it takes one photo; what has to be assumed of it is told, and --labels and --scaling say better. A run on signals takes
    .npz files with an array x and answers for each of its rows.

    --coco writes [{image_id, category_id, bbox, score}], with segmentation where objects have masks, for other people's evaluators. Its
    boxes are left, top, width and height in pixels of the upright photo, or of the stored one where the annotations are of that. Where
    the run was trained from COCO JSON, ids are those of the file that names the most of PHOTOS; a photo or a class that it does not name
    gets the next free number. Else images are numbered from 1 in the order of PHOTOS, and categories from 1 in the order of the classes.

    --set and --reject rest on the run's validation photos, and say on how many. They hold for photos like these; what is shown that no
    class knows may well look probable. An exported file knows 0.8, 0.9, 0.95 and 0.99 for --set, 0.9, 0.95, 0.98 and 0.99 for
    --target-precision, as far as there were photos enough.
    """
    predictor = evaluation.open_predictor(trained, labels, scaling)
    figures.require_drawable(predictor, draw, masks)
    caution = evaluation.be_cautious(trained, predictor, coverage, reject, target_precision)
    inputs = data.list_inputs(photos, predictor.kind)
    ids = evaluation.require_results(predictor, trained, inputs, coco)
    answers = evaluation.answer(predictor, inputs, top, caution)
    if draw is not None:
        figures.draw_answers(answers, predictor.classes, draw)
    if masks is not None:
        figures.write_masks(answers, predictor.classes, masks)
    if coco is not None:
        evaluation.write_results(answers, predictor.classes, ids, coco)
    return answers


if __name__ == "__main__":
    program(predict)
