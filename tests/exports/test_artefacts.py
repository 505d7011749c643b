import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.errors import ExportError, SpecError
from tltool.exports.artefacts import Artefact, open_artefact, plan_artefacts, workshop, write_artefact, write_tflite
from tltool.exports.card import describe_making
from tltool.exports.photos import CALIBRATION_PHOTOS
from tltool.exports.tflite import PRECISIONS, convert

FACTS = {"classes": [str(digit) for digit in range(10)], "size": 16, "fit": "crop"}
Digits = tuple[np.ndarray, np.ndarray]


def test_each_wish_is_planned_once_and_a_saved_model_has_one_precision(tmp_path: Path) -> None:
    planned = plan_artefacts(("tflite", "saved_model", "tflite"), ("int8", "float16", "int8"), tmp_path, force=False)
    assert [artefact.name for artefact in planned] == ["model-int8.tflite", "model-float16.tflite", "saved_model"]
    assert [artefact.precision for artefact in plan_artefacts("tflite", (), tmp_path, force=False)] == ["float32"]


@pytest.mark.parametrize(("formats", "precisions", "said"), [
    (("tflight",), (), r"--format .*'tflite'.*Received: 'tflight'"),
    (("tflite",), ("int4",), r"--precision .*Received: 'int4'"),
    (("tflite",), ("INT8",), r"--precision .*Received: 'INT8'"),
    (("saved_model",), ("int8",), r"--precision must go with --format tflite\. Received: int8 with saved_model"),
])
def test_unknown_names_and_wishes_that_cannot_hold_are_refused(tmp_path: Path, formats: tuple[str, ...], precisions: tuple[str, ...],
                                                               said: str) -> None:
    with pytest.raises(SpecError, match=said):
        plan_artefacts(formats, precisions, tmp_path, force=True)


def test_an_artefact_that_would_be_replaced_is_named_and_force_allows_it(tmp_path: Path) -> None:
    (tmp_path / "model-int8.tflite").write_bytes(b"earlier")
    with pytest.raises(ExportError, match=r"must not replace an earlier one\. Received: model-int8\.tflite.*--force"):
        plan_artefacts(("tflite",), ("float16", "int8"), tmp_path, force=False)
    assert len(plan_artefacts(("tflite",), ("float16", "int8"), tmp_path, force=True)) == 2
    assert (tmp_path / "model-int8.tflite").read_bytes() == b"earlier"


def test_a_folder_of_the_users_own_is_not_replaced_even_with_force(tmp_path: Path) -> None:
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "diary.txt").write_text("mine")
    with pytest.raises(ExportError, match="--force replaces only what tltool wrote"):
        plan_artefacts(("saved_model",), (), tmp_path, force=True)


def test_nothing_is_left_of_the_workshop_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="room and leave to write"), workshop(tmp_path) as place:
        (place / "half").write_bytes(b"x")
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_what_a_killed_export_left_goes_and_what_another_works_in_stays(tmp_path: Path) -> None:
    killed = tmp_path / ".unproved-1"
    killed.mkdir()
    (killed / "lock").write_bytes(b"")
    with workshop(tmp_path) as place:
        busy = place.rename(tmp_path / ".unproved-2")  # as if of another process, which still holds its lock
        with workshop(tmp_path):
            assert not killed.exists() and busy.is_dir()
        shutil.rmtree(busy)
    assert not list(tmp_path.iterdir())


def test_a_file_says_how_it_was_made(reader: keras.Model, digits: Digits, tmp_path: Path) -> None:
    path = write_artefact(Artefact("tflite", "int8"), reader, FACTS, digits[0][:400], tmp_path)
    assert describe_making(path) == {"calibration_photos": CALIBRATION_PHOTOS, "float_operators": {}}
    path = write_artefact(Artefact("tflite", "dynamic"), reader, FACTS, digits[0][:400], tmp_path)
    assert describe_making(path) == {}
    write_tflite(path, convert(reader, "dynamic"), "dynamic", FACTS, 0, ("third",))
    assert describe_making(path) == {"float_layers": ["third"]}
    assert describe_making(tmp_path / "saved_model") == {}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_several_interpreters_answer_as_one_does(reader: keras.Model, digits: Digits, tmp_path: Path, precision: str) -> None:
    from tltool.evaluation.litert import load_tflite

    path = write_artefact(Artefact("tflite", precision), reader, FACTS, digits[0][:100], tmp_path)
    for n in (1, 2, 31):
        found = open_artefact(path)(digits[0][-n:])
        assert found.shape == (n, 10) and np.allclose(found, load_tflite(path)(digits[0][-n:]), atol=1e-6)
