"""Write a run's model as SavedModel or TFLite, and compare them."""

from tltool import data, evaluation, exports
from tltool.exports.results import Exports
from tltool.options import program
from tltool.runs import Run
from tltool.specs import Force, Formats, MaxDrop, Precisions, RunFolder


def export(run: RunFolder, format: Formats = ("tflite",), precision: Precisions = (), force: Force = False,
           max_drop: MaxDrop = None) -> Exports:
    """Write a run's model as SavedModel or TFLite, and compare them.

    Files go to RUN/exports. Each artefact is run on the validation photos in its own runtime and compared with the model it
    came from; exit code 3 when one loses more accuracy than --max-drop.
    """
    source = Run(run)
    facts = {"classes": source.classes, "size": source.finished["size"], "fit": source.finished["fit"], "name": source.path.name}
    folder = source.path / "exports"
    wanted = exports.plan_artefacts(format, precision, folder, force)
    predictor = evaluation.open_predictor(source)
    samples = evaluation.match_classes(data.read_split(source.path / "split.csv"), predictor.classes)
    pixels = data.decode_own(samples, predictor.size, predictor.fit)
    calibration = pixels[exports.calibration_rows(samples.labels, samples.rows("train"), seed=0)]

    with exports.workshop(folder) as place:  # nothing takes its name before it is proved
        paths = [exports.write_artefact(artefact, predictor.model, facts, calibration, place) for artefact in wanted]
        parities = exports.prove(paths, predictor, pixels, samples.labels, samples.rows("validation"))
        result = exports.publish(parities, "validation", facts, folder)
    exports.check_drop(result, max_drop)
    return result


if __name__ == "__main__":
    program(export)
