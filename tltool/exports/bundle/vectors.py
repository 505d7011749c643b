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
    """A photo uint8 [size, size, 3] and its known label, as a cell of ``split.csv``; "" where it is not known for the square."""

    pixels: np.ndarray
    label: str


def write_vectors(
    folder: Path,
    vectors: Sequence[Vector],
    classes: list[str],
    key: str,
    answers: Mapping[str, Sequence[Any]],
    tolerances: Mapping[str, float | None],
) -> list[str]:
    """Write ``testvectors/`` into ``folder``: every photo as PNG and ``vectors.json``; return the files by their path in ``folder``.

    Args:
        key: what ``answers`` are called there.
        answers: artefact → what it says of the vectors here and now, see ``yardsticks.Kept``.
        tolerances: artefact → how far from these answers one that is right may be.
    """
    (folder / FOLDER).mkdir(exist_ok=True)
    names = [f"{FOLDER}/vector-{i:02}.png" for i in range(1, len(vectors) + 1)]
    for name, vector in zip(names, vectors):
        with draft(folder / name, ExportError) as beside:
            Image.fromarray(vector.pixels).save(beside, "PNG", optimize=True)
    entries = ",\n".join(
        _vector(Path(name).name, vector.label, key, {model: found[i] for model, found in answers.items() if found[i] is not None})
        for i, (name, vector) in enumerate(zip(names, vectors))
    )
    head = {"classes": classes, "tolerances": dict(tolerances)}
    with draft(folder / ANSWERS, ExportError) as beside:
        beside.write_text(f'{_json(head)[:-1]},\n  "vectors": [\n{entries}\n]}}\n', encoding="utf-8", errors="replace")
    return [*names, ANSWERS]


class _Scored(BaseModel, strict=True):
    file: Annotated[str, AfterValidator(_known)]
    probabilities: dict[str, list[float]]


class _Placed(BaseModel, strict=True):
    file: Annotated[str, AfterValidator(_known)]
    answers: dict[str, dict[str, Any]]


class _Vectors(BaseModel, strict=True):
    tolerances: dict[str, float | None]
    vectors: Annotated[list[_Scored] | list[_Placed], Field(min_length=1)]


def read_vectors(folder: Path) -> dict[str, Any]:
    """``vectors.json``: ``tolerances`` by artefact and one or more ``vectors`` with file and ``probabilities`` or ``answers`` by artefact.

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


def _vector(file: str, label: str, key: str, answers: Mapping[str, Any]) -> str:
    """One vector as JSON, with one line per artefact."""
    lines = ",\n".join(f"      {_json(model)}: {_json(found)}" for model, found in answers.items())
    named = f', "class": {_json(label)}' if label else ""
    return f'    {{"file": {_json(file)}{named}, {_json(key)}: {{\n{lines}\n    }}}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
