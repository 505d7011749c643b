"""A .tflite file as a classifier, on ai-edge-litert: neither Keras nor TensorFlow is imported here."""

import json
import math
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tltool.data.decoder import FITS
from tltool.errors import ExportError

FACTS = "tltool.json"  # the member of the .tflite's zip that holds what tltool knows about the model
LABELS = "labels.txt"
METADATA = b"TFLITE_METADATA"  # the buffer that points to packed files


@dataclass(frozen=True)
class TfliteClassifier:
    """uint8 RGB photos [n, size, size, 3] → probabilities float32 [n, classes], one photo after the other.

    ``facts`` has at least ``classes`` (names in the order of the columns), ``size`` (pixels) and ``fit`` (crop, pad or stretch).
    """

    facts: dict[str, Any]
    interpreter: Any

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        given, = self.interpreter.get_input_details()
        asked, = self.interpreter.get_output_details()
        if photos.dtype != np.uint8 or photos.shape[1:] != tuple(given["shape"][1:]):
            raise ExportError(f"The photos must be uint8 [n, {', '.join(map(str, given['shape'][1:]))}]. "
                              f"Received: {photos.dtype} {list(photos.shape)}.")
        scores = np.empty((len(photos), asked["shape"][-1]), asked["dtype"])
        for i in range(len(photos)):
            self.interpreter.set_tensor(given["index"], _as_input(photos[i : i + 1], given))
            self.interpreter.invoke()
            scores[i] = self.interpreter.get_tensor(asked["index"]).ravel()
        return _dequantize(scores, asked)


def load_tflite(path: Path | str, threads: int | None = None) -> TfliteClassifier:
    """Open an image classifier; ``threads`` defaults to the processors this process may use.

    Raises:
        ExportError: no TFLite file, not one image in and one score per class out, or broken.
    """
    interpreter = _interpreter(Path(path), threads or _processors())
    return TfliteClassifier(_facts(Path(path), interpreter), interpreter)


def read_facts(path: Path | str) -> dict[str, Any]:
    """What a .tflite file says about itself: ``classes``, ``size``, ``fit`` and whatever else was recorded.

    A file that tltool did not write gets the labels packed into it, or numbers, and the size of its input tensor.

    Raises:
        ExportError: no TFLite file, or its input is not one RGB image.
    """
    _check_is_tflite(Path(path))
    return _packed_facts(Path(path)) or _facts(Path(path), _interpreter(Path(path), 1))


def describe_tensors(path: Path | str) -> dict[str, dict[str, Any]]:
    """``input`` and ``output`` of a .tflite file: shape, dtype, bytes, and ``scale`` and ``zero_point`` where quantized."""
    interpreter = _interpreter(Path(path), 1)
    return {"input": _describe(*interpreter.get_input_details()), "output": _describe(*interpreter.get_output_details())}


@contextmanager
def quietly() -> Iterator[None]:
    """Keep what C++ code writes straight to the process's output streams from the user's terminal."""
    sys.stdout.flush(), sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), 1), os.dup2(sink.fileno(), 2)
            yield
    finally:
        sys.stdout.flush(), sys.stderr.flush()
        for stream, descriptor in enumerate(kept, start=1):
            os.dup2(descriptor, stream)
            os.close(descriptor)


def _interpreter(path: Path, threads: int | None) -> Any:
    _check_is_tflite(path)
    from ai_edge_litert.interpreter import Interpreter

    try:
        with quietly():  # XNNPACK announces itself on stderr
            interpreter = Interpreter(str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ExportError(f"{path} must be a TFLite file that LiteRT can run. "
                          f"Received: {str(error).strip().rstrip('.')}. Export it again.") from None
    return interpreter


def _check_is_tflite(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise ExportError(f"The model must be a .tflite file that can be read. Received: {path} ({error.strerror}).") from None
    if head[4:] != b"TFL3":
        raise ExportError(f"The model must be a TFLite file. Received: {path}, which does not start like one.")


def _processors() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _packed_facts(path: Path) -> dict[str, Any] | None:
    text = _member(path, FACTS)
    if not text:
        return None
    try:
        facts = json.loads(text)
        named = all(isinstance(name, str) for name in facts["classes"])
        whole = named and isinstance(facts["size"], int) and facts["fit"] in FITS
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise ExportError(f"{path} must hold classes, size and fit in its {FACTS}. Received: something else. Export it again.")
    return facts


def _facts(path: Path, interpreter: Any) -> dict[str, Any]:
    """The packed facts, held against the tensors; for a foreign file, facts from the tensors."""
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    shapes = [[int(side) for side in tensor["shape"]] for tensor in (*inputs, *outputs)]
    if len(shapes) != 2 or not _is_image(shapes[0]) or math.prod(shapes[1]) != shapes[1][-1]:
        raise ExportError(f"{path} must take one RGB image [1, size, size, 3] and give one score per class [1, classes]. "
                          f"Received: tensors of shape {', '.join(map(str, shapes))}.")
    size, n = shapes[0][1], shapes[1][-1]
    if not zipfile.is_zipfile(path) and METADATA in path.read_bytes():
        raise ExportError(f"{path} must be whole. Received: a file that was cut short, without the labels it had. Copy or export it again.")
    facts = _packed_facts(path) or {"classes": _foreign_labels(path, n), "size": size, "fit": "crop"}
    if len(facts["classes"]) != n or facts["size"] != size:
        raise ExportError(f"{path} must name its {n} classes and its size {size}. "
                          f"Received: {len(facts['classes'])} names and size {facts['size']}. Export it again.")
    return facts


def _is_image(shape: list[int]) -> bool:
    return len(shape) == 4 and shape[0] == 1 and shape[1] == shape[2] and shape[3] == 3


def _foreign_labels(path: Path, n: int) -> list[str]:
    """The first packed text file with one line per class, else the numbers of the columns."""
    for name in _members(path):
        lines = _member(path, name).splitlines() if name.endswith(".txt") else []
        if len(lines) == n:
            return lines
    return [str(i) for i in range(n)]


def _members(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        return []
    with _opened(path) as packed:
        return packed.namelist()


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as packed:
            yield packed
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ExportError(f"{path} must be whole. Received: {error}. Copy or export it again.") from None


def _member(path: Path, name: str, limit: int = 1 << 24) -> str:
    if name not in _members(path):
        return ""
    with _opened(path) as packed, packed.open(name) as member:
        return member.read(limit).decode("utf-8", errors="replace")


def _as_input(photo: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    """uint8 0–255 as the input tensor wants it; a signed int8 tensor counts from −128."""
    if tensor["dtype"] == np.int8:
        return (photo.astype(np.int16) - 128).astype(np.int8)
    return photo.astype(tensor["dtype"])


def _dequantize(scores: np.ndarray, tensor: dict[str, Any]) -> np.ndarray:
    scale, zero_point = tensor["quantization"]
    if np.issubdtype(scores.dtype, np.floating):
        return scores.astype(np.float32)
    return (scores.astype(np.float32) - zero_point) * np.float32(scale)


def _describe(tensor: dict[str, Any]) -> dict[str, Any]:
    shape, dtype = [int(side) for side in tensor["shape"]], np.dtype(tensor["dtype"])
    scale, zero_point = tensor["quantization"]
    quantized = {"scale": float(scale), "zero_point": int(zero_point)} if scale else None
    return {"shape": shape, "dtype": dtype.name, "bytes": math.prod(shape) * dtype.itemsize, "quantization": quantized}
