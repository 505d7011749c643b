"""What has to be found out, assumed and told about a model that tltool did not write."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import SpecError
from tltool.progress import say, warn
from tltool.reading import read_bytes
from tltool.runtimes.tensors import SCALINGS, Meaning, Scaling, meaning_of, spans_pixels
from tltool.runtimes.tflite_metadata import last_operator, packed_normalization
from tltool.wording import counted

TYPES = (np.float32, np.uint8, np.int8, np.int16)  # an input tensor may have


def unfit(inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> str:
    """Why these tensors are not those of an image classifier, or ``""``."""
    shapes = [[int(side) for side in tensor["shape"]] for tensor in (*inputs, *outputs)]
    shown = f"tensors of shape {', '.join(map(str, shapes))}"
    if len(inputs) != 1 or len(outputs) != 1:
        what = ", as object detectors have" if len(outputs) == 4 else ""
        return f"{counted(len(inputs), 'input')} and {counted(len(outputs), 'output')}{what}: {shown}"
    image, scores = shapes
    if -1 in inputs[0]["shape_signature"][1:]:
        return f"an input without a fixed size: {list(map(int, inputs[0]['shape_signature']))}"
    if len(image) == 4 and image[1] in (1, 3) and image[3] not in (1, 3):
        return f"an input whose channels come first: {image}; convert the model again with channels last"
    if len(image) != 4 or image[0] != 1 or image[1] != image[2] or image[3] not in (1, 3) or math.prod(scores) != scores[-1]:
        return shown
    return "" if inputs[0]["dtype"] in TYPES else f"an input of type {np.dtype(inputs[0]['dtype']).name}"


def scaling_of(path: Path, tensor: dict[str, Any], asked: str | None) -> Scaling | None:
    """What the model wants: as ``asked``, as its metadata says, or pixels as they are, which is then told.

    Raises:
        SpecError: ``asked`` is for three channels, and the model takes one.
    """
    if asked:
        scaling = SCALINGS[asked]
        if scaling and max(len(scaling.mean), len(scaling.std)) > tensor["shape"][-1]:
            raise SpecError(f"--scaling {asked} must go with three channels. Received: {path}, which takes grey photos.")
        return scaling
    if tensor["dtype"] != np.float32:
        return Scaling((0,), (1,)) if spans_pixels(tensor) else None
    if normalization := packed_normalization(path):
        mean, std = (tuple(map(float, numbers)) for numbers in normalization)
        if max(len(mean), len(std)) <= tensor["shape"][-1]:
            return Scaling(mean, std)
    warn(
        f"{path.name} does not say what range of pixels it takes: 0 to 255 is assumed. If its answers are bad, try --scaling unit "
        "(0 to 1) or tf (-1 to 1)."
    )
    return None


def meaning_in(path: Path, scores: Callable[[np.ndarray], np.ndarray], size: int) -> Meaning:
    """What the model's scores are, by its last operator and by what it says of black, noise and white; told if no probabilities.

    Args:
        scores: uint8 [n, size, size, 3] → the model's own scores [n, scores].
    """
    noise = np.random.default_rng(0).integers(0, 256, (size, size, 3), np.uint8)
    found = scores(np.stack([np.zeros_like(noise), noise, np.full_like(noise, 255)]))
    meaning = meaning_of(last_operator(path), found)
    if meaning == "logits":
        say(f"{path.name} gives scores that are no probabilities; a {'softmax' if found.shape[1] > 1 else 'sigmoid'} makes them so.")
    elif meaning == "independent" and found.shape[1] > 1:
        say(f"{path.name} scores every class for itself; the scores need not add up to 1.")
    return meaning


def check_labels(path: Path, labels: list[str], own: list[str], named: bool) -> None:
    """Hold ``labels`` that the user gave against the file's ``own``, which are but numbers where it is not ``named``.

    Raises:
        SpecError: another number of them, or the same names in another order.
    """
    if len(labels) != len(own):
        raise SpecError(f"--labels must name the {len(own)} classes of {path}, one a line. Received: {counted(len(labels), 'name')}.")
    if named and labels != own:
        if sorted(labels) == sorted(own):
            raise SpecError(f"--labels must be in the order of the names in {path}: {', '.join(own)}. Received: another order.")
        warn(f"{path.name} names its classes itself; --labels replaces {own[0]!r} by {labels[0]!r} and so on.")


def read_labels(path: Path | None) -> list[str] | None:
    """Class names, one a line; the line's own number before every name, as Teachable Machine writes it, is left away.

    Raises:
        SpecError: no such file, no text, or an empty line between names.
    """
    if path is None:
        return None
    try:
        lines = [line.strip() for line in read_bytes(path).decode("utf-8-sig").rstrip().splitlines()]
    except OSError as error:
        raise SpecError(f"--labels must be a text file with one class name a line. Received: {path} ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise SpecError(f"--labels must be a text file in UTF-8. Received: {path}, which is not.") from None
    if not all(lines):
        raise SpecError(f"--labels must name a class on every line. Received: {path}, where line {lines.index('') + 1} is empty.")
    numbers = [f"{i} " for i in range(len(lines))]
    return [line.removeprefix(n) for line, n in zip(lines, numbers)] if all(map(str.startswith, lines, numbers)) else lines


def numbered(n: int) -> list[str]:
    """The names of classes that have none."""
    return [str(i) for i in range(n)]
