"""A model that plain quantization breaks is brought back, says how, and the gate holds what cannot be."""

import logging
from pathlib import Path

import keras
import numpy as np
import pytest

from tltool.errors import ExportError, GateError
from tltool.evaluation.litert import read_facts
from tltool.evaluation.predictors import predictor_of
from tltool.exports import remedies
from tltool.exports.artefacts import describe_making, write_tflite
from tltool.exports.graph import operators, output_name, read_graph
from tltool.exports.parity import Parity
from tltool.exports.proof import Claim, check_drop, loses_too_much, prove
from tltool.exports.remedies import _around, find_losses
from tltool.exports.rescue import mend
from tltool.exports.results import Exports
from tltool.exports.tflite import calibrate, convert

FACTS = {"classes": [str(digit) for digit in range(10)], "size": 16, "fit": "crop"}
LIMIT = 0.02
Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def spoiled(reader: keras.Model) -> keras.Model:
    """The same function as ``reader``, with one channel scaled ×1,000 before its ReLU and back after it."""
    model = keras.models.clone_model(reader)
    model.set_weights(reader.get_weights())
    kernel, bias = model.get_layer("second").get_weights()
    kernel[..., 0] *= 1000
    bias[0] *= 1000
    model.get_layer("second").set_weights([kernel, bias])
    kernel, bias = model.get_layer("third").get_weights()
    kernel[:, :, 0] /= 1000
    model.get_layer("third").set_weights([kernel, bias])
    return model


def claim_of(model: keras.Model, digits: Digits) -> Claim:
    pixels, labels = digits
    rows = np.arange(1200, len(labels))
    predictor = predictor_of(model, FACTS["classes"], "crop")
    return Claim(predictor, pixels, rows, labels[rows], [f"{row}.png" for row in rows], predictor.scores(pixels[rows]))


@pytest.fixture(scope="module")
def claim(spoiled: keras.Model, digits: Digits) -> Claim:
    return claim_of(spoiled, digits)


def written(model: keras.Model, precision: str, photos: np.ndarray, folder: Path) -> Path:
    path = folder / f"model-{precision}.tflite"
    write_tflite(path, convert(model, precision, photos), precision, FACTS, len(photos))
    return path


def rescued(path: Path, claim: Claim, photos: np.ndarray) -> tuple[Parity, Parity]:
    """Before and after."""
    before = prove([path], claim)
    return before[path], mend(before, claim, FACTS, photos, LIMIT)[path]


def test_the_spoiled_model_is_the_same_function(spoiled: keras.Model, reader: keras.Model, digits: Digits) -> None:
    photos = digits[0][1200:].astype("float32")
    assert np.abs(spoiled.predict(photos, verbose=0) - reader.predict(photos, verbose=0)).max() < 1e-5


def test_int8_broken_by_one_large_channel_is_rescued_by_selective_float(
        spoiled: keras.Model, claim: Claim, digits: Digits, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    with caplog.at_level(logging.INFO, "tltool"):
        before, after = rescued(path, claim, digits[0][:512])
    assert before.drop > 0.3
    assert after.drop <= LIMIT and after.lost <= LIMIT * after.n
    made = describe_making(path)
    assert made["calibration_photos"] == 512 and {"second", "third"} <= set(made["float_layers"]) <= {"second", "between", "third"}
    assert made["float_operators"]["CONV_2D"] == 2
    assert prove([path], claim)[path] == after  # the file kept is the one that was measured
    assert "loses" in caplog.text and "512 photos, float layers:" in caplog.text
    check_drop(Exports(tmp_path, "validation", {path: after}), LIMIT)


def test_a_rescued_int8_file_still_takes_plain_pixels(spoiled: keras.Model, claim: Claim, digits: Digits, tmp_path: Path) -> None:
    from tltool.evaluation.litert import describe_tensors

    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    rescued(path, claim, digits[0][:256])
    tensors = describe_tensors(path)
    assert tensors["input"]["dtype"] == tensors["output"]["dtype"] == "uint8"
    assert tensors["input"]["quantization"] == {"scale": 1.0, "zero_point": 0}


def test_dynamic_broken_by_one_large_channel_is_rescued_by_float_weights(
        spoiled: keras.Model, claim: Claim, digits: Digits, tmp_path: Path) -> None:
    path = written(spoiled, "dynamic", digits[0][:0], tmp_path)
    before, after = rescued(path, claim, digits[0][:128])
    assert before.drop > 0.3 and after.drop <= LIMIT
    assert read_facts(path)["float_layers"] == ["third"]  # it reads the large channel, and nothing else does


def test_a_calibration_with_one_picture_is_found_and_mended_by_more_photos(reader: keras.Model, digits: Digits, tmp_path: Path) -> None:
    path = written(reader, "int8", np.zeros_like(digits[0][:1]), tmp_path)
    before, after = rescued(path, claim_of(reader, digits), digits[0][:256])
    assert loses_too_much(before, LIMIT) and before.agreement < 0.98
    assert after.drop <= LIMIT and "float_layers" not in read_facts(path)
    assert read_facts(path)["calibration_photos"] == 256


def test_what_loses_little_stays_as_it_is(reader: keras.Model, digits: Digits, tmp_path: Path) -> None:
    path = written(reader, "int8", digits[0][:128], tmp_path)
    content = path.read_bytes()
    before, after = rescued(path, claim_of(reader, digits), digits[0][:256])
    assert before is after and path.read_bytes() == content


def test_where_nothing_is_enough_the_best_is_kept_and_the_gate_shuts(
        spoiled: keras.Model, claim: Claim, digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "STEPS", (1,))  # one place in float is not enough for this model
    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    before, after = rescued(path, claim, digits[0][:256])
    assert after.drop <= before.drop and loses_too_much(after, LIMIT)
    assert prove([path], claim)[path] == after
    with pytest.raises(GateError, match=r"model-int8\.tflite loses 0\.\d+ on validation photos") as caught:
        check_drop(Exports(tmp_path, "validation", {path: after}), LIMIT)
    assert caught.value.exit_code == 3


def test_a_converter_that_fails_on_the_way_leaves_what_there_was(
        spoiled: keras.Model, claim: Claim, digits: Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*_: object) -> bytes:
        raise ExportError("The model must quantize to int8.")

    monkeypatch.setattr(remedies, "quantize", refuse)
    path = written(spoiled, "int8", digits[0][:128], tmp_path)
    content = path.read_bytes()
    before, after = rescued(path, claim, digits[0][:256])
    assert before is after and path.read_bytes() == content
    assert "could not be mended any further" in caplog.text


def test_the_layer_with_the_large_channel_and_the_one_that_reads_it_lose_most(spoiled: keras.Model, digits: Digits) -> None:
    losses = find_losses(calibrate(spoiled, digits[0][:128]), digits[0][:8])
    worst = list(losses)[:2]
    assert {name.split("/")[1].removesuffix("_1") for name in worst} == {"second", "third"}
    assert losses[worst[1]] > 0.5 and max(losses[name] for name in losses if "first" in name) < 0.01


def test_pooling_between_two_layers_goes_into_float_with_them(spoiled: keras.Model, digits: Digits) -> None:
    graph = read_graph(calibrate(spoiled, digits[0][:16]))
    second = next(output_name(graph, operator) for _, operator in operators(graph) if "second" in output_name(graph, operator))
    layers = ("first", "second", "between", "third", "logits")
    assert [layer for layer in layers if any(layer in name for name in _around(graph, second))] == ["second", "between", "third"]
