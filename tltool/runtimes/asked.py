"""What an exported model was asked, by the facts that it carries, and so how its outputs are put together."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tltool.errors import ExportError
from tltool.runs.forms import Asked, fault_of
from tltool.task import Outputs, task_named


def asked_of(facts: Mapping[str, Any]) -> Asked:
    """The task, and what was settled for it; a model of before knew one task.

    Raises:
        ExportError: a task that nobody knows, or something else than what tltool settles.
    """
    try:
        return Asked.model_validate(facts)
    except ValidationError as error:
        raise ExportError(f"An export must say what was asked as tltool does. Received: {fault_of(error)}. Export it again.") from None


def outputs_of(facts: Mapping[str, Any]) -> Outputs:
    """Those of the model's task. Raises as ``asked_of`` does."""
    return task_named(asked_of(facts).task).outputs
