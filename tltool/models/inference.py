"""Photos through a network that does not learn: by Keras, or, where a processor computes and they are many, by LiteRT.

LiteRT needs a third of Keras's time for a MobileNetV2 and nine tenths for a ResNet50 (``benchmarks/inference.py``), but converting the
network takes as long as a thousand photos of the one and four thousand of the other. What is taken depends on the network and on how many
photos there are, and never on the machine's cores or on what was converted before: the same command gives the same bits again.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import keras
import numpy as np

from tltool.models.conversion import road
from tltool.models.conversion.saved import saved_for_one_photo
from tltool.models.devices.device import computing_device
from tltool.noise import quietly
from tltool.progress import say
from tltool.runtimes.litert import side_by_side
from tltool.threads import cores

Forward = Callable[[np.ndarray], np.ndarray]  # photos float32 [b, h, w, 3] → float32 [b, …]
Runtime = Literal["litert", "keras"]

MOST_PARAMETERS = 30_000_000  # of a network that is converted: a larger one gains little, and each interpreter has its own weights
FEWEST, PER_MILLION = 800, 170  # photos from which on converting pays: in all, and more for every million parameters
TRIED = 4  # photos that both runtimes are asked of
CLOSE = 1e-3  # of the outputs' standard deviation: the largest gap between the two
ROUNDING = 1e-6  # of the largest output: a gap that is none, however little outputs differ
MOST_INTERPRETERS = 32  # as many photos as are computed at once
HELD_BYTES = 4e9  # that all interpreters together take, about


@dataclass(eq=False)
class Inference:
    """A network that does not learn, and how many photos it will be shown in all.

    Attributes:
        model: float32 RGB 0–255 [n, h, w, 3] → one output float32 [n, …].
    """

    model: keras.Model
    photos: int
    _tried: bool = field(default=False, init=False)
    _forward: Forward | None = field(default=None, init=False)

    @cached_property
    def runtimes(self) -> tuple[Runtime, ...]:
        """What may compute it, the quickest first; the last one always can."""
        parameters = self.model.count_params()
        pays = parameters <= MOST_PARAMETERS and self.photos >= FEWEST + PER_MILLION * parameters / 1e6
        is_of_photos = len(self.model.input_shape) == 4
        converts = pays and is_of_photos and keras.backend.backend() == "tensorflow" and "CPU" in computing_device()
        return ("litert", "keras") if converts else ("keras",)

    def on_litert(self, photos: np.ndarray) -> Forward | None:
        """The network on LiteRT, where that pays and where it answers the first of ``photos``, float32 [n, h, w, 3], n ≥ 1, as Keras does;
        else None, and a word that says why. It is converted and tried once."""
        if not self._tried and "litert" in self.runtimes:
            self._forward = _on_litert(self.model, photos[:TRIED])
        self._tried = True
        return self._forward


def _on_litert(model: keras.Model, photos: np.ndarray) -> Forward | None:
    say("converting the network, so that many photos are computed sooner")
    try:
        with saved_for_one_photo(model) as folder:
            forward = functools.partial(side_by_side, _interpreters(road.convert(folder, "float32")))
        expected, found = np.asarray(model(photos, training=False)), forward(photos)
    except Exception as error:  # whatever of it: Keras can
        say(f"LiteRT cannot compute this network ({_reason_of(error)}): Keras does, which takes longer.")
        return None
    gap, spread = float(np.abs(found - expected).max()), float(expected.std())
    if gap <= max(CLOSE * spread, ROUNDING * float(np.abs(expected).max())):
        return forward
    say(f"LiteRT strays from Keras by {gap:.2g}, where outputs spread by {spread:.2g}: Keras computes, which takes longer.")
    return None


def _reason_of(error: Exception) -> str:
    """What was received, of our own sentences; else the last line, which of a traceback says most."""
    lines = str(error).partition("Received: ")[2].partition(". ")[0] or str(error).strip() or type(error).__name__
    return lines.splitlines()[-1].rstrip(".")


def _interpreters(content: bytes) -> list[Forward]:
    """One for each core, each on one thread, so that the bits of a photo depend neither on the number of cores nor on those beside it."""
    first, tensors = _interpreter(content)
    held = len(content) + 2 * tensors
    return [first, *(_interpreter(content)[0] for _ in range(min(cores(), MOST_INTERPRETERS, int(HELD_BYTES // held)) - 1))]


def _interpreter(content: bytes) -> tuple[Forward, int]:
    """An interpreter, and the bytes of its largest tensor."""
    from ai_edge_litert.interpreter import Interpreter

    with quietly():  # XNNPACK announces itself on stderr
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
    (given,), (asked,) = interpreter.get_input_details(), interpreter.get_output_details()

    def forward(photos: np.ndarray) -> np.ndarray:
        found = np.empty((len(photos), *asked["shape"][1:]), np.float32)
        for i in range(len(photos)):
            interpreter.set_tensor(given["index"], photos[i : i + 1])
            interpreter.invoke()
            found[i] = interpreter.get_tensor(asked["index"])[0]
        return found

    return forward, max(4 * int(np.prod(tensor["shape"])) for tensor in interpreter.get_tensor_details())
