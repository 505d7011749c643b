"""A .tflite file as a classifier, on ai-edge-litert: neither Keras nor TensorFlow is imported here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import ExportError, SpecError
from tltool.noise import quietly
from tltool.progress import say
from tltool.reading import open_regular
from tltool.runtimes.foreign import check_labels, meaning_in, numbered, scaling_of, unfit
from tltool.runtimes.native import require_utf8
from tltool.runtimes.tensors import Meaning, Scaling, as_input, as_probabilities, dequantize, describe, spans_pixels
from tltool.runtimes.tflite_metadata import packed_facts, packed_labels
from tltool.threads import cores


@dataclass(frozen=True)
class TfliteClassifier:
    """uint8 RGB photos [n, size, size, 3] → probabilities float32 [n, classes], one photo after the other.

    ``facts`` has at least ``classes`` (names in the order of the columns), ``size`` (pixels) and ``fit`` (crop, pad or stretch).
    ``scaling`` is what the model wants done to pixels before it sees them, and ``meaning`` what its scores are.
    """

    facts: dict[str, Any]
    interpreter: Any
    scaling: Scaling | None = None
    meaning: Meaning = "probabilities"

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        return as_probabilities(self.scores(photos), self.meaning)

    def scores(self, photos: np.ndarray) -> np.ndarray:
        """What the model itself says, float32 [n, scores]."""
        (given,) = self.interpreter.get_input_details()
        (asked,) = self.interpreter.get_output_details()
        sides = [*map(int, given["shape"][1:3]), 3]
        if photos.dtype != np.uint8 or list(photos.shape[1:]) != sides:
            raise ExportError(f"The photos must be uint8 [n, {', '.join(map(str, sides))}]. Received: {photos.dtype} {list(photos.shape)}.")
        scores = np.empty((len(photos), asked["shape"][-1]), asked["dtype"])
        for i in range(len(photos)):
            self.interpreter.set_tensor(given["index"], as_input(photos[i : i + 1], given, self.scaling))
            self._invoke()
            scores[i] = self.interpreter.get_tensor(asked["index"]).ravel()
        return dequantize(scores, asked)

    def _invoke(self) -> None:
        try:
            self.interpreter.invoke()
        except RuntimeError as error:  # of a file whose damage shows only now
            raise ExportError(
                f"A TFLite model must answer every photo. Received: one that stops with {' '.join(str(error).split())!r}. "
                "The file is damaged or of another runtime: export it again."
            ) from error


def load_tflite(
    path: Path | str, threads: int | None = None, labels: Sequence[str] | None = None, scaling: str | None = None, kernels: str = "BUILTIN"
) -> TfliteClassifier:
    """Open an image classifier, of tltool's making or not; what has to be assumed of a foreign one is told.

    Args:
        threads: default: the processors this process may use.
        labels: class names in the order of the scores, instead of the file's own.
        scaling: one of ``SCALINGS``, for a foreign file; default: as its TFLite Metadata says, else pixels 0…255.
        kernels: a name of LiteRT's ``OpResolverType``; default: its fastest ones, with XNNPACK.

    Raises:
        ExportError: no TFLite file, not one image in and one score per class out, or broken.
        SpecError: ``labels`` or ``scaling`` contradict the file.
    """
    path = Path(path)
    interpreter = _interpreter(path, threads or cores(), kernels)
    facts, given = _facts(path, interpreter), interpreter.get_input_details()[0]
    ours = packed_facts(path) is not None
    if ours and scaling:
        raise SpecError(f"--scaling must be left away with a model that tltool wrote, which scales for itself. Received: {scaling}.")
    classifier = TfliteClassifier(facts, interpreter, Scaling((0,), (1,)) if spans_pixels(given) else None)
    if not ours:
        foreign = replace(classifier, scaling=scaling_of(path, given, scaling))
        classifier = replace(foreign, meaning=meaning_in(path, foreign.scores, facts["size"]))
    return replace(classifier, facts={**facts, "classes": _named(path, facts["classes"], labels, ours)})


def read_facts(path: Path | str) -> dict[str, Any]:
    """What a .tflite file says about itself: ``classes``, ``size``, ``fit`` and whatever else was recorded.

    A file that tltool did not write gets the labels packed into it, or numbers, and the size of its input tensor.

    Raises:
        ExportError: no TFLite file, or its input is not one photo.
    """
    _check_is_tflite(Path(path))
    return packed_facts(Path(path)) or _facts(Path(path), _interpreter(Path(path), 1))


def describe_tensors(path: Path | str) -> dict[str, dict[str, Any]]:
    """``input`` and ``output`` of a .tflite file: shape, dtype, bytes, and ``scale`` and ``zero_point`` where quantized."""
    interpreter = _interpreter(Path(path), 1)
    return {"input": describe(*interpreter.get_input_details()), "output": describe(*interpreter.get_output_details())}


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
    if reason := unfit(inputs, outputs):
        raise ExportError(
            f"{path} must take one square photo [1, size, size, 3], or 1 for grey, as float32, uint8 or int8, and give one "
            f"score per class [1, classes]. Received: {reason}."
        )
    size, n = int(inputs[0]["shape"][1]), max(2, int(outputs[0]["shape"][-1]))  # a lone score is that of the second of two classes
    facts = packed_facts(path) or {"classes": packed_labels(path, n) or numbered(n), "size": size, "fit": "crop"}
    if len(facts["classes"]) != n or facts["size"] != size:
        raise ExportError(
            f"{path} must name its {n} classes and its size {size}. "
            f"Received: {len(facts['classes'])} names and size {facts['size']}. Export it again."
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
