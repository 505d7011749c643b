"""Write a run's model as SavedModel, TFLite or ONNX, compared."""

from typing import Annotated

from tltool import data, evaluation, exports
from tltool.exports.results import Exports
from tltool.options import program, recipe
from tltool.parameters import Force, RunFolder
from tltool.runs import Run
from tltool.specs import ExportFormat, Precision, option


@recipe
def export(
    run: RunFolder,
    format: Annotated[tuple[ExportFormat, ...], option(("tflite",), help="What to write; repeatable.")] = ("tflite",),
    precision: Annotated[tuple[Precision, ...], option((), help="Number format of a .tflite, default float32; repeatable.")] = (),
    force: Force = False,
    max_drop: Annotated[
        float, option(0.02, help="Accuracy, or other score, an export may lose on the validation photos, from 0 to 1.", ge=0, le=1)
    ] = 0.02,
    reject: Annotated[
        bool,
        option(
            False, help="Have MediaPipe name no class of a .tflite file that is as unsure as what predict --reject rejects; others see all."
        ),
    ] = False,
) -> Exports:
    """Write a run's model as SavedModel, TFLite or ONNX, compared.

    Files go to RUN/exports. Each artefact is run on the validation photos in its own runtime and compared with the model it
    came from. A quantized one that loses more accuracy than --max-drop is calibrated with more photos, then has the layers that
    hurt left in float; the best is written, with exit code 3 when that is not enough.
    """
    source = Run(run)
    source.require_photos("What tltool export takes")
    folder = source.path / "exports"
    wanted = exports.plan_artefacts(format, precision, folder, force)
    predictor = evaluation.open_run(source)
    samples = evaluation.match_classes(data.read_split(source.path / "split.csv", source.task), predictor.classes)
    needed = exports.photos_needed(samples, wanted, tiles=predictor.tiles)
    pixels = data.decode_own(needed, predictor.size, predictor.fit, exports.ADVICE, predictor.tiles)
    reference = exports.take_reference(predictor, pixels, data.cut_into_tiles(needed, predictor.tiles))
    facts = exports.facts_of(source, samples, reference, reject)
    with exports.staged(folder) as place:  # nothing takes its name before it is proved
        paths = [exports.write_artefact(artefact, reference, facts, place) for artefact in wanted]
        parities = exports.requantize_lossy(exports.prove(paths, reference), reference, facts, max_drop)
        published = exports.publish(parities, reference, facts, folder)
    exports.check_drop(published, max_drop)
    return published


if __name__ == "__main__":
    program(export)
