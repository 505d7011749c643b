"""Write a run's model as SavedModel, TFLite or ONNX, and compare."""

from tltool import data, evaluation, exports
from tltool.exports.results import Exports
from tltool.options import program
from tltool.parameters import Force, Formats, MaxDrop, Precisions, RunFolder
from tltool.runs import Run


def export(run: RunFolder, format: Formats = ("tflite",), precision: Precisions = (), force: Force = False,
           max_drop: MaxDrop = 0.02) -> Exports:
    """Write a run's model as SavedModel, TFLite or ONNX, and compare.

    Files go to RUN/exports. Each artefact is run on the validation photos in its own runtime and compared with the model it
    came from. A quantized one that loses more accuracy than --max-drop is calibrated with more photos, then has the layers that
    hurt left in float; the best is written, with exit code 3 when that is not enough.
    """
    source = Run(run)
    facts = {"classes": source.classes, "size": source.finished["size"], "fit": source.finished["fit"], "name": source.path.name}
    folder = source.path / "exports"
    wanted = exports.plan_artefacts(format, precision, folder, force)
    predictor = evaluation.open_predictor(source)
    samples = evaluation.match_classes(data.read_split(source.path / "split.csv"), predictor.classes)
    needed = exports.photos_needed(samples, [artefact.precision for artefact in wanted])
    pixels = data.decode_own(needed, predictor.size, predictor.fit, "Put them back; --precision float32 and float16 need those of "
                                                                    "validation only.")
    claim, training = exports.state_claim(predictor, pixels, needed, "validation"), pixels[needed.rows("train")]
    facts |= {"origin": exports.trace_origin(source, samples),
              "score_calibration": exports.calibration_facts(source, claim.expected, claim.labels)}
    vectors = exports.choose_vectors(pixels, claim.rows, claim.labels, claim.expected, predictor.classes)

    with exports.workshop(folder) as place:  # nothing takes its name before it is proved
        paths = [exports.write_artefact(artefact, predictor.model, facts, training, place) for artefact in wanted]
        parities = exports.mend(exports.prove(paths, claim), claim, facts, training, max_drop)
        result = exports.publish(parities, "validation", facts, folder, vectors)
    exports.check_drop(result, max_drop)
    return result


if __name__ == "__main__":
    program(export)
