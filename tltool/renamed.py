"""Names of earlier versions that are others now: a program that was copied then stops with one sentence, which says the new name.

Such names are missed while Python still imports, before a recipe has begun and with it the boundary of errors. So the error is an
``ImportError``, which whoever expects one may catch; and only when it is raised, it takes care that nobody is shown a traceback of it.
"""

import sys
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, NoReturn

from tltool.errors import RenamedError

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]

RENAMED: dict[str, str] = {  # modules, and names in them
    "tltool.Contest": "tltool.Comparison, and comparison=… for contest=… of compare",
    "tltool.audit": "tltool.checks, and there check_photos for audit_photos, findings.Checks for findings.Audit",
    "tltool.data.find_alike": "tltool.data.find_near_duplicates",
    "tltool.data.find_doubts": "tltool.data.find_label_errors",
    "tltool.data.inventory": "tltool.data.cache.inventory",
    "tltool.data.look_at": "tltool.data.make_thumbnails",
    "tltool.evaluation.choose_exhibits": "tltool.inspection.choose_examples",
    "tltool.evaluation.comparison.Comparison": "tltool.evaluation.comparison.Compared",
    "tltool.evaluation.conclude": "tltool.evaluation.finish",
    "tltool.evaluation.explain_window": "tltool.inspection.explain_window",
    "tltool.evaluation.judge": "tltool.evaluation.compare_runs",
    "tltool.evaluation.look_inside": "tltool.inspection.look_inside",
    "tltool.evaluation.require_window": "tltool.inspection.require_window",
    "tltool.evaluation.spread": "tltool.inspection.spreads",
    "tltool.evaluation.study_initializers": "tltool.inspection.study_initializers",
    "tltool.exports.mend": "tltool.exports.requantize_lossy",
    "tltool.exports.models_in": "tltool.benchmarking.models_in",
    "tltool.exports.state_claim": "tltool.exports.take_reference",
    "tltool.exports.time_models": "tltool.benchmarking.time_models",
    "tltool.exports.timings": "tltool.benchmarking.timings",
    "tltool.exports.workshop": "tltool.exports.staged",
    "tltool.models.dense_counterpart": "tltool.models.dense_baseline",
    "tltool.models.descriptions": "tltool.models.summary.descriptions",
    "tltool.models.standardise": "tltool.models.normalize",
    "tltool.parameters.StudyInitializers": "tltool.recipes.initializers, a recipe of its own for --initializers of describe",
    "tltool.runs.SIGNAL": "tltool.data.samples, whose facts say the kind of the rows",
    "tltool.specs.Contest": "tltool.specs.Comparison, and comparison=… for contest=… of compare",
    "tltool.training.doubt_labels": "tltool.training.suspect_labels",
    "tltool.training.estimate.Rehearsal": "tltool.training.estimate.Estimate",
    "tltool.training.rehearse": "tltool.training.estimate_training",
}


def require_current(name: str) -> None:
    """Raises ``RenamedError`` for a name that there was once, such as ``tltool.data.find_alike``."""
    if name in RENAMED:
        if getattr(sys.excepthook, "func", None) is not _in_one_sentence:
            sys.excepthook = partial(_in_one_sentence, sys.excepthook)
        raise RenamedError(
            f"A program must use the names that tltool has now. Received: {name}, of an earlier version. Write {RENAMED[name]}, or copy "
            "the recipe anew (tltool copy)."
        )


def former_names(module: str) -> Callable[[str], NoReturn]:
    """``__getattr__`` for a module in which names have changed."""

    def __getattr__(name: str) -> NoReturn:
        require_current(f"{module}.{name}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__


class FormerModules:
    """The last one whom Python asks for a module, when nobody else has found it."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        require_current(name)


def watch() -> None:
    """Have modules that were renamed answered by what they are called now."""
    if FormerModules not in sys.meta_path:
        sys.meta_path.append(FormerModules)  # type: ignore[arg-type]  # an older typeshed wants instances


def _in_one_sentence(before: Hook, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends a program: the sentence alone for a name that has changed, and for everything else what was shown ``before``."""
    if isinstance(error, RenamedError):
        from tltool.terminal import complain

        complain(f"Error: {error}")
    else:
        before(kind, error, trace)
