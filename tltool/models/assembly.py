"""Photo → backbone → head, as one model that takes RGB 0–255 and needs nothing in front of it."""

from collections.abc import Sequence

import keras

from tltool.errors import SpecError
from tltool.models.head import attach_head
from tltool.models.pyramid import decode, tapped
from tltool.specs import Head
from tltool.specs.spec import flag_of
from tltool.task import task_named


def assemble(
    backbone: keras.Model, head: Head, classes: Sequence[str], seed: int, scaling: keras.layers.Layer | None = None, task: str = "classify"
) -> keras.Model:
    """``backbone`` with ``head`` on top: float32 RGB 0–255 [n, size, size, 3], or signals [n, length, channels] as they are stored →
    probabilities [n, len(classes)], or whatever outputs [n, …] the ``task`` has.

    Args:
        scaling: what signals pass before the backbone; a backbone for photos scales them itself.
    """
    if task_named(task).head.ON_MAP:
        return _on_map(backbone, head, classes, seed, task)
    shape = backbone.input_shape[1:]
    given = keras.Input(shape, name="photo" if len(shape) == 3 else "signal")
    scaled = scaling(given) if scaling else given
    return keras.Model(given, attach_head(backbone(scaled), head, len(classes), seed, task), name="classifier")


def _on_map(backbone: keras.Model, head: Head, classes: Sequence[str], seed: int, task: str) -> keras.Model:
    """Maps of the backbone at several strides → one map at a quarter of the photo's side → the head of ``task``.

    Raises:
        SpecError: a head is described that would stand on pooled features.
    """
    if typed := [f"--{flag_of(name, Head.model_fields[name])}" for name in head.model_fields_set]:
        raise SpecError(f"A head must not be described with --task {task}, which has its own. Received: {', '.join(sorted(typed))}.")
    photo = keras.Input(backbone.input_shape[1:], name="photo")
    features = decode(tapped(backbone)(photo), seed=seed)
    return keras.Model(photo, task_named(task).head.attach(features, head, len(classes), seed), name="locator")
