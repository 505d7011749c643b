"""The oldest TFLite runtime that can run a file, as the converter notes it in the file's metadata ``min_runtime_version``.

Which version brought which version of an operator is listed in TensorFlow's ``lite/tools/versioning/runtime_version.cc``.
"""

from pathlib import Path
from typing import Any

import numpy as np

from tltool.exports.tflite.graph import FLOAT16, INT16, read_graph

ENTRY = "min_runtime_version"
LENGTH = 16  # bytes of the note, filled up with zeros
SINCE = {FLOAT16: "1.15.0", INT16: "2.4.0"}  # DEQUANTIZE 3; ADD, MEAN and PAD 3, the last of the usual operators with int16 kernels


def oldest_runtime(path: Path) -> str:
    """The version that a .tflite file needs, such as "2.4.0"; "" where its converter noted none."""
    return find_oldest(read_graph(path.read_bytes()))


def find_oldest(model: Any) -> str:
    """The same of a graph. The converter does not know of weights that were made float16 after it, and notes too little of int16."""
    noted = [bytes(model.buffers[entry.buffer].data).rstrip(b"\0").decode() for entry in model.metadata or [] if _name(entry) == ENTRY]
    kinds = {tensor.type for tensor in model.subgraphs[0].tensors}
    return max([*noted, *(version for kind, version in SINCE.items() if kind in kinds)], key=_number, default="")


def note_oldest(model: Any) -> None:
    """Write it where the converter did, if that noted any."""
    for entry in model.metadata or []:
        if _name(entry) == ENTRY:
            model.buffers[entry.buffer].data = np.frombuffer(find_oldest(model).encode().ljust(LENGTH, b"\0"), np.uint8)


def _name(entry: Any) -> str:
    return entry.name.decode() if isinstance(entry.name, bytes) else entry.name


def _number(version: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in version.split(".")]
