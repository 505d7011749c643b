"""A run that is a part of a larger one."""

from collections.abc import Callable
from typing import Any

from tltool.runs.files import RECORD
from tltool.runs.resuming import require_wished
from tltool.runs.run import Run


def carry_on(recipe: Callable[..., Run], whole: Run, name: str, **wishes: Any) -> Run:
    """The part ``name`` of a larger run: as it is when it is finished, gone on with when it was interrupted, and a new run of ``recipe``
    where there is none.

    Raises:
        RunError: what is there was begun with other ``wishes``.
    """
    part = Run(whole.path / name)
    if not (part.path / RECORD).is_file():
        # the whole is ours; of others', what lies there stays; and the whole, not its parts, is told of
        return recipe(**wishes, out=part.path, force=True, report=False)
    require_wished(part.path, wishes)
    return part if part.record.state == "finished" else part.resume()
