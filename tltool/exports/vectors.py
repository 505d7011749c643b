"""A few photos with the answers they must get, so that whoever holds a copy of an exported model can see that it still answers so."""

import json
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from PIL import Image
from pydantic import AfterValidator, BaseModel, Field

from tltool.catalog import EXPORT_FILES
from tltool.data.decoder import decode
from tltool.drafts import draft
from tltool.errors import DataError, ExportError
from tltool.reading import read_json

FOLDER = "testvectors"
ANSWERS = f"{FOLDER}/vectors.json"
FEWEST, MOST = 8, 10
CLEAR = 0.5  # the lead over the second class that a vector should have: no tie that rounding turns, no certainty that hides a fault

# How far any probability may be from the expected one, by precision: room for another processor's rounding, not for another picture.
TOLERANCES = {"float32": 0.001, "float16": 0.02, "dynamic": 0.05, "int8": 0.05, "int16x8": 0.02}


def _known(file: str) -> str:
    if f"exports/{FOLDER}/{file}" not in EXPORT_FILES:
        raise ValueError(f"{file} is no test vector")
    return file


class Vector(NamedTuple):
    """A photo uint8 [size, size, 3] and the class it is known to be."""

    pixels: np.ndarray
    label: str


def choose_vectors(pixels: Any, rows: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, classes: list[str]) -> list[Vector]:
    """Eight to ten of the photos ``pixels[rows]``, which the model has not learned from, of as many classes as possible; all where there
    are fewer.

    Of every class those come first that get the right answer with a lead closest to one half.

    Args:
        pixels: answers ``pixels[rows]`` with uint8 [n, size, size, 3].
        labels: the true class numbers [n].
        probabilities: what the model says of these photos [n, classes].
    """
    order = np.argsort(_doubts(probabilities, labels), kind="stable")
    parts = _spread([order[labels[order] == label] for label in np.unique(labels)])
    taken = [i for turn in zip_longest(*(part.tolist() for part in parts)) for i in turn if i is not None][:max(FEWEST, len(parts))]
    return [Vector(pixels[rows[np.array([i])]][0], classes[labels[i]]) for i in sorted(taken)]


def write_vectors(folder: Path, vectors: Sequence[Vector], classes: list[str], answers: Mapping[str, np.ndarray],
                  precisions: Mapping[str, str]) -> list[str]:
    """Write ``testvectors/`` into ``folder``: every photo as PNG and ``vectors.json``; return the files by their path in ``folder``.

    Args:
        answers: artefact → what it says of the vectors here and now, probabilities [len(vectors), classes].
        precisions: artefact → a key of ``TOLERANCES``.
    """
    (folder / FOLDER).mkdir(exist_ok=True)
    names = [f"{FOLDER}/vector-{i:02}.png" for i in range(1, len(vectors) + 1)]
    for name, vector in zip(names, vectors):
        with draft(folder / name, ExportError) as beside:
            Image.fromarray(vector.pixels).save(beside, "PNG", optimize=True)
    entries = ",\n".join(_vector(Path(name).name, vector.label, {model: found[i] for model, found in answers.items()})
                         for i, (name, vector) in enumerate(zip(names, vectors)))
    head = {"classes": classes, "tolerances": {name: TOLERANCES[precision] for name, precision in precisions.items()}}
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


def _spread(parts: list[np.ndarray]) -> list[np.ndarray]:
    """At most ``MOST`` of the parts, evenly."""
    return [parts[i] for i in np.unique(np.linspace(0, len(parts) - 1, min(MOST, len(parts))).astype(int))]


def _doubts(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How unfit each photo is for a vector [n]: the distance of its lead from ``CLEAR``, and 1 more where the answer is wrong."""
    ordered = np.sort(probabilities, axis=1)
    lead = ordered[:, -1] - ordered[:, -2]
    return np.abs(lead - CLEAR) + (probabilities.argmax(axis=1) != labels)


def _vector(file: str, label: str, answers: Mapping[str, np.ndarray]) -> str:
    """One vector as JSON, with one line per artefact."""
    lines = ",\n".join(f"      {_json(model)}: {_json([round(float(p), 6) for p in found])}" for model, found in answers.items())
    return f'    {{"file": {_json(file)}, "class": {_json(label)}, "probabilities": {{\n{lines}\n    }}}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
