"""A .tflite file as a function, on ai-edge-litert: neither Keras nor TensorFlow is imported here."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import ExportError, SpecError
from tltool.noise import quietly
from tltool.progress import say
from tltool.reading import open_regular
from tltool.runtimes.asked import outputs_of
from tltool.runtimes.foreign import check_labels, meaning_in, numbered, scaling_of, unfit
from tltool.runtimes.native import require_utf8
from tltool.runtimes.tensors import Scaling, as_input, as_probabilities, dequantize, describe, spans_pixels
from tltool.runtimes.tflite_metadata import packed_facts, packed_labels
from tltool.threads import cores

Parts = list[np.ndarray]


def first(parts: Parts) -> np.ndarray:
    """The only output, one row for each photo."""
    return parts[0].reshape(len(parts[0]), math.prod(parts[0].shape[1:]))


@dataclass(frozen=True)
class TfliteModel:
    """uint8 RGB photos [n, size, size, 3] → outputs float32 [n, …], such as probabilities [n, classes], one photo after the other.

    ``facts`` has at least ``classes`` (names in the order of the scores), ``size`` (pixels) and ``fit`` (crop, pad or stretch).
    ``scaling`` is what the model wants done to pixels before it sees them, and ``read`` makes of its output tensors what they mean.
    """

    facts: dict[str, Any]
    interpreter: Any
    scaling: Scaling | None = None
    read: Callable[[Parts], np.ndarray] = first

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        return self.read(self.parts(photos))

    def parts(self, photos: np.ndarray) -> Parts:
        """What the model itself says: its output tensors in their order, float32 [n, …]."""
        (given,), asked = self.interpreter.get_input_details(), self.interpreter.get_output_details()
        sides = [*map(int, given["shape"][1:3]), 3]
        if photos.dtype != np.uint8 or list(photos.shape[1:]) != sides:
            raise ExportError(f"The photos must be uint8 [n, {', '.join(map(str, sides))}]. Received: {photos.dtype} {list(photos.shape)}.")
        found = [np.empty((len(photos), *_one(tensor)), tensor["dtype"]) for tensor in asked]
        for i in range(len(photos)):
            self.interpreter.set_tensor(given["index"], as_input(photos[i : i + 1], given, self.scaling))
            self._invoke()
            for part, tensor in zip(found, asked, strict=True):
                part[i] = self.interpreter.get_tensor(tensor["index"]).reshape(part.shape[1:])
        return [dequantize(part, tensor) for part, tensor in zip(found, asked, strict=True)]

    def _invoke(self) -> None:
        try:
            self.interpreter.invoke()
        except RuntimeError as error:  # of a file whose damage shows only now
            raise ExportError(
                f"A TFLite model must answer every photo. Received: one that stops with {' '.join(str(error).split())!r}. "
                "The file is damaged or of another runtime: export it again."
            ) from error


def _one(tensor: dict[str, Any]) -> tuple[int, ...]:
    """The shape of what a tensor says of one photo."""
    shape = tuple(map(int, tensor["shape"]))
    return shape[1:] if len(shape) > 1 else shape


def side_by_side(models: Sequence[Callable[[np.ndarray], np.ndarray]], photos: np.ndarray) -> np.ndarray:
    """``photos`` [n, …], shared out among ``models``, which are the same and compute at once → outputs [n, …]."""
    with ThreadPoolExecutor(len(models)) as pool:
        return np.concatenate([*pool.map(lambda model, part: model(part), models, np.array_split(photos, len(models)))])


def load_tflite(
    path: Path | str, threads: int | None = None, labels: Sequence[str] | None = None, scaling: str | None = None, kernels: str = "BUILTIN"
) -> TfliteModel:
    """Open a model of tltool's making, or an image classifier of another's; what has to be assumed of a foreign one is told.

    Args:
        threads: default: the processors this process may use.
        labels: class names in the order of the scores, instead of the file's own.
        scaling: one of ``SCALINGS``, for a foreign file; default: as its TFLite Metadata says, else pixels 0…255.
        kernels: a name of LiteRT's ``OpResolverType``; default: its fastest ones, with XNNPACK.

    Raises:
        ExportError: no TFLite file, not one image in and what its task gives out, or broken.
        SpecError: ``labels`` or ``scaling`` contradict the file.
    """
    path = Path(path)
    interpreter = _interpreter(path, threads or cores(), kernels)
    facts, given = _facts(path, interpreter), interpreter.get_input_details()[0]
    ours = packed_facts(path) is not None
    if ours and scaling:
        raise SpecError(f"--scaling must be left away with a model that tltool wrote, which scales for itself. Received: {scaling}.")
    model = TfliteModel(facts, interpreter, Scaling((0,), (1,)) if spans_pixels(given) else None)
    model = replace(model, read=outputs_of(facts).join) if ours else _foreign(path, model, scaling)
    return replace(model, facts={**facts, "classes": _named(path, facts["classes"], labels, ours)})


def read_facts(path: Path | str) -> dict[str, Any]:
    """What a .tflite file says about itself: ``classes``, ``size``, ``fit`` and whatever else was recorded.

    A file that tltool did not write gets the labels packed into it, or numbers, and the size of its input tensor.

    Raises:
        ExportError: no TFLite file, or its input is not one photo.
    """
    _check_is_tflite(Path(path))
    return packed_facts(Path(path)) or _facts(Path(path), _interpreter(Path(path), 1))


def describe_tensors(path: Path | str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The input of a .tflite file and its outputs: shape, dtype, bytes, and ``scale`` and ``zero_point`` where quantized."""
    interpreter = _interpreter(Path(path), 1)
    (given,) = interpreter.get_input_details()
    return describe(given), [describe(tensor) for tensor in interpreter.get_output_details()]


