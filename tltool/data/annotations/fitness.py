"""What a task asks of labels: photos that do not fit it are left out, and labels that do not fit it at all are refused."""

from collections.abc import Callable, Sequence

from tltool.data.annotations.annotated import Annotated
from tltool.data.annotations.fields import FORGOTTEN
from tltool.data.annotations.truths import Truth
from tltool.data.samples import Fault
from tltool.errors import DataError
from tltool.wording import counted, quoted


def _not_alone(truth: Truth) -> str:
    n = len(truth.instances)
    return "" if n == 1 else f"shows {counted(n, 'object')}, and must show one to have it localized"


def _unmasked(truth: Truth) -> str:
    n = sum(not instance.mask and not instance.box.crowd for instance in truth.instances)
    return f"has {counted(n, 'object')} without a mask" if n else ""


def _refuse_several(annotated: Annotated, where: str) -> None:
    n = sum(len(truth.instances) > 1 for truth in annotated.truths)
    if annotated.points and n:
        raise DataError(
            f"A photo must show one object to learn its points. Received: {where} with {counted(n, 'photo')} of several. "
            "Cut the objects out, or detect them with --task detect."
        )


REFUSALS: dict[str, Callable[[Annotated, str], None]] = {"landmarks": _refuse_several}  # with a reason of their own
UNFIT: dict[str, Callable[[Truth], str]] = {
    "localize": _not_alone,
    "instances": _unmasked,
    "segment": _unmasked,
}  # why a photo is left out, or ""


def fitted(annotated: Annotated, task: str | None) -> Annotated:
    """The photos that are fit for a task; None takes all of them.

    Raises:
        DataError: none is, the task asks for other labels, or a name cannot be shown.
    """
    _require_names(annotated)
    fit = annotated.without([*map(UNFIT[task], annotated.truths)]) if task in UNFIT else annotated
    where = f"{quoted(fit.where)}, {fit.form}"
    if not fit.photos:
        raise DataError(f"There must be photos with labels. Received: {where} with none that can be used{_first(fit.faults)}.")
    if not fit.tasks:
        raise DataError(f"There must be labels of objects. Received: {where} with none on {counted(len(fit), 'photo')}.")
    if task is not None and task not in fit.tasks:
        REFUSALS.get(task, lambda annotated, where: None)(fit, where)
        raise DataError(f"The labels must be fit for --task {task}. Received: {where}, fit for {' and '.join(fit.tasks)}.")
    return fit


def _require_names(annotated: Annotated) -> None:
    for name in (*annotated.classes, *annotated.points):
        if name.splitlines() != [name] or any("\ud800" <= sign <= "\udfff" for sign in name):  # surrogates: bytes that are no UTF-8
            raise DataError(f"The name of a class or a point must be one line of readable text. Received: {quoted(name)}. Rename it.")


def _first(faults: Sequence[Fault]) -> str:
    """The first fault, at the end of a sentence; photos that were merely forgotten explain the least."""
    ranked = sorted(faults, key=lambda fault: fault.reason == FORGOTTEN)
    return f" ({counted(len(faults), 'fault')}, such as: {ranked[0]})" if ranked else ""
