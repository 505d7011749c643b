"""Cross-validation for small data sets: every photo answered once, by a linear head that has not learned from it or its like."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from tltool.data.predictions import predictions_table
from tltool.data.samples import Samples, require_exclusive
from tltool.data.splitting.groups import Alike, bind, number_groups
from tltool.data.splitting.splits import trained_on
from tltool.errors import DataError
from tltool.evaluation.report import report_on
from tltool.evaluation.results import Evaluation
from tltool.progress import say, warn
from tltool.training.probe import out_of_fold
from tltool.wording import shown

MEASURES = (
    "A linear head on the frozen backbone's features: each photo is answered by a head that learned from the other folds. It "
    "measures the backbone and the photos, not the model of this run, which learned from some of them."
)


def cross_validate(
    features: np.ndarray | None, samples: Samples, folds: int | None, seed: int = 0, alike: Alike = (), taught: Path | None = None
) -> Evaluation | None:
    """Measure a linear head on all photos, whatever part they are in; None where no folds are asked for.

    The photos are divided into ``folds`` parts of like class shares; photos of one content, one group or one set of ``alike`` share a
    fold (stratified group k-fold). Each fold is answered by a logistic regression on the features of the others. The backbone must not
    have learned from the photos, as a pretrained one has not; fine-tuned features would flatter.

    Args:
        features: float32 [n, d], row i for row i of the samples' table, from the frozen backbone.
        folds: from 2 up.
        alike: groups of rows that look alike, as ``likeness.find_alike`` finds them.
        taught: the split.csv of the run that the backbone comes from; a warning says how many of its photos are measured on.

    Returns:
        An evaluation of all photos, whose report also has ``folds``, ``groups`` (how many are independent of each other; the interval
        counts photos, and is too narrow where there are far fewer groups) and ``measures``.

    Raises:
        DataError: fewer independent photos than folds, or a class of which there is only one.
    """
    if folds is None or features is None:
        return None
    _warn_of_trained_on(samples, taught)
    amounts = require_folds(samples, folds, alike)
    if small := [f"{shown(name)} ({n})" for name, n in amounts.items() if n < folds]:
        warn(
            f"Fewer independent photos than folds, so that some folds have none of them: {', '.join(small[:5])}"
            f"{', …' if len(small) > 5 else ''}."
        )
    groups = number_groups(samples, alike)
    probabilities = out_of_fold(features, samples.labels, len(samples.classes), folds, groups, seed)
    measured = report_on(predictions_table(samples, probabilities, {}), samples.classes, "all", samples.task)
    independent = len(set(groups.tolist()))
    report = measured.report.with_fields(split="cross-validation", folds=folds, groups=independent, measures=MEASURES)
    low, high = report["accuracy_interval"]
    say(
        f"Cross-validated over {folds} folds: accuracy {report['accuracy']:.3f} (95 % interval {low:.3f}–{high:.3f}) for a linear head on "
        f"the frozen backbone, on all {len(samples)} photos."
    )
    return replace(measured, report=report)


def require_folds(samples: Samples, folds: int | None, alike: Alike = ()) -> dict[str, int]:
    """How many photos of each class are independent of each other, once that is enough for ``cross_validate``; {} where no folds are asked
    for.

    Raises:
        DataError: fewer independent photos than folds, a class of which there is only one, or photos of several labels.
    """
    if folds is None:
        return {}
    require_exclusive(samples, "--folds")
    bound, labels = bind(samples, alike), samples.table["label"].tolist()
    if not 2 <= folds <= len(bound):
        raise DataError(
            "--folds must be 2 or more, and at most the number of photos that are independent of each other, "
            f"{len(bound)}. Received: {folds}."
        )
    amounts = Counter(name for rows in bound for name in {labels[row] for row in rows})
    if single := [shown(name) for name in samples.classes if amounts[name] < 2]:
        raise DataError(
            "--folds needs at least two independent photos of every class, one to learn from and one to answer. "
            f"Received: {', '.join(single[:5])} with one or none. Add photos, or take the class out."
        )
    return {name: amounts[name] for name in samples.classes}


def _warn_of_trained_on(samples: Samples, taught: Path | None) -> None:
    learned = trained_on(taught)
    if seen := sum(content in learned for content in samples.table["sha256"]):
        warn(f"{seen} of {len(samples)} photos taught or chose the backbone in its own run, which flatters the cross-validation.")
