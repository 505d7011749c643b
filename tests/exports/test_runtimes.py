"""Exported models are found, and answer the same however many photos they are asked at once."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.evaluation.litert import load_tflite
from tltool.exports.artefacts import Artefact, write_artefact
from tltool.exports.proof import Claim
from tltool.exports.runtimes import artefacts_in, open_artefact
from tltool.exports.tflite import PRECISIONS

FACTS = {"classes": [str(digit) for digit in range(10)], "size": 16, "fit": "crop"}
Digits = tuple[np.ndarray, np.ndarray]


def test_only_artefacts_of_our_names_are_found(tmp_path: Path) -> None:
    for name in ("model-int8.tflite", "my-own.tflite", "model.onnx", "saved_model/saved_model.pb", "other/saved_model.pb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in artefacts_in(tmp_path)] == ["model-int8.tflite", "model.onnx", "saved_model"]
    (tmp_path / ".hidden.tflite").touch()
    everything = ["model-int8.tflite", "model.onnx", "my-own.tflite", "other", "saved_model"]
    assert [path.name for path in artefacts_in(tmp_path, foreign=True)] == everything


@pytest.mark.parametrize("precision", PRECISIONS)
def test_several_interpreters_answer_as_one_does(reader: keras.Model, digits: Digits, claim_of: Callable[..., Claim], tmp_path: Path,
                                                precision: str) -> None:
    path = write_artefact(Artefact("tflite", precision), claim_of(reader), FACTS, tmp_path)
    for n in (1, 2, 31):
        found = open_artefact(path)(digits[0][-n:])
        assert found.shape == (n, 10) and np.allclose(found, load_tflite(path)(digits[0][-n:]), atol=1e-6)
