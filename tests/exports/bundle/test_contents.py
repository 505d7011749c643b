"""What lies beside the exported models always describes exactly what lies there, and nothing of anybody else is touched."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from tltool.errors import ExportError
from tltool.exports.artefacts import plan_artefacts
from tltool.exports.bundle import contents
from tltool.exports.bundle.card import Card, read_card
from tltool.exports.bundle.contents import write_bundle
from tltool.exports.bundle.vectors import Vector
from tltool.exports.bundle.verification import verify
from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.metadata import with_metadata
from tltool.reading import hash_of

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def copy(handed: Path, tmp_path: Path) -> Path:
    """Without the SavedModel, which is slow to load, and with a card that fits."""
    return shutil.copytree(handed, tmp_path / "exports", ignore=shutil.ignore_patterns("saved_model"))


@pytest.fixture
def again(digits: Digits, digit_facts: dict[str, Any], copy: Path) -> Callable[..., dict[str, Any]]:
    """Writes everything anew, as after an export of ``fresh``."""
    vectors = [Vector(digits[0][row], str(digits[1][row])) for row in range(1200, 1208)]
    return lambda fresh=(), vectors=vectors: write_bundle(copy, digit_facts, vectors, fresh)


def snippets(folder: Path) -> set[str]:
    return {file.name for file in (folder / "snippets").iterdir()}


def test_a_model_that_was_taken_away_leaves_card_page_vectors_and_snippets(copy: Path, again: Callable[..., Card]) -> None:
    (copy / "model-int8.tflite").unlink()
    card = again()
    assert [model["file"] for model in card["artefacts"]] == ["model-float32.tflite"]
    assert "model-int8.tflite" not in (copy / "MODEL_CARD.md").read_text() + (copy / "testvectors" / "vectors.json").read_text()
    assert snippets(copy) == {"classify.py", "ClassifierFloat32.kt", "ClassifierFloat32.swift"}
    assert verify(copy).exit_code == 0


@pytest.mark.parametrize("name", ["MODEL_CARD.md", "snippets/classify.py", "labels.txt", "testvectors/vector-01.png"])
def test_what_was_edited_since_the_last_export_is_replaced_by_force_only(handed: Path, tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(handed, tmp_path / "exports")
    assert plan_artefacts("tflite", "float16", copy, force=False)
    (copy / name).write_bytes((copy / name).read_bytes() + b"mine")
    with pytest.raises(ExportError, match=rf"must not replace what others wrote\. Received: {name} in .*--force"):
        plan_artefacts("tflite", "float16", copy, force=False)
    assert plan_artefacts("tflite", "float16", copy, force=True)


@pytest.mark.parametrize("text", ['{"artefacts": [1]}', '{"files": []}', "[]", '{"artefacts": null, "files": {"labels.txt": null}}'])
def test_a_card_that_someone_broke_counts_as_none(copy: Path, again: Callable[..., Card], text: str) -> None:
    (copy / "model_card.json").write_text(text)
    assert len(again()["artefacts"]) == 2 and verify(copy).exit_code == 0


def test_vectors_that_are_no_longer_needed_go_and_foreign_files_stay(copy: Path, again: Callable[..., Card]) -> None:
    (copy / "testvectors" / "mine.png").write_text("mine")
    (copy / "snippets" / "ClassifierFloat16.kt").write_text("mine, under a name that tltool uses too")
    (copy / "notes.md").write_text("mine")
    again()
    there = {file.name for file in (copy / "testvectors").iterdir()}
    assert there == {*(f"vector-{i:02}.png" for i in range(1, 9)), "vectors.json", "mine.png"}
    assert (copy / "snippets" / "ClassifierFloat16.kt").read_text().startswith("mine") and (copy / "notes.md").read_text() == "mine"


def test_a_file_of_ours_that_someone_changed_is_not_taken_away(copy: Path, again: Callable[..., Card]) -> None:
    (copy / "testvectors" / "vector-10.png").write_text("changed")
    again()
    assert (copy / "testvectors" / "vector-10.png").read_text() == "changed"


def test_an_accuracy_is_told_only_of_the_bytes_it_was_measured_on(
    copy: Path, reader: keras.Model, digit_facts: dict[str, Any], again: Callable[..., Card]
) -> None:
    assert all("compared" in model for model in again()["artefacts"])
    other = with_metadata(convert(reader, "float16"), {**digit_facts, "precision": "float16"})
    (copy / "model-float32.tflite").write_bytes(other)
    card = again()
    assert [model["file"] for model in card["artefacts"] if "compared" not in model] == ["model-float32.tflite"]
    assert "not compared" in (copy / "MODEL_CARD.md").read_text()


def test_a_broken_model_from_before_is_left_out_of_the_card(
    copy: Path, again: Callable[..., Card], caplog: pytest.LogCaptureFixture
) -> None:
    (copy / "model-float32.tflite").write_bytes(b"\0\0\0\0TFL3 and then nothing")
    card = again()
    assert [model["file"] for model in card["artefacts"]] == ["model-int8.tflite"]
    assert "model-float32.tflite, which lies there from before, is left out" in caplog.text
    assert [check.file for check in verify(copy).faults] == ["model-float32.tflite"]


def test_the_same_exports_give_the_same_files(copy: Path, again: Callable[..., Card]) -> None:
    again()
    first = {file: hash_of(file) for file in copy.rglob("*") if file.is_file()}
    again()
    assert first == {file: hash_of(file) for file in copy.rglob("*") if file.is_file()}


def test_without_photos_there_is_a_card_all_the_same(copy: Path, again: Callable[..., Card]) -> None:
    again(vectors=[])
    assert not list((copy / "testvectors").iterdir()) and "## Check your copy" in (copy / "MODEL_CARD.md").read_text()


class Killed(BaseException):
    """As if the process were gone: no handler of ours hears of it."""


@pytest.mark.parametrize("after", range(18))
def test_an_export_that_dies_anywhere_leaves_a_folder_that_passes_or_is_named(
    copy: Path, again: Callable[..., Card], after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / "model-float32.tflite").unlink()
    done, real = [0], Path.replace

    def replace(self: Path, target: Path) -> Path:
        done[0] += 1
        if done[0] > after:
            raise Killed
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    try:
        again()
        assert after >= 15
    except Killed:
        monkeypatch.undo()
        assert verify(copy).faults
        again()
    monkeypatch.undo()
    assert verify(copy).exit_code == 0


def test_an_unwritable_folder_is_one_sentence(copy: Path, again: Callable[..., Card], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(contents, "listing", full)
    with pytest.raises(ExportError, match="room and leave"):
        again()


def test_the_card_on_disk_is_the_one_returned(copy: Path, again: Callable[..., Card]) -> None:
    assert json.loads(json.dumps(again().content)) == read_card(copy).content
