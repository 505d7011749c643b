"""What an answer says beside the most probable class: which classes fit, and that it is none of these where none is probable enough."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
from pydantic import ValidationError

from tltool.errors import ExportError, SpecError
from tltool.evaluation.novelty import BEYOND, UNLIKE, familiar_of
from tltool.evaluation.predictors import FILES, Predictor
from tltool.evaluation.trust import fewest, judged_by, set_limit, threshold
from tltool.progress import say
from tltool.runs import Run
from tltool.runs.files import VALIDATION
from tltool.runs.forms import fault_of
from tltool.runs.trust import SetLimit, Threshold, Trust
from tltool.task import calibration_of
from tltool.wording import counted

PRECISION = 0.95
UNSURE = "unsure"  # why an answer is none of these


class Caution(NamedTuple):
    """How careful answers are: what a class in a set, and an answer that is given, must reach; None where nobody asks.

    Attributes:
        n: how many validation photos, or signals, say so.
        unlike: photos uint8 [n, size, size, 3] → whether each is unlike the training photos, bool [n]; None where nobody asks, or knows.
    """

    n: int = 0
    sets: SetLimit | None = None
    answers: Threshold | None = None
    unlike: Callable[[np.ndarray], np.ndarray] | None = None


def be_cautious(trained: Path | str, predictor: Predictor, coverage: float | None, reject: bool, precision: float | None) -> Caution:
    """What the validation photos say for ``coverage`` and ``precision``, told in words.

    Args:
        trained: what ``predictor`` was opened from.
        coverage: share of the sets that hold the right class; None for no sets.
        reject: whether an answer may be none of these, as a ``precision`` asks for too; by default that is 0.95.

    Raises:
        SpecError: the task has no such answers, or there are too few validation photos; or an exported file carries other shares.
        RunError, ExportError: the run or the file knows nothing of validation photos, or what it knows is damaged.
    """
    precision = precision or (PRECISION if reject else None)
    if coverage is None and precision is None:
        return Caution()
    if calibration_of(predictor.task) is None:
        asked = "--reject" if coverage is None else "--set"
        raise SpecError(
            f"{asked} must be asked of a model that names one class per photo. Received: {trained}, of --task {predictor.task}."
        )
    found = (_carried if Path(trained).suffix in FILES else _worked_out)(trained, predictor, coverage, precision)
    say(*_told(found, predictor.kind))
    return found


def _worked_out(trained: Path | str, predictor: Predictor, coverage: float | None, precision: float | None) -> Caution:
    """From the run's own answers, for any share."""
    run, part = Run(trained), calibration_of(predictor.task)
    assert part is not None
    judged = judged_by(run, part)
    n, where = len(judged.right), f"{counted(len(judged.right), f'validation {predictor.kind}')} in {run.path / VALIDATION}"
    sets = None if coverage is None else set_limit(judged.of_truth, coverage)
    if coverage is not None and sets is None:
        _refuse_sets(coverage, where)
    answers = None if precision is None else threshold(judged, precision)
    if precision is not None and answers is None:
        _refuse_answers(precision, where)
    return Caution(n, sets, answers, None if precision is None else _unlike(run, predictor))


def _unlike(run: Run, predictor: Predictor) -> Callable[[np.ndarray], np.ndarray] | None:
    from tltool.evaluation.strangeness import strangeness  # here, because it needs Keras, and exported files do without

    familiar = familiar_of(run) if predictor.kind == "photo" else None
    return strangeness(predictor.model, familiar) if familiar else None


def _refuse_sets(coverage: float, where: str) -> NoReturn:
    raise SpecError(
        f"--set {coverage:g} must rest on {fewest(coverage)} validation photos or more. Received: {where}. Train with more photos "
        "or a larger --validation, or ask for a smaller share."
    )


def _refuse_answers(precision: float, where: str) -> NoReturn:
    raise SpecError(
        f"--target-precision {precision:g} must be reached by the surest {fewest(precision)} validation photos or more. Received: "
        f"{where}, of which no such part is right that often, with room for chance. Train with more photos or a larger --validation, "
        "or ask for less."
    )


def _carried(trained: Path | str, predictor: Predictor, coverage: float | None, precision: float | None) -> Caution:
    """As an exported file says it, for the shares that it knows."""
    if predictor.trust is None:
        raise ExportError(
            "--set and --reject must have what validation photos say, which tltool export writes into a file. Received: "
            f"{trained}, without it. Export a run that has its {VALIDATION}, or give the run."
        )
    try:
        trust = Trust.model_validate(predictor.trust)
    except ValidationError as error:
        raise ExportError(
            f"An export must say what is known of its answers as tltool does. Received: {fault_of(error)} in {trained}. Export it again."
        ) from None
    sets, answers = {its.coverage: its for its in trust.sets}, {its.target_precision: its for its in trust.thresholds}
    if coverage is not None and coverage not in sets:
        _refuse_share("--set", coverage, sets, trained)
    if precision is not None and precision not in answers:
        _refuse_share("--target-precision", precision, answers, trained)
    return Caution(trust.n, None if coverage is None else sets[coverage], None if precision is None else answers[precision])


def _refuse_share(flag: str, share: float, known: Iterable[float], trained: Path | str) -> NoReturn:
    shares = ", ".join(f"{its:g}" for its in sorted(known)) or "none, as it had too few validation photos"
    raise SpecError(
        f"{flag} must be a share that an exported file knows: {shares}. Received: {share:g}, of {trained}. Give another, or the run."
    )


def _told(found: Caution, kind: str) -> Iterable[str]:
    """What is promised, by how many, and what is not."""
    resting = counted(found.n, f"validation {kind}")
    if found.sets:
        share = found.sets.coverage
        yield (
            f"Sets: a class is in the set of a {kind} where its probability is {found.sets.least:.3f} or more, by {resting}. Of {kind}s "
            f"like those, a share {share:.4g} of the sets holds the right class (split-conformal, alpha {1 - share:.4g}): on average over "
            f"all {kind}s and not within each class, and nearly so, as the same {kind}s chose the weights. An empty set fits no class."
        )
    if found.answers:
        given = found.answers
        yield (
            f"None of these: an answer with a probability below {given.threshold:.3f} is {UNSURE}. Of {resting}, a share "
            f"{given.coverage:.3f} is answered, and {given.precision:.3f} of these answers are right: the target "
            f"{given.target_precision:.4g} and room for chance, one standard error. The same {kind}s chose the weights, so expect a "
            "little less."
        )
        if found.unlike:
            yield (
                f"Nor is one answered that is {UNLIKE}: in what the network sees, {kind}s of them are farther away than all but "
                f"{BEYOND:.0%} of the validation {kind}s, or than all where they are fewer than {1 / BEYOND - 1:.0f}."
            )
        elif kind == "photo":
            yield f"Whether a {kind} is {UNLIKE} is not known here: a run that learned from enough of them knows, its exports do not."
