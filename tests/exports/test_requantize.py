"""A model that plain quantization breaks is brought back, says how, and the gate holds what cannot be."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.errors import ExportError, GateError
from tltool.exports.artefacts import write_tflite
from tltool.exports.bundle.card import describe_making
from tltool.exports.reference import Reference, check_drop, loses_too_much, prove
from tltool.exports.requantize import requantize_lossy
from tltool.exports.results import Exports
from tltool.exports.tflite import attempts
from tltool.exports.tflite.conversion import convert
from tltool.parity import Parity
from tltool.runtimes.litert import read_facts

FACTS = {"classes": [str(digit) for digit in range(10)], "size": 16, "fit": "crop"}
LIMIT = 0.02
Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def reference(spoiled: keras.Model, claim_of: Callable[..., Reference]) -> Reference:
    return claim_of(spoiled, end=1797)


def written(model: keras.Model, precision: str, photos: np.ndarray, folder: Path) -> Path:
    path = folder / f"model-{precision}.tflite"
    write_tflite(path, convert(model, precision, photos), precision, FACTS, len(photos))
    return path


def mended(path: Path, reference: Reference, photos: np.ndarray) -> tuple[Parity, Parity]:
    """Before and after."""
    before = prove([path], reference)
    return before[path], requantize_lossy(before, replace(reference, training=photos), FACTS, LIMIT)[path]


def test_the_spoiled_model_is_the_same_function(spoiled: keras.Model, reader: keras.Model, digits: Digits) -> None:
    photos = digits[0][1200:].astype("float32")
    assert np.abs(spoiled.predict(photos, verbose=0) - reader.predict(photos, verbose=0)).max() < 1e-5


def test_int8_broken_by_one_large_channel_is_mended_by_selective_float(
    spoiled: keras.Model, reference: Reference, digits: Digits, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    with caplog.at_level(logging.INFO, "tltool"):
        before, after = mended(path, reference, digits[0][:512])
    assert before.drop > 0.3
    assert after.drop <= LIMIT and after.lost <= LIMIT * after.n
    made = describe_making(path)
    assert made["calibration_photos"] == 512 and {"second", "third"} <= set(made["float_layers"]) <= {"second", "between", "third"}
    assert made["float_operators"]["CONV_2D"] == 2
    assert prove([path], reference)[path] == after  # the file kept is the one that was measured
    assert "loses" in caplog.text and "512 photos, float layers:" in caplog.text
    check_drop(Exports(tmp_path, "validation", {path: after}), LIMIT)


def test_a_mended_int8_file_still_takes_plain_pixels(spoiled: keras.Model, reference: Reference, digits: Digits, tmp_path: Path) -> None:
    from tltool.runtimes.litert import describe_tensors

    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    mended(path, reference, digits[0][:256])
    given, (found,) = describe_tensors(path)
    assert given["dtype"] == found["dtype"] == "uint8"
    assert given["quantization"] == {"scale": 1.0, "zero_point": 0}


def test_dynamic_broken_by_one_large_channel_is_mended_by_float_weights(
    spoiled: keras.Model, reference: Reference, digits: Digits, tmp_path: Path
) -> None:
    path = written(spoiled, "dynamic", digits[0][:0], tmp_path)
    before, after = mended(path, reference, digits[0][:128])
    assert before.drop > 0.3 and after.drop <= LIMIT
    assert read_facts(path)["float_layers"] == ["third"]  # it reads the large channel, and nothing else does


def test_a_calibration_with_one_picture_is_found_and_mended_by_more_photos(
    reader: keras.Model, digits: Digits, claim_of: Callable[..., Reference], tmp_path: Path
) -> None:
    path = written(reader, "int8", np.zeros_like(digits[0][:1]), tmp_path)
    before, after = mended(path, claim_of(reader, end=1797), digits[0][:256])
    assert loses_too_much(before, LIMIT) and before.agreement < 0.98
    assert after.drop <= LIMIT and "float_layers" not in read_facts(path)
    assert read_facts(path)["calibration_photos"] == 256


def test_what_loses_little_stays_as_it_is(reader: keras.Model, digits: Digits, claim_of: Callable[..., Reference], tmp_path: Path) -> None:
    path = written(reader, "int8", digits[0][:128], tmp_path)
    content = path.read_bytes()
    before, after = mended(path, claim_of(reader, end=1797), digits[0][:256])
    assert before is after and path.read_bytes() == content


def test_where_nothing_is_enough_the_best_is_kept_and_the_gate_shuts(
    spoiled: keras.Model, reference: Reference, digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "STEPS", (1,))  # one place in float is not enough for this model
    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    before, after = mended(path, reference, digits[0][:256])
    assert after.drop <= before.drop and loses_too_much(after, LIMIT)
    assert prove([path], reference)[path] == after
    with pytest.raises(GateError, match=r"model-int8\.tflite .*loses 0\.\d+ on validation photos") as caught:
        check_drop(Exports(tmp_path, "validation", {path: after}), LIMIT)
    assert caught.value.exit_code == 3


def test_a_converter_that_fails_on_the_way_leaves_what_there_was(
    spoiled: keras.Model,
    reference: Reference,
    digits: Digits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> bytes:
        raise ExportError("The model must quantize to int8.")

    monkeypatch.setattr(attempts, "quantize", refuse)
    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    content = path.read_bytes()
    before, after = mended(path, reference, digits[0][:256])
    assert before is after and path.read_bytes() == content
    assert "could not be mended any further" in caplog.text
