"""What the app's developer gets beside the models: labels, card, test vectors and snippets, always for exactly what lies in the folder.

The card is written last and names the SHA-256 of every other file. So a folder that was left half done, by a crash or a full disk, is
one whose files and card disagree, which ``tltool verify`` sees.
"""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from tltool.errors import ExportError
from tltool.exports.bundle.card import OURS, Card, describe_artefact, listing, read_card, read_note, used_versions
from tltool.exports.bundle.reading import Reading
from tltool.exports.bundle.snippets import choose_best, render, write_snippets, write_text
from tltool.exports.bundle.vectors import Vector, write_vectors
from tltool.exports.bundle.yardsticks import Yardstick, yardstick_of
from tltool.exports.facts import CARD, describe_model
from tltool.exports.opening import artefacts_in, open_artefact
from tltool.progress import warn
from tltool.reading import hash_of
from tltool.runs.forms import FORMAT
from tltool.runtimes.tflite_metadata import LABELS

PAGE = "MODEL_CARD.md"
PARITY = "parity.json"


def write_bundle(folder: Path, facts: dict[str, Any], vectors: Sequence[Vector], fresh: Collection[str]) -> Card:
    """Write everything beside the exported models in ``folder`` anew, and return the card.

    Args:
        facts: ``classes``, ``size``, ``fit``; ``name``, ``origin`` and ``score_calibration`` where known.
        fresh: names of the artefacts that ``parity.json`` was just written for; of the others only those are told as compared whose
            bytes are the ones of the earlier card.

    Raises:
        ExportError: the folder cannot be written.
    """
    earlier = read_card(folder)
    yardstick = yardstick_of(Reading.of(facts, facts["size"]))
    described, answers = _ask_all(folder, facts, _compared(folder, fresh, earlier), vectors, yardstick)
    told = {**describe_model(facts), "artefacts": described, "versions": used_versions(model["format"] for model in described)}
    try:
        written = [write_text(folder / LABELS, "".join(f"{name}\n" for name in facts["classes"])), *write_snippets(folder, told)]
        if vectors and described:
            tolerances = {model["file"]: model["tolerance"] for model in described}
            written += write_vectors(folder, vectors, told["classes"], yardstick.KEY, answers, tolerances)
        pictures = [name for name in written if name.endswith(".png")]
        written.append(write_text(folder / PAGE, render(PAGE, told, vectors=pictures, totals=_totals(facts), best=choose_best(described))))
        written += [PARITY] if (folder / PARITY).is_file() else []
        _remove_stale(folder, earlier, written)
        card = Card(format=FORMAT, **told, files=listing(folder, written))
        write_text(folder / CARD, json.dumps(card.content, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise ExportError(f"There must be room and leave to write into {folder}. Received: {error.strerror or error}.") from None
    return card


def _compared(folder: Path, fresh: Collection[str], earlier: Card | None) -> dict[str, Any]:
    """The entries of ``parity.json`` that hold for the bytes in the folder."""
    known = {model.file: model.sha256 for model in earlier.artefacts} if earlier else {}
    return {
        name: parity
        for name, parity in read_note(folder / PARITY).items()
        if name in fresh or (name in known and (folder / name).exists() and hash_of(folder / name) == known[name])
    }


def _ask_all(
    folder: Path, facts: dict[str, Any], compared: dict[str, Any], vectors: Sequence[Vector], yardstick: Yardstick
) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """Every artefact as the card describes it, and what is kept of its answers to the vectors."""
    described, answers = [], {}
    for path in artefacts_in(folder):
        try:
            model = describe_artefact(path, facts, compared.get(path.name))
            if vectors:
                photos = np.stack([vector.pixels for vector in vectors])
                kept = yardstick.keep(path, model["precision"], photos, open_artefact(path)(photos))
                answers[path.name], model["tolerance"] = kept.answers, kept.tolerance
            described.append(model)
        except (ExportError, KeyError) as error:
            warn(f"{path.name}, which lies there from before, is left out of the card. {error}")
    return described, answers


def _totals(facts: dict[str, Any]) -> Counter[str]:
    """Photos per part."""
    return Counter((facts.get("origin") or {}).get("parts", {}))


def find_edited(folder: Path) -> list[str]:
    """The files under the names of those written beside the models that are not as the card in ``folder`` knows them."""
    card = read_card(folder)
    known = card.files if card else {}
    there = [name for name in sorted(OURS - {CARD}) if not name.endswith((".tflite", ".onnx")) and (folder / name).is_file()]
    return [name for name in there if name not in known or hash_of(folder / name) != known[name].sha256]


def _remove_stale(folder: Path, earlier: Card | None, written: list[str]) -> None:
    """Take away what an earlier card vouches for and this one does not; a file that someone changed since stays."""
    for name, known in earlier.files.items() if earlier else ():
        file = folder / name
        if name not in written and file.is_file() and hash_of(file) == known.sha256:
            with suppress(OSError):
                file.unlink()