def _foreign(path: Path, model: TfliteModel, scaling: str | None) -> TfliteModel:
    """``model`` with what has to be found out of one of another's making."""
    scaled = replace(model, scaling=scaling_of(path, model.interpreter.get_input_details()[0], scaling))
    meaning = meaning_in(path, scaled, model.facts["size"])
    return replace(scaled, read=lambda parts: as_probabilities(first(parts), meaning))


def _interpreter(path: Path, threads: int, kernels: str = "BUILTIN") -> Any:
    require_utf8(path)
    _check_is_tflite(path)
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        with quietly():  # XNNPACK announces itself on stderr
            interpreter = Interpreter(str(path), num_threads=threads, experimental_op_resolver_type=OpResolverType[kernels])
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise ExportError(f"{path} must be a TFLite file that LiteRT can run. Received: {reason}. Export it again.") from None
    return interpreter


def _check_is_tflite(path: Path) -> None:
    try:
        with open_regular(path) as file:
            head = file.read(8)
    except OSError as error:
        raise ExportError(f"The model must be a .tflite file that can be read. Received: {path} ({error.strerror}).") from None
    if head[4:] != b"TFL3":
        raise ExportError(f"The model must be a TFLite file. Received: {path}, which does not start like one.")


def _facts(path: Path, interpreter: Any) -> dict[str, Any]:
    """The packed facts, held against the tensors; for a foreign file, facts from the tensors."""
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if packed := packed_facts(path):
        return _held_against(path, packed, inputs, outputs)
    if reason := unfit(inputs, outputs):
        raise ExportError(
            f"{path} must take one square photo [1, size, size, 3], or 1 for grey, as float32, uint8 or int8, and give one "
            f"score per class [1, classes]. Received: {reason}."
        )
    n = max(2, int(outputs[0]["shape"][-1]))  # a lone score is that of the second of two classes
    return {"classes": packed_labels(path, n) or numbered(n), "size": int(inputs[0]["shape"][1]), "fit": "crop"}


def _held_against(path: Path, facts: dict[str, Any], inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """``facts``, where the tensors are those of such a model."""
    given, asked = ([[*map(int, tensor["shape"])] for tensor in tensors] for tensors in (inputs, outputs))
    named, size = len(facts["classes"]), facts["size"]
    if given != [[1, size, size, 3]] or outputs_of(facts).classes(asked) != named:
        raise ExportError(
            f"{path} must have the tensors that its classes and its size ask for. Received: {named} names and size {size}, with tensors of "
            f"shape {', '.join(map(str, given + asked))}. Export it again."
        )
    return facts


def _named(path: Path, own: list[str], labels: Sequence[str] | None, ours: bool) -> list[str]:
    """The class names: the user's ``labels``, or the model's ``own``, which are told where they are mere numbers."""
    named = ours or packed_labels(path, len(own)) is not None
    if labels is not None:
        check_labels(path, list(labels), own, named)
        return list(labels)
    if not named:
        say(f"{path.name} names no classes: they are numbered 0 to {len(own) - 1}; --labels FILE names them.")
    return own
