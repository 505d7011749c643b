"""What the choice of kernel initializer does to a stack before any training: spreads of activations and gradients at each depth.

After Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), and He et al., "Delving Deep
into Rectifiers" (2015): a signal whose spread falls or grows by a constant factor with each layer vanishes or explodes with depth.
"""

import re
from typing import Any

import keras
import numpy as np

from tltool import data, models
from tltool.calls import read_initializer
from tltool.catalog import INITIALIZERS
from tltool.data.samples import Samples
from tltool.errors import DataError, SpecError
from tltool.inspection.spreads import Spread, Spreads
from tltool.models.head import attach_head, logits_of
from tltool.progress import track
from tltool.specs import ConvStack, Head
from tltool.task import task_named

PHOTOS = 32


class Offset(keras.layers.Layer):
    """Adds zeros that can be learned, one for each number of a batch: their gradient is that of what they are added to."""

    def __init__(self, photos: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.photos = photos

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.added = self.add_weight(shape=(self.photos, *shape[1:]), initializer="zeros", name="added")

    def call(self, x: Any) -> Any:
        return x + self.added

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape  # JAX cannot find it out from a batch of unknown size


def study_initializers(stack: ConvStack, head: Head, size: int, photos: Any, against: str, seed: int) -> Spreads:
    """The spreads with the stack's own initializer and with each of ``against``, on the same photos, every kernel with a seed of its own.

    Args:
        size: side of the photos in pixels.
        photos: a folder of photos or a CSV; at most 32 of them are looked at, drawn by ``seed``.
        against: names separated by commas, with arguments if need be, or ``all``.

    Raises:
        SpecError: an unknown initializer, no block, or a stack that cannot be laid on the photos.
        DataError: photos that cannot be read.
    """
    names = list(dict.fromkeys([stack.kernel_initializer, *_listed(against)]))
    if not stack.blocks:
        raise SpecError("--filters must give the stack a block, whose kernels can be initialized. Received: none.")
    shape = (size, size, 3)
    models.describe_stack(stack, shape, head, None)  # says what is wrong with the stack before photos are read
    samples = data.read_photos(photos)
    head.is_single_neuron(len(samples.classes))  # says what is wrong with the head before photos are decoded
    rows, pixels = _drawn(samples, size, seed)
    probed = _probed(stack, head, shape, samples.classes, len(rows), seed)
    targets = task_named(samples.task).head.targets(probed, samples.labels, samples.classes, "crop")(np.array(rows), None)
    found = tuple(
        _spread(probed, stack.model_copy(update={"kernel_initializer": name}), head, samples.classes, pixels, targets, seed)
        for name in track(names, "Initializers", len(names), "initializers")
    )
    what = f"{len(stack.blocks)} blocks at {size} px"
    return Spreads(what, len(rows), float((pixels / 127.5 - 1).std()), any(block.batch_norm for block in stack.blocks), seed, found)


def _listed(against: str) -> list[str]:
    """``a,b(c=1, d=2)`` → two; commas in brackets do not part."""
    if against == "all":
        return list(INITIALIZERS)
    names = [name.strip() for name in re.split(r",(?![^(]*\))", against) if name.strip()]
    for name in names:
        read_initializer(name, "--against")
    return names


def _drawn(samples: Samples, size: int, seed: int) -> tuple[list[int], np.ndarray]:
    """Places in the table of photos that can be decoded, and their pixels: float32 RGB 0–255 [n, size, size, 3]."""
    rows: list[int] = []
    pixels = []
    for row in np.random.default_rng(seed).permutation(len(samples)):
        try:
            pixels.append(data.decode(samples.paths[row], size, "crop"))
        except DataError:
            continue
        rows.append(int(row))
        if len(rows) == PHOTOS:
            break
    if not rows:
        raise DataError(
            "One photo at least must be such that it can be decoded. Received: none. `tltool check` says what is wrong with them."
        )
    return rows, np.stack(pixels).astype("float32")


def _outputs(stack: ConvStack) -> list[str]:
    """The names of the layers that put out what each block passes on, before its pooling."""
    return [f"block{number}_{block.activation}" for number, block in enumerate(stack.blocks, start=1)]


def _probed(stack: ConvStack, head: Head, shape: tuple[int, ...], classes: list[str], photos: int, seed: int) -> keras.Model:
    """The stack with its head up to the logits, and a probe behind each block's output; one step with rate 1 leaves minus the gradient in
    the probes, on every backend of Keras."""
    body = models.build_stack(stack, shape, seed)
    outputs = _outputs(stack)

    def probing(layer: Any, *tensors: Any, **settings: Any) -> Any:
        x = layer(*tensors, **settings)
        return Offset(photos, name=f"probe_{layer.name}")(x) if layer.name in outputs else x

    body = keras.models.clone_model(body, call_function=probing, clone_function=lambda layer: layer)
    model = logits_of(keras.Model(body.input, attach_head(body.output, head, len(classes), seed)))
    model.compile(keras.optimizers.SGD(1.0), task_named("classify").head.loss(model, 0.0), jit_compile=keras.backend.backend() == "jax")
    return model


def _spread(
    probed: keras.Model, stack: ConvStack, head: Head, classes: list[str], pixels: np.ndarray, targets: np.ndarray, seed: int
) -> Spread:
    body = models.build_stack(stack, pixels.shape[1:], seed)
    outputs = _outputs(stack)
    seeing = keras.Model(body.input, [body.get_layer(name).output for name in outputs])
    activations = [_deviation(x) for x in keras.tree.flatten(seeing(pixels, training=True))]
    fresh = logits_of(keras.Model(body.input, attach_head(body.output, head, len(classes), seed)))
    _take_weights(probed, fresh)
    probed.train_on_batch(pixels, targets)
    return Spread(
        stack.kernel_initializer, tuple(activations), tuple(_deviation(probed.get_layer(f"probe_{name}").added.value) for name in outputs)
    )


def _take_weights(probed: keras.Model, fresh: keras.Model) -> None:
    """Give ``probed`` the weights of ``fresh``, which is the same without probes, and zeros in the probes."""
    for layer in probed.layers:
        if isinstance(layer, Offset):
            layer.added.assign(np.zeros(layer.added.shape, "float32"))
        elif layer.weights:
            layer.set_weights(fresh.get_layer(layer.name).get_weights())


def _deviation(x: Any) -> float:
    with np.errstate(all="ignore"):
        return float(keras.ops.convert_to_numpy(x).astype("float64").std())
