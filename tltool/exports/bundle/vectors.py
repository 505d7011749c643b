"""A few photos with the answers they must get, so that whoever holds a copy of an exported model can see that it still answers so."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from PIL import Image
from pydantic import AfterValidator, BaseModel, Field

from tltool.atomic import draft
from tltool.data.decoding.decoder import decode
from tltool.errors import DataError, ExportError
from tltool.reading import read_json
from tltool.runs.contents import EXPORT_FILES

FOLDER = "testvectors"
ANSWERS = f"{FOLDER}/vectors.json"


def _known(file: str) -> str:
    if f"exports/{FOLDER}/{file}" not in EXPORT_FILES:
        raise ValueError(f"{file} is no test vector")
    return file


class Vector(NamedTuple):
    """A photo uint8 [size, size, 3] and its known label, as a cell of ``split.csv``."""

    pixels: np.ndarray
    label: str


def write_vectors(
    folder: Path, vectors: Sequence[Vector], classes: list[str], answers: Mapping[str, np.ndarray], tolerances: Mapping[str, float]
) -> list[str]:
    """Write ``testvectors/`` into ``folder``: every photo as PNG and ``vectors.json``; return the files by their path in ``folder``.

    Args:
        answers: artefact → what it says of the vectors here and now, probabilities [len(vectors), classes].
        tolerances: artefact → how far from these answers one that is right may be.
    """
    (folder / FOLDER).mkdir(exist_ok=True)
    names = [f"{FOLDER}/vector-{i:02}.png" for i in range(1, len(vectors) + 1)]
    for name, vector in zip(names, vectors):
        with draft(folder / name, ExportError) as beside:
            Image.fromarray(vector.pixels).save(beside, "PNG", optimize=True)
    entries = ",\n".join(
        _vector(Path(name).name, vector.label, {model: found[i] for model, found in answers.items()})
        for i, (name, vector) in enumerate(zip(names, vectors))
    )
    head = {"classes": classes, "tolerances": dict(tolerances)}
    with draft(folder / ANSWERS, ExportError) as beside:
        beside.write_text(f'{_json(head)[:-1]},\n  "vectors": [\n{entries}\n]}}\n', encoding="utf-8", errors="replace")
    return [*names, ANSWERS]


class _Vector(BaseModel, strict=True):
    file: Annotated[str, AfterValidator(_known)]
    probabilities: dict[str, list[float]]


class _Vectors(BaseModel, strict=True):
    tolerances: dict[str, float]
    vectors: Annotated[list[_Vector], Field(min_length=1)]


def read_vectors(folder: Path) -> dict[str, Any]:
    """``vectors.json``: ``tolerances`` by artefact and one or more ``vectors`` with file and probabilities by artefact.

    Raises:
        ExportError: there is none, or it says something else.
    """
    file = folder / ANSWERS
    try:
        content = read_json(file)
        _Vectors.model_validate(content)
    except (OSError, ValueError) as error:  # pydantic's ValidationError is a ValueError
        reason = error.strerror if isinstance(error, OSError) else "something else"
        raise ExportError(f"{file} must hold the test vectors. Received: {reason}. Copy the folder again, or export again.") from None
    return content


def read_pixels(folder: Path, name: str, size: int, fit: str) -> np.ndarray:
    """The photo of a vector, uint8 [size, size, 3].

    Raises:
        ExportError: it cannot be read.
    """
    try:
        return decode(folder / FOLDER / name, size, fit)
    except DataError as error:
        raise ExportError(f"A test vector must be the PNG that was exported. {error} Copy the folder again, or export again.") from None


def _vector(file: str, label: str, answers: Mapping[str, np.ndarray]) -> str:
    """One vector as JSON, with one line per artefact."""
    lines = ",\n".join(f"      {_json(model)}: {_json([round(float(p), 6) for p in found])}" for model, found in answers.items())
    return f'    {{"file": {_json(file)}, "class": {_json(label)}, "probabilities": {{\n{lines}\n    }}}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
