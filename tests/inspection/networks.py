"""Small networks with random weights, and a photo, for looking into."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from tltool.inspection.examples import Example
from tltool.inspection.graph import Inside, look_inside
from tltool.models.assembly import assemble
from tltool.models.stack.conv_stack import build_stack
from tltool.specs import ConvStack, Head

CLASSES = ["hat", "shoe", "skirt"]


def classifier(*conv: str, size: int = 24, head: Head = Head(), classes: list[str] = CLASSES, **wishes: Any) -> keras.Model:
    """A stack of ``conv`` blocks with a head; biases and batch norms are random too, so that leaving one out shows."""
    model = assemble(build_stack(ConvStack(conv=conv, **wishes), (size, size, 3), seed=0), head, classes, 0)
    random = np.random.default_rng(0)
    for layer in (*model.get_layer("backbone").layers, model.get_layer("logits")):
        if not layer.name.startswith("fixed"):
            layer.set_weights([weight if weight.ndim > 1 else random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return model


def example(model: keras.Model, seed: int = 0, label: str | None = None, classes: list[str] = CLASSES) -> Example:
    size = model.input_shape[1]
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    scores = np.asarray(keras.ops.convert_to_numpy(model(pixels[None].astype("float32"), training=False)))[0]
    return Example(Path(f"photo{seed}.png"), pixels, scores, classes, label)


def inside(*conv: str, **wishes: Any) -> tuple[Inside, Example]:
    model = classifier(*conv, **wishes)
    return look_inside(model), example(model)
