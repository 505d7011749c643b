"""An export is a claim: every way of breaking one that we could think of is found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from tltool.data.samples import Samples
from tltool.errors import ExportError, GateError
from tltool.evaluation.predictors import predictor_of
from tltool.exports.artefacts import write_tflite
from tltool.exports.reference import Reference, check_drop, loses_too_much, prove, take_reference
from tltool.exports.results import Exports
from tltool.exports.saved_model import write_saved_model
from tltool.exports.tflite.conversion import convert
from tltool.parity import Parity
from tltool.tasks.classify.exported import compare

FACTS = {"classes": [str(digit) for digit in range(10)], "size": 16, "fit": "crop"}
Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def reference(reader: keras.Model, claim_of: Callable[..., Reference]) -> Reference:
    return claim_of(reader)


def rewired(model: keras.Model, before: float = 1.0, order: list[int] | None = None) -> keras.Model:
    """The model on photos multiplied by ``before``, its answers in another order."""
    photo = keras.Input((16, 16, 3))
    scores = model(photo * before)
    return keras.Model(photo, keras.ops.take(scores, order, axis=1) if order else scores)


def proved(
    model: keras.Model,
    reference: Reference,
    folder: Path,
    precision: str = "float32",
    facts: dict = FACTS,
    photos: np.ndarray | None = None,
) -> Parity:
    path = folder / f"model-{precision}.tflite"
    write_tflite(path, convert(model, precision, photos), precision, facts, 0)
    return prove([path], reference)[path]


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_sound_float_export_gives_the_same_labels(reader: keras.Model, reference: Reference, tmp_path: Path, precision: str) -> None:
    parity = proved(reader, reference, tmp_path, precision)
    assert parity.agreement >= 0.995 and parity.largest_gap < 5e-3
    assert not loses_too_much(parity, 0.02)


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("factor", [1 / 255, 1 / 127.5, 0.5])
def test_wrong_scaling_is_found_in_a_float_export(
    reader: keras.Model, reference: Reference, tmp_path: Path, precision: str, factor: float
) -> None:
    with pytest.raises(ExportError, match=rf"model-{precision}\.tflite, which answers \d+ of 400 photos otherwise"):
        proved(rewired(reader, factor), reference, tmp_path, precision)


def test_wrong_scaling_is_found_in_an_int8_export(reader: keras.Model, reference: Reference, digits: Digits, tmp_path: Path) -> None:
    assert loses_too_much(proved(rewired(reader, 1 / 255), reference, tmp_path, "int8", photos=digits[0][:100]), 0.02)


def test_a_calibration_with_one_picture_is_found(reader: keras.Model, reference: Reference, digits: Digits, tmp_path: Path) -> None:
    assert loses_too_much(proved(reader, reference, tmp_path, "int8", photos=np.zeros_like(digits[0][:1])), 0.02)
    assert not loses_too_much(proved(reader, reference, tmp_path, "int8", photos=digits[0][:100]), 0.02)


def test_answers_in_another_order_are_found(reader: keras.Model, reference: Reference, digits: Digits, tmp_path: Path) -> None:
    shuffled = rewired(reader, order=[1, 0, *range(2, 10)])
    with pytest.raises(ExportError, match="computes in float must answer like its model"):
        proved(shuffled, reference, tmp_path)
    assert loses_too_much(proved(shuffled, reference, tmp_path, "int8", photos=digits[0][:100]), 0.02)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_labels_in_another_order_inside_the_file_are_found(
    reader: keras.Model, reference: Reference, digits: Digits, tmp_path: Path, precision: str
) -> None:
    facts = {**FACTS, "classes": ["1", "0", *FACTS["classes"][2:]]}
    with pytest.raises(ExportError, match=rf"name its classes as its run does. Received: model-{precision}.tflite with '1' where '0' is"):
        proved(reader, reference, tmp_path, precision, facts, digits[0][:100])


def test_labels_in_another_order_inside_a_saved_model_are_found(reader: keras.Model, reference: Reference, tmp_path: Path) -> None:
    write_saved_model(reader, {**FACTS, "classes": [*FACTS["classes"][:8], "9", "8"]}, tmp_path / "saved_model")
    with pytest.raises(ExportError, match=r"saved_model with '9' where '8' is"):
        prove([tmp_path / "saved_model"], reference)


def test_a_rescaled_score_that_changes_no_label_is_found(reference: Reference, reader: keras.Model, tmp_path: Path) -> None:
    cooler = keras.Model(reader.input, layers.Softmax()(reader.get_layer("logits").output * 0.3))
    with pytest.raises(ExportError, match=r"answers 0 of 400 photos otherwise and moves its scores by \d+\.\d%"):
        proved(cooler, reference, tmp_path)


def test_flips_are_named_by_photo_and_class(reader: keras.Model, reference: Reference, digits: Digits, tmp_path: Path) -> None:
    parity = proved(reader, reference, tmp_path, "int8", photos=np.full_like(digits[0][:1], 40))
    flip, expected = parity.flips[0], reference.expected.argmax(axis=1)
    row = int(flip.photo.removesuffix(".png"))
    assert flip.label == str(digits[1][row]) and flip.model == str(expected[row - 1200]) != flip.exported
    assert len(parity.flips) == round((1 - parity.agreement) * parity.n)


def test_photos_are_named_below_the_folder_they_share(reader: keras.Model) -> None:
    table = pd.DataFrame(
        {
            "path": ["/home/me/photos/a/1.png", "/home/me/photos/b/2.png", "/home/me/photos/b/3.png"],
            "sha256": "",
            "label": ["0", "1", "1"],
            "group": "",
            "split": ["train", "validation", "validation"],
        }
    )
    pixels = np.arange(3, dtype="uint8").repeat(16 * 16 * 3).reshape(3, 16, 16, 3)
    reference = take_reference(predictor_of(reader, FACTS["classes"], "crop"), pixels, Samples(table, FACTS["classes"]))
    assert reference.photos == ["b/2.png", "b/3.png"] and reference.labels.tolist() == [1, 1] and reference.expected.shape == (2, 10)
    assert reference.split == "validation" and (reference.training == pixels[:1]).all()


def test_a_score_rescaled_among_1001_classes_is_found(reference: Reference, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 3))
    logits = layers.Dense(1001, kernel_initializer="random_normal")(layers.Flatten()(layers.Rescaling(1 / 255)(photo)))
    names = [str(i) for i in range(1001)]
    predictor = predictor_of(keras.Model(photo, layers.Softmax()(logits)), names, "crop")
    pixels = reference.pixels[reference.rows[:40]]
    many = replace(
        reference,
        predictor=predictor,
        pixels=pixels,
        rows=np.arange(40),
        labels=np.zeros(40, int),
        photos=reference.photos[:40],
        expected=predictor.scores(pixels),
    )
    cooler = keras.Model(photo, layers.Softmax()(logits * 0.7))
    with pytest.raises(ExportError, match="answers 0 of 40 photos otherwise and moves"):
        proved(cooler, many, tmp_path, facts={**FACTS, "classes": names})


def test_int8_scores_that_all_round_to_0_miss_the_gate_however_little_accuracy_there_was_to_lose(
    reference: Reference, tmp_path: Path
) -> None:
    photo = keras.Input((16, 16, 3))
    keras.utils.set_random_seed(0)
    features = layers.GlobalAveragePooling2D()(layers.Conv2D(8, 3, activation="relu")(layers.Rescaling(1 / 255)(photo)))
    names = [str(i) for i in range(1001)]
    model = keras.Model(photo, layers.Softmax()(layers.Dense(1001)(features)))
    predictor, pixels = predictor_of(model, names, "crop"), reference.pixels[reference.rows[:40]]
    unsure = replace(
        reference,
        predictor=predictor,
        pixels=pixels,
        rows=np.arange(40),
        labels=np.zeros(40, int),
        photos=reference.photos[:40],
        expected=predictor.scores(pixels),
    )
    parity = proved(model, unsure, tmp_path, "int8", {**FACTS, "classes": names}, pixels)
    assert parity.lost == 0 and loses_too_much(parity, 1.0)
    with pytest.raises(GateError, match=r"Received: model-int8\.tflite says the same of every photo and loses 0.000 on validation photos"):
        check_drop(Exports(tmp_path, "validation", {tmp_path / "model-int8.tflite": parity}), 0.02)


def parity_of(n: int, lost: int, won: int = 0) -> Parity:
    labels = np.zeros(n, int)
    ours, theirs = np.zeros(n, int), np.zeros(n, int)
    theirs[:lost], ours[n - won :] = 1, 1
    sure = np.linspace(0.8, 1, n)[:, None]
    return compare(np.eye(2)[ours] * sure, np.eye(2)[theirs] * sure, labels)


@pytest.mark.parametrize(
    ("n", "lost", "won", "limit", "too_much"),
    [
        (18, 1, 0, 0.02, False),  # one photo is 5.6 %, and no evidence
        (18, 2, 0, 0.02, True),
        (18, 2, 1, 0.02, False),  # two lost, one won
        (100, 2, 0, 0.02, False),
        (100, 3, 0, 0.02, True),
        (341, 6, 0, 0.02, False),
        (341, 7, 0, 0.02, True),
        (341, 1, 0, 0.0, True),  # who types 0 means it
        (341, 0, 5, 0.0, False),
        (10, 10, 0, 1.0, False),
    ],
)
def test_one_photo_is_no_evidence_and_two_are(n: int, lost: int, won: int, limit: float, too_much: bool) -> None:
    assert loses_too_much(parity_of(n, lost, won), limit) is too_much


def test_the_gate_names_every_artefact_that_loses_too_much_and_carries_the_result(tmp_path: Path) -> None:
    parities = {tmp_path / f"{name}.tflite": parity_of(100, lost) for name, lost in (("a", 10), ("b", 0), ("c", 3))}
    result = Exports(tmp_path, "validation", parities)
    said = r"--max-drop 0\.02\. Received: a\.tflite loses 0\.100, c\.tflite loses 0\.030 on validation"
    with pytest.raises(GateError, match=said) as caught:
        check_drop(result, 0.02)
    assert caught.value.result is result
    check_drop(replace(result, parities={tmp_path / "b.tflite": parities[tmp_path / "b.tflite"]}), 0.02)
