"""Verifying: any copy of an exports folder is held against its card, and what differs is named."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tltool import ExportError, SpecError, verify
from tltool.exports.bundle.vector_photos import MISTAKES

JSON = "model_card.json"


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    """What an app would take along: the small model and what belongs to it."""
    for name in ("model-int8.tflite", "labels.txt", JSON):
        shutil.copyfile(exported / name, tmp_path / name)
    shutil.copytree(exported / "testvectors", tmp_path / "testvectors")
    return tmp_path


def only_int8(copy: Path) -> Any:
    return verify(copy, only=("model-int8.tflite",))


def edit_json(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_a_fresh_export_passes_with_every_model_and_every_vector(exported: Path) -> None:
    result = verify(exported.parent)  # the run itself will do
    assert result.exit_code == 0 and not result.faults
    models = {check.file: check for check in result.checks if check.vectors}
    assert set(models) == {"model-float32.tflite", "model-int8.tflite", "saved_model"}
    assert all(check.vectors >= 8 and check.gap < 1e-3 for check in models.values())
    assert {"labels.txt", "MODEL_CARD.md", "parity.json", "snippets/classify.py"} <= {check.file for check in result.checks}


def test_one_model_of_a_copy_is_checked_alone(copy: Path) -> None:
    result = only_int8(copy)
    assert [(check.file, check.verdict) for check in result.checks] == [("model-int8.tflite", "ok")]
    missing = {check.file for check in verify(copy).faults}
    assert {"saved_model", "model-float32.tflite", "MODEL_CARD.md"} <= missing and "model-int8.tflite" not in missing


def test_a_changed_byte_is_found_though_the_answers_stay(copy: Path) -> None:
    content = (copy / "model-int8.tflite").read_bytes()
    assert b"Probability of each class." in content  # a description in the metadata
    (copy / "model-int8.tflite").write_bytes(content.replace(b"Probability of each class.", b"Probability of each klass."))
    (fault,) = only_int8(copy).faults
    assert "has other bytes (SHA-256) than the card says" in fault.fault


def test_another_model_under_the_name_is_named_with_vector_and_gap(copy: Path, exported: Path) -> None:
    shutil.copyfile(exported / "model-float32.tflite", copy / "model-int8.tflite")
    vectors = json.loads((copy / "testvectors" / "vectors.json").read_text())
    shift = [
        {**vector, "probabilities": {name: found[1:] + found[:1] for name, found in vector["probabilities"].items()}}
        for vector in vectors["vectors"]
    ]
    edit_json(copy / "testvectors" / "vectors.json", vectors=shift)
    (fault,) = only_int8(copy).faults
    assert "bytes where the card says" in fault.fault and fault.vector.startswith("vector-") and fault.gap > 0.05
    assert f"answers {fault.vector} {fault.gap:.4f} of the probability away" in fault.fault


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_vectors_show_what_apps_do_wrong(copy: Path, mistake: str) -> None:
    for file in (copy / "testvectors").glob("*.png"):
        Image.fromarray(np.ascontiguousarray(MISTAKES[mistake](np.asarray(Image.open(file))[None])[0])).save(file)
    (fault,) = only_int8(copy).faults
    assert fault.gap > fault.tolerance


def test_another_label_is_named_where_the_expected_one_leads_by_more_than_the_tolerance(copy: Path) -> None:
    file = copy / "testvectors" / "vectors.json"
    vectors = json.loads(file.read_text(encoding="utf-8"))["vectors"]
    expected = vectors[0]["probabilities"]["model-int8.tflite"]
    first, second = np.argsort(expected)[:-3:-1]
    moved = expected[first] - expected[second] + 0.1  # to the second class, which then leads by 0.1 more than was moved
    leading = {int(first): expected[first] - moved, int(second): expected[second] + moved}
    expected[:] = [leading.get(place, 0.0) for place in range(len(expected))]  # no third class is near
    edit_json(file, vectors=vectors, tolerances={"model-int8.tflite": moved + 0.01})
    (fault,) = only_int8(copy).faults
    assert "names vector-01.png otherwise, though the expected class leads by more" in fault.fault and fault.gap < fault.tolerance


@pytest.mark.parametrize(("name", "fault"), [("labels.txt", "is missing"), ("testvectors/vector-01.png", "is missing")])
def test_a_missing_file_is_named(copy: Path, name: str, fault: str) -> None:
    (copy / name).unlink()
    assert [check.fault for check in verify(copy).faults if check.file == name] == [fault]


def test_other_labels_are_named(copy: Path) -> None:
    lines = (copy / "labels.txt").read_text().splitlines()
    (copy / "labels.txt").write_text("".join(f"{line}\n" for line in lines[::-1]))
    faults = {check.file: check.fault for check in verify(copy, only=("labels.txt",)).faults}
    assert faults == {"labels.txt": "has other bytes (SHA-256) than the card says", f"labels.txt and {JSON}": "name different classes"}


def test_vectors_that_are_gone_or_know_nothing_of_the_model_are_named(copy: Path) -> None:
    edit_json(copy / "testvectors" / "vectors.json", tolerances={})
    assert "testvectors/ has no answers of it" in only_int8(copy).faults[0].fault
    shutil.rmtree(copy / "testvectors")
    assert "must hold the test vectors" in only_int8(copy).faults[0].fault


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vectors", []),
        ("vectors", [{"file": "../../labels.txt", "probabilities": {}}]),
        ("tolerances", {"model-int8.tflite": "wide"}),
        ("vectors", [{"file": None}]),
    ],
)
def test_vectors_that_say_something_else_are_named(copy: Path, key: str, value: Any) -> None:
    edit_json(copy / "testvectors" / "vectors.json", **{key: value})
    assert "vectors.json must hold the test vectors. Received: something else" in only_int8(copy).faults[0].fault


def test_vectors_of_another_number_of_classes_are_no_answers(copy: Path) -> None:
    file = copy / "testvectors" / "vectors.json"
    vectors = json.loads(file.read_text())["vectors"]
    vectors[0]["probabilities"]["model-int8.tflite"].pop()
    edit_json(file, vectors=vectors)
    assert "testvectors/ has no answers of it" in only_int8(copy).faults[0].fault


def test_a_folder_in_the_place_of_a_file_is_named(copy: Path) -> None:
    (copy / "labels.txt").unlink()
    (copy / "labels.txt").mkdir()
    assert [check.fault for check in verify(copy, only=("labels.txt",)).faults] == ["is a folder"]


def test_a_model_that_is_not_in_the_card_is_named(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "all", ignore=shutil.ignore_patterns("saved_model"))
    shutil.copyfile(folder / "model-int8.tflite", folder / "model-dynamic.tflite")
    assert "an export was cut short" in next(check.fault for check in verify(folder).faults if check.file == "model-dynamic.tflite")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{}",
        '{"artefacts": [{"file": "../../etc/passwd", "sha256": "x"}], "files": {}, "classes": ["a"]}',
        '{"artefacts": [], "files": {"labels.txt": {"sha256": "x"}}, "classes": ["a"], "input": {"size": 96, "fit": "crop"}}',
        '{"artefacts": [], "files": {}, "classes": ["a"], "input": {"size": "96"}}',
        '{"artefacts": {}, "files": [], "classes": []}',
        '{"artefacts": [3], "files": {"a": 1}, "classes": ["a"]}',
    ],
)
def test_a_folder_without_a_whole_card_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / JSON).write_text(text)
    with pytest.raises(ExportError, match=r"must hold the model_card\.json that tltool export writes"):
        verify(tmp_path)


def test_a_folder_whose_export_was_cut_short_says_so(copy: Path) -> None:
    (copy / JSON).unlink()
    with pytest.raises(ExportError, match=r"model-int8\.tflite without a whole card, as after an export that was cut short"):
        verify(copy)


def test_a_file_the_card_does_not_have_is_a_wrong_wish(copy: Path) -> None:
    with pytest.raises(SpecError, match=r"only must be .*model-int8\.tflite"):
        verify(copy, only=("model-int.tflite",))


def test_the_command_exits_with_1_and_loads_neither_tensorflow_nor_keras(copy: Path) -> None:
    program = (
        "import sys; from tltool.cli.main import tltool\n"
        "try: tltool(prog_name='tltool')\n"
        "finally: print(sorted({'tensorflow', 'keras', 'jinja2'} & set(sys.modules)), file=sys.stderr)"
    )

    def ask(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, "verify", str(copy), "--only", "model-int8.tflite", *more],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "120"},
        )

    fine = ask("--json")
    assert (fine.returncode, json.loads(fine.stdout)["verdict"]) == (0, "ok")
    assert fine.stderr.splitlines()[-1] == "[]"
    (copy / "model-int8.tflite").write_bytes(b"")
    broken = ask()
    assert broken.returncode == 1 and "model-int8.tflite has 0 bytes where the card says" in broken.stdout
