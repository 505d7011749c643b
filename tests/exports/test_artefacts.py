from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.errors import ExportError, SpecError
from tltool.exports.artefacts import Artefact, plan_artefacts, write_artefact, write_tflite
from tltool.exports.bundle.card import describe_making
from tltool.exports.reference import Reference
from tltool.exports.tflite.conversion import CALIBRATION_PHOTOS, convert

FACTS = {"classes": [str(digit) for digit in range(10)], "size": 16, "fit": "crop"}
Digits = tuple[np.ndarray, np.ndarray]


def test_each_wish_is_planned_once_and_a_saved_model_has_one_precision(tmp_path: Path) -> None:
    planned = plan_artefacts(("tflite", "saved_model", "tflite"), ("int8", "float16", "int8"), tmp_path, force=False)
    assert [artefact.name for artefact in planned] == ["model-int8.tflite", "model-float16.tflite", "saved_model"]
    assert [artefact.precision for artefact in plan_artefacts("tflite", (), tmp_path, force=False)] == ["float32"]


@pytest.mark.parametrize(
    ("formats", "precisions", "said"),
    [
        (("tflight",), (), r"--format .*'tflite'.*Received: 'tflight'"),
        (("tflite",), ("int4",), r"--precision .*Received: 'int4'"),
        (("tflite",), ("INT8",), r"--precision .*Received: 'INT8'"),
        (("saved_model",), ("int8",), r"--precision must go with --format tflite\. Received: int8 with saved_model"),
    ],
)
def test_unknown_names_and_wishes_that_cannot_hold_are_refused(
    tmp_path: Path, formats: tuple[str, ...], precisions: tuple[str, ...], said: str
) -> None:
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


def test_a_file_says_how_it_was_made(reader: keras.Model, digits: Digits, claim_of: Callable[..., Reference], tmp_path: Path) -> None:
    reference = claim_of(reader, training=digits[0][:400])
    path = write_artefact(Artefact("tflite", "int8"), reference, FACTS, tmp_path)
    assert describe_making(path) == {"calibration_photos": CALIBRATION_PHOTOS, "float_operators": {}, "min_runtime": "1.14.0"}
    path = write_artefact(Artefact("tflite", "dynamic"), reference, FACTS, tmp_path)
    assert describe_making(path) == {"min_runtime": "2.4.0"}
    write_tflite(path, convert(reader, "dynamic"), "dynamic", FACTS, 0, ("third",))
    assert describe_making(path) == {"float_layers": ["third"], "min_runtime": "2.4.0"}
    assert describe_making(tmp_path / "saved_model") == {}
