"""What a .tflite file carries besides its weights: packed labels, what tltool recorded, and TFLite Metadata."""

import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tltool.data.decoding.decoder import FITS
from tltool.errors import ExportError
from tltool.reading import parse_json, read_bytes

LONGEST_MODEL = 2 << 30  # bytes of a .tflite file, in which 32 bits count
FACTS = "tltool.json"  # the member of the .tflite's zip that holds what tltool knows about the model
LABELS = "labels.txt"
METADATA = b"TFLITE_METADATA"  # the buffer that points to packed files
NORMALIZATION = 1  # member of the union ProcessUnitOptions
UNREADABLE = (struct.error, ValueError, TypeError, LookupError, AttributeError)  # what bytes that follow no schema lead to
PLUMBING = ("DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE")  # operators that change no score


def packed_facts(path: Path) -> dict[str, Any] | None:
    """``classes``, ``size``, ``fit`` and whatever else tltool recorded in the file; None in a file of another's.

    Raises:
        ExportError: a damaged record, or a file that was cut short.
    """
    if not zipfile.is_zipfile(path) and _promises_files(path):
        raise ExportError(f"{path} must be whole. Received: a file that was cut short, without the labels it had. Copy or export it again.")
    text = _member(path, FACTS)
    if not text:
        return None
    try:
        facts = parse_json(text)
        named = all(isinstance(name, str) for name in facts["classes"])
        whole = named and isinstance(facts["size"], int) and facts["fit"] in FITS
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise ExportError(f"{path} must hold classes, size and fit in its {FACTS}. Received: something else. Export it again.")
    return facts


def packed_labels(path: Path, n: int) -> list[str] | None:
    """The first packed text file with ``n`` lines; one that is called labels before others."""
    for name in sorted(_members(path), key=lambda name: "label" not in name.lower()):
        lines = _member(path, name).splitlines() if name.endswith(".txt") else []
        if len(lines) == n:
            return lines
    return None


def packed_normalization(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Mean and std of the first input by TFLite Metadata (``metadata_schema.fbs``): the model wants (pixel − mean) / std, pixels 0…255.
    Each has one number, or one per channel; None where nothing is said."""
    try:
        metadata = _metadata(_model(path))
        image = metadata and _first(_first(metadata, 3), 2)  # the first subgraph's first input
        for unit in _tables(image, 4) if image else ():
            if _byte(unit, 0) == NORMALIZATION:
                options = _child(unit, 1)
                mean, std = _floats(options, 0), _floats(options, 1)
                return (mean, std) if len(mean) and len(std) and np.isfinite(mean).all() and (std > 0).all() else None
    except UNREADABLE:
        pass
    return None


def last_operator(path: Path) -> str:
    """The builtin operator that computes the scores, for example SOFTMAX; plumbing is looked through, and ``""`` is unknown."""
    from ai_edge_litert import schema_py_generated as schema

    try:
        model = _model(path)
        names = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
        graph = model.Subgraphs(0)
        makers = {graph.Operators(i).Outputs(0): graph.Operators(i) for i in range(graph.OperatorsLength())}
        tensor = graph.Outputs(0)
        for _ in makers:  # so that no circle in a damaged file is followed for ever
            name = _code(model, makers[tensor], names)
            if name not in PLUMBING:
                return name
            tensor = makers[tensor].Inputs(0)
    except UNREADABLE:
        pass
    return ""


def _code(model: Any, operator: Any, names: dict[int, str]) -> str:
    code = model.OperatorCodes(operator.OpcodeIndex())
    return names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]


def _model(path: Path) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    return schema.Model.GetRootAs(read_bytes(path, LONGEST_MODEL), 0)


def _promises_files(path: Path) -> bool:
    """Whether the metadata names a file, such as the labels, that should be packed behind the model."""
    content = read_bytes(path, LONGEST_MODEL)
    if METADATA not in content:
        return False
    try:
        metadata = _metadata(_model(path))
        graph = _first(metadata, 3)
        return any(_first(output, 6) is not None for output in (_tables(graph, 3) if graph else ()))
    except UNREADABLE:
        return True


def _metadata(model: Any) -> Any:
    """The root table of the ModelMetadata, where there is one."""
    from flatbuffers import encode, packer, table

    for i in range(model.MetadataLength()):
        if model.Metadata(i).Name() == METADATA:
            content = model.Buffers(model.Metadata(i).Buffer()).DataAsNumpy().tobytes()
            return table.Table(content, encode.Get(packer.uoffset, content, 0))
    return None


def _tables(parent: Any, slot: int) -> Iterator[Any]:
    """The tables of a vector of tables, the field in ``slot``."""
    offset = parent.Offset(4 + 2 * slot)
    for i in range(parent.VectorLen(offset) if offset else 0):
        yield type(parent)(parent.Bytes, parent.Indirect(parent.Vector(offset) + 4 * i))


def _first(parent: Any, slot: int) -> Any:
    return next(_tables(parent, slot), None) if parent else None


def _child(parent: Any, slot: int) -> Any:
    return type(parent)(parent.Bytes, parent.Indirect(parent.Offset(4 + 2 * slot) + parent.Pos))


def _byte(parent: Any, slot: int) -> int:
    offset = parent.Offset(4 + 2 * slot)
    return parent.Bytes[offset + parent.Pos] if offset else 0


def _floats(parent: Any, slot: int) -> np.ndarray:
    offset = parent.Offset(4 + 2 * slot)
    return np.frombuffer(parent.Bytes, "<f4", parent.VectorLen(offset), parent.Vector(offset)) if offset else np.empty(0, "<f4")


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
