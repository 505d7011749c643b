"""A model with the outputs that its exports have."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tltool.task import task_named

if TYPE_CHECKING:
    import keras

Call = Callable[[Any], dict[str, Any]]


def divided(model: "keras.Model", task: str) -> "keras.Model":
    """``model`` with its outputs by name, as the task divides them; one that stays whole is left as it is."""
    import keras

    outputs = task_named(task).outputs
    if len(outputs.NAMES) == 1:
        return model
    return keras.Model(model.inputs, dict(zip(outputs.NAMES, outputs.parts(model), strict=True)), name=model.name)


def calling(model: "keras.Model", task: str) -> Call:
    """What gives, in a graph, the outputs of ``model`` by name for photos float32 [n, size, size, 3]."""
    taken, (name, *_) = divided(model, task), task_named(task).outputs.NAMES

    def call(photos: Any) -> dict[str, Any]:
        found = taken(photos, training=False)
        return found if isinstance(found, dict) else {name: found}

    return call
