"""Where a model comes from: what its run and the catalogue know of its photos, its training, its accuracy and its licence."""

from collections import Counter
from typing import Any

import numpy as np

from tltool.catalog import BACKBONES, WEIGHTS_LICENCES
from tltool.data.samples import PARTS, Samples
from tltool.errors import ExportError
from tltool.evaluation.calibration import ScoreCalibration, calibrate_scores, calibration_error
from tltool.evaluation.caution import PRECISION
from tltool.evaluation.trust import trust_in
from tltool.exports.reference import Reference
from tltool.runs import Run, versions
from tltool.runs.forms import PhaseRecord
from tltool.runs.record import read_history
from tltool.runs.trust import threshold_at
from tltool.task import task_named
from tltool.wording import shown

NOT_STATED = "not stated by Keras"
UNKNOWN = "unknown"


def facts_of(run: Run, samples: Samples, reference: Reference, reject: bool = False) -> dict[str, Any]:
    """All that an export of ``run`` says of its model, ready for JSON: ``classes``, ``size``, ``fit``, ``task``,
    what was ``settled`` for it, ``name``, ``origin`` and, where there are such, what validation photos say of its answers, ``trust``, and
    ``score_calibration``.

    Args:
        samples: all photos of the run, by part.
        claim: the run's answers to validation photos, which the curve of calibration is fitted to.
        reject: whether readers of TFLite Metadata are told to leave out what ``caution`` takes for unsure.

    Raises:
        ExportError: they cannot be told, as too few validation photos say from where on.
    """
    facts = {
        "classes": run.classes,
        "size": run.usable.size,
        "fit": run.usable.fit,
        "task": run.task,
        "settled": run.settled,
        **({"tiles": run.record.tiles} if run.record.tiles else {}),
        "name": shown(run.path.name),
        "origin": _readable(_trace_origin(run, samples)),
        **({"trust": trust.content} if (trust := trust_in(run)) else {}),
        **({"score_calibration": _fit_calibration(run, reference)} if task_named(run.task).exported.CALIBRATES else {}),
    }
    return {**facts, "score_threshold": _threshold_in(facts)} if reject else facts


def _threshold_in(facts: dict[str, Any]) -> float:
    """Below which score, as it is where the curve of ``facts`` was applied, an answer is unsure."""
    least = threshold_at(facts.get("trust", {}), PRECISION)
    if least is None:
        raise ExportError(
            f"--reject must rest on validation photos of which a part is answered right at the rate {PRECISION:g}, in a run that names one "
            f"class per photo. Received: {facts['name']}, without. Export it without --reject, or train with more photos."
        )
    curve = {name: facts["score_calibration"][name] for name in ("slope", "offset", "n", "log_loss_before", "log_loss_after")}
    return float(ScoreCalibration(**curve)(np.array(least)))


def _readable(value: Any) -> Any:
    """``value`` with its texts as they can be shown: they name files and folders, and go into formats that hold nothing but UTF-8."""
    if isinstance(value, dict):
        return {key: _readable(found) for key, found in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(found) for found in value]
    return shown(value) if isinstance(value, str) else value


def _trace_origin(run: Run, samples: Samples) -> dict[str, Any]:
    """The run's own account: ``backbone``, ``licence``, ``photos`` per class and part, how many there are of each of the
    ``parts``, ``training`` phase by phase and, if it is finished, ``report``."""
    record = run.usable
    wished, report = run.resolved, run.report().content if record.state == "finished" else None
    return {
        "run": run.path.resolve().name,
        "recipe": record.recipe,
        "finished": record.finished or None,
        "kept": record.kept or None,
        "backbone": wished.get("backbone"),
        "stack": next((fields for fields in wished.values() if "filters" in fields), None),
        "licence": weights_licence(wished.get("backbone")),
        "photos": samples.counts(),
        "parts": {part: len(samples.rows(part)) for part in PARTS},
        "training": trace_training(run),
        "report": report,
        **({"calibration": record.calibration.content} if record.calibration else {}),
        "versions": record.versions or versions(),
    }


def trace_training(run: Run) -> dict[str, Any]:
    """What happened, and not what was planned: ``phases`` that ran to their end, in order, and the settings that hold for all of them.

    Each phase has ``name``, ``unfreeze``, whether its weights were ``solved`` for, and ``validation_accuracy``; one that was trained epoch
    by epoch has ``epochs`` (how many there were), ``learning_rate``, ``batch_size``, ``label_smoothing`` and ``augment`` as well.
    """
    record, settings = run.usable, run.resolved.get("training", {})
    epochs, scores = _count_epochs(run), record.validation_accuracy
    ran = [phase for phase in record.phases if epochs[phase.name] and phase.name in (scores or epochs)]
    shared = {name: settings[name] for name in ("balance", "precision", "seed") if settings.get(name) is not None}
    return {
        "phases": [
            {**_describe_phase(phase, epochs[phase.name], settings), "validation_accuracy": scores.get(phase.name)} for phase in ran
        ],
        **shared,
    }


def _describe_phase(phase: PhaseRecord, epochs: int, settings: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"name": phase.name, "unfreeze": phase.unfreeze, "solved": phase.solved}
    if phase.views > 1:
        described |= {"views": phase.views, "augment": phase.augment}
    if phase.solved:
        return described
    steps: dict[str, Any] = {name: settings[name] for name in ("batch_size", "label_smoothing") if name in settings}
    return {**described, "epochs": epochs, "learning_rate": phase.learning_rate, **steps, "augment": phase.augment}


def _count_epochs(run: Run) -> Counter[str]:
    """Rows of each phase in ``history.csv``; none where it is gone."""
    return Counter(row.get("phase", "") for row in read_history(run.path)) if (run.path / "history.csv").is_file() else Counter()


def weights_licence(backbone: dict[str, Any] | None) -> dict[str, str]:
    """``licence`` of the weights that training started from, and its ``source``; "unknown" where nobody documents it here."""
    if backbone is None or backbone["weights"] == "none":
        return {"licence": "none", "source": "training started from random weights"}
    name, weights = backbone["name"], backbone["weights"]
    if name.startswith("hub:"):
        return {"licence": UNKNOWN, "source": f"see the page of {name.removeprefix('hub:')}"}
    if name not in BACKBONES:
        return {"licence": UNKNOWN, "source": "the weights come from an earlier run; see its own card"}
    if weights != "imagenet":
        return {"licence": UNKNOWN, "source": "the weights come from a file"}
    documented, packaged = WEIGHTS_LICENCES.get(BACKBONES[name].builder), BACKBONES[name].packaged
    source = f"the package {packaged.package} {packaged.version}" if packaged else "Keras's documentation of keras.applications"
    learned = "the weights were learned from ImageNet's photos, which have terms of their own"
    return {"licence": documented or NOT_STATED, "source": f"{source}; {learned}"}


def _fit_calibration(run: Run, reference: Reference) -> dict[str, Any]:
    """The curve fitted to the answers of ``reference``; with the calibration error before and after on the photos of the run's report,
    where there is one and those are others."""
    curve = calibrate_scores(reference.expected, reference.labels)
    facts: dict[str, Any] = {**curve.to_dict(), "fitted_on": reference.split}
    if run.usable.state == "finished" and (report := run.report()).split != reference.split:
        table = run.predictions()
        scores = table[[f"p_{name}" for name in run.classes]].to_numpy(float)
        true = np.array([run.classes.index(label) for label in table["label"]])
        facts["measured"] = {
            "split": report.split,
            "n": len(true),
            "calibration_error_before": calibration_error(scores, true),
            "calibration_error_after": calibration_error(curve(scores), true),
        }
    return facts
