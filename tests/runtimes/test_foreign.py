"""A .tflite file that tltool did not write: what it takes and gives is found out, assumed and told, or refused in one sentence."""

import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from keras import layers

from tltool.errors import ExportError, SpecError
from tltool.exports.tflite.metadata import with_metadata
from tltool.noise import quietly
from tltool.runtimes.foreign import read_labels
from tltool.runtimes.litert import load_tflite, read_facts
from tltool.runtimes.tflite_metadata import last_operator, packed_normalization

PHOTOS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
NAMES = ["ant", "bee", "cat"]


def converted(
    function: Callable[..., Any], path: Path, *shapes: list[int | None], dtype: Any = None, calibration: np.ndarray | None = None
) -> Path:
    """``function`` of float32 tensors of ``shapes`` as a .tflite file that tltool has nothing to do with."""
    module = tf.Module()
    module.serve = tf.function(function, input_signature=[tf.TensorSpec(shape, tf.float32) for shape in shapes])
    with quietly():
        converter = tf.lite.TFLiteConverter.from_concrete_functions([module.serve.get_concrete_function()], module)
        if dtype is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            converter.representative_dataset = lambda: ([photo[None]] for photo in calibration)
            converter.inference_input_type = converter.inference_output_type = dtype
        path.write_bytes(converter.convert())
    return path


def logits_of(photos: Any) -> Any:
    """Mean red, green and blue of pixels 0…1, far enough apart to tell the scalings from each other: [n, 3]."""
    return tf.matmul(tf.reduce_mean(photos, axis=[1, 2]), tf.constant([[4.0, -1, 0], [0, 3, -2], [-1, 1, 5]])) + tf.constant([0.1, 0, -0.1])


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def scaled(mean: Any, std: Any) -> np.ndarray:
    """What ``logits_of`` says of ``PHOTOS`` when they are scaled so."""
    return logits_of(tf.constant(((PHOTOS - np.array(mean)) / np.array(std)).astype("float32"))).numpy()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A float model with a softmax and not a word about itself."""
    return converted(lambda x: tf.nn.softmax(logits_of(x)), tmp_path_factory.mktemp("foreign") / "plain.tflite", [1, 8, 8, 3])


def normalized(path: Path, mean: list[float], std: list[float]) -> Path:
    """Put TFLite Metadata with a normalization, and nothing else, into a model."""
    b = flatbuffers.Builder(256)

    def table(slots: dict[int, Any]) -> int:
        b.StartObject(10)
        for slot, value in slots.items():
            b.PrependUint8Slot(slot, value[0], 0) if isinstance(value, tuple) else b.PrependUOffsetTRelativeSlot(slot, value, 0)
        return b.EndObject()

    def vector(offset: int) -> int:
        b.StartVector(4, 1, 4)
        b.PrependUOffsetTRelative(offset)
        return b.EndVector()

    means, stds = (b.CreateNumpyVector(np.array(numbers, np.float32)) for numbers in (mean, std))
    unit = table({0: (1,), 1: table({0: means, 1: stds})})
    image, scores = table({4: vector(unit)}), table({})
    b.Finish(table({3: vector(table({2: vector(image), 3: vector(scores)}))}), file_identifier=b"M001")
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(path.read_bytes(), 0))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data, entry.name, entry.buffer = np.frombuffer(bytes(b.Output()), np.uint8), "TFLITE_METADATA", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    whole = flatbuffers.Builder(1 << 16)
    whole.Finish(model.Pack(whole), file_identifier=b"TFL3")
    target = path.with_name("normalized.tflite")
    target.write_bytes(bytes(whole.Output()))
    return target


# Pixels


def test_pixels_are_0_to_255_unless_something_says_otherwise_and_that_is_told(plain: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tltool"):
        found = load_tflite(plain)(PHOTOS)
    np.testing.assert_allclose(found, softmax(scaled(0, 1)), atol=1e-5)
    assert "0 to 255 is assumed" in caplog.text and "numbered 0 to 2" in caplog.text


@pytest.mark.parametrize(
    ("scaling", "mean", "std"),
    [("none", 0, 1), ("unit", 0, 255), ("tf", 127.5, 127.5), ("torch", [123.675, 116.28, 103.53], [58.395, 57.12, 57.375])],
)
def test_pixels_are_scaled_as_the_user_says(plain: Path, caplog: pytest.LogCaptureFixture, scaling: str, mean: Any, std: Any) -> None:
    np.testing.assert_allclose(load_tflite(plain, scaling=scaling)(PHOTOS), softmax(scaled(mean, std)), atol=1e-5)
    assert "assumed" not in caplog.text


def test_caffe_is_blue_first_and_without_the_mean(plain: Path) -> None:
    blue_first = (PHOTOS[..., ::-1] - np.array([103.939, 116.779, 123.68])).astype("float32")
    np.testing.assert_allclose(load_tflite(plain, scaling="caffe")(PHOTOS), softmax(logits_of(tf.constant(blue_first)).numpy()), atol=1e-5)


@pytest.mark.parametrize(("mean", "std"), [([127.5], [127.5]), ([0.0], [255.0]), ([120.0, 110.0, 100.0], [60.0, 59.0, 58.0])])
def test_the_normalization_in_the_metadata_is_respected(
    plain: Path, caplog: pytest.LogCaptureFixture, mean: list[float], std: list[float]
) -> None:
    path = normalized(plain, mean, std)
    np.testing.assert_allclose(load_tflite(path)(PHOTOS), softmax(scaled(mean, std)), atol=1e-5)
    assert "assumed" not in caplog.text
    np.testing.assert_allclose(load_tflite(path, scaling="unit")(PHOTOS), softmax(scaled(0, 255)), atol=1e-5)  # what is typed wins


def test_a_useless_normalization_counts_as_none(plain: Path) -> None:
    assert packed_normalization(plain) is None
    assert packed_normalization(normalized(plain, [0.0], [0.0])) is None
    assert packed_normalization(normalized(plain, [float("nan")], [1.0])) is None


def test_metadata_that_is_no_metadata_counts_as_none(plain: Path, tmp_path: Path) -> None:
    content = normalized(plain, [127.5], [127.5]).read_bytes()
    at = content.index(b"M001")
    for damage in (b"\xff" * 8, b"\x00" * 8):
        path = tmp_path / "damaged.tflite"
        path.write_bytes(content[: at - 4] + damage + content[at + 4 :])
        assert packed_normalization(path) is None


@pytest.mark.parametrize(
    ("dtype", "mean", "std"),
    [(tf.uint8, 0, 255), (tf.int8, 0, 255), (tf.uint8, 127.5, 127.5), (tf.int8, 127.5, 127.5), (tf.int8, 0, 1), (tf.uint8, 0, 1)],
)
def test_integer_inputs_see_the_same_photo_whatever_range_they_were_quantized_over(
    tmp_path: Path, dtype: Any, mean: float, std: float
) -> None:
    photos = np.concatenate([PHOTOS, np.zeros_like(PHOTOS[:1]), np.full_like(PHOTOS[:1], 255)])
    calibration = ((photos - mean) / std).astype("float32")
    function = lambda x: tf.nn.softmax(logits_of(x * (std / 255)))  # noqa: E731 - scores that do not hang on the range
    path = converted(function, tmp_path / "int.tflite", [1, 8, 8, 3], dtype=dtype, calibration=calibration)
    expected = softmax(logits_of(tf.constant((PHOTOS - mean).astype("float32") / 255)).numpy())
    assert np.abs(load_tflite(path)(PHOTOS) - expected).max() < 0.03


def test_a_grey_model_sees_the_luma(tmp_path: Path) -> None:
    function = lambda x: tf.concat([tf.reduce_mean(x, axis=[1, 2]), tf.zeros([1, 1])], axis=1)  # noqa: E731
    path = converted(function, tmp_path / "grey.tflite", [1, 8, 8, 1])
    luma = np.rint(PHOTOS @ np.array([0.299, 0.587, 0.114])).mean(axis=(1, 2)) / 255
    found = load_tflite(path, scaling="unit").parts(PHOTOS)[0]
    np.testing.assert_allclose(found[:, 0], luma, atol=1e-5)
    with pytest.raises(SpecError, match="torch must go with three channels"):
        load_tflite(path, scaling="torch")


def test_a_model_for_any_number_of_photos_gets_one(tmp_path: Path) -> None:
    path = converted(lambda x: tf.nn.softmax(logits_of(x)), tmp_path / "any.tflite", [None, 8, 8, 3])
    np.testing.assert_allclose(load_tflite(path, scaling="unit")(PHOTOS), softmax(scaled(0, 255)), atol=1e-5)


# Scores


def test_logits_become_probabilities_and_that_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = converted(logits_of, tmp_path / "logits.tflite", [1, 8, 8, 3])
    with caplog.at_level(logging.INFO, "tltool"):
        found = load_tflite(path, scaling="unit")(PHOTOS)
    np.testing.assert_allclose(found, softmax(scaled(0, 255)), atol=1e-5)
    assert "no probabilities; a softmax makes them so" in caplog.text


def test_logits_that_happen_to_lie_between_0_and_1_are_still_logits(tmp_path: Path) -> None:
    path = converted(lambda x: logits_of(x) * 1e-3 + 0.5, tmp_path / "logits.tflite", [1, 8, 8, 3])
    np.testing.assert_allclose(load_tflite(path, scaling="unit")(PHOTOS).sum(axis=1), 1, atol=1e-6)


def test_a_lone_sigmoid_is_the_probability_of_the_second_class(tmp_path: Path) -> None:
    for name, function in (("p", tf.sigmoid), ("logit", tf.identity)):
        path = converted(lambda x: function(logits_of(x)[:, :1]), tmp_path / f"{name}.tflite", [1, 8, 8, 3])  # noqa: B023
        classifier = load_tflite(path, scaling="unit")
        p = 1 / (1 + np.exp(-scaled(0, 255)[:, 0]))
        assert classifier.facts["classes"] == ["0", "1"] == read_facts(path)["classes"]
        np.testing.assert_allclose(classifier(PHOTOS), np.stack([1 - p, p], axis=1), atol=1e-5)


def test_scores_of_every_class_for_itself_stay_as_they_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = converted(lambda x: tf.sigmoid(logits_of(x)), tmp_path / "labels.tflite", [1, 8, 8, 3])
    with caplog.at_level(logging.INFO, "tltool"):
        found = load_tflite(path, scaling="unit")(PHOTOS)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-scaled(0, 255))), atol=1e-5)
    assert "need not add up to 1" in caplog.text


def test_probabilities_made_without_a_softmax_operator_are_taken_as_such(tmp_path: Path) -> None:
    def function(x: Any) -> Any:
        powers = tf.exp(logits_of(x))
        return powers / tf.reduce_sum(powers, axis=1, keepdims=True)

    path = converted(function, tmp_path / "shares.tflite", [1, 8, 8, 3])
    np.testing.assert_allclose(load_tflite(path, scaling="unit")(PHOTOS), softmax(scaled(0, 255)), atol=1e-5)


def test_the_last_operator_is_found_behind_plumbing(plain: Path, tmp_path: Path) -> None:
    photos = PHOTOS.astype("float32") / 255
    quantized = converted(lambda x: tf.nn.softmax(logits_of(x)), tmp_path / "int.tflite", [1, 8, 8, 3], dtype=tf.uint8, calibration=photos)
    assert last_operator(plain) == "SOFTMAX" == last_operator(quantized)
    assert last_operator(converted(logits_of, tmp_path / "logits.tflite", [1, 8, 8, 3])) not in ("SOFTMAX", "LOGISTIC", "")


# Names


def test_labels_of_the_user_name_the_classes(plain: Path) -> None:
    assert load_tflite(plain, labels=NAMES).facts["classes"] == NAMES


@pytest.mark.parametrize("labels", [["a", "b"], ["background", *NAMES], []])
def test_another_number_of_labels_is_refused(plain: Path, labels: list[str]) -> None:
    with pytest.raises(SpecError, match=rf"--labels must name the 3 classes of .*plain.tflite, one a line. Received: {len(labels)} name"):
        load_tflite(plain, labels=labels)


def test_labels_never_contradict_the_file_in_silence(plain: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "ours.tflite"
    path.write_bytes(with_metadata(plain.read_bytes(), {"classes": NAMES, "size": 8, "fit": "crop"}))
    with pytest.raises(SpecError, match=r"in the order of the names in .*: ant, bee, cat. Received: another order"):
        load_tflite(path, labels=NAMES[::-1])
    assert load_tflite(path, labels=NAMES).facts["classes"] == NAMES and not caplog.text
    assert load_tflite(path, labels=["Ameise", "Biene", "Katze"]).facts["classes"] == ["Ameise", "Biene", "Katze"]
    assert "--labels replaces 'ant' by 'Ameise'" in caplog.text
    with pytest.raises(SpecError, match="must be left away with a model that tltool wrote"):
        load_tflite(path, scaling="unit")


def test_packed_labels_are_found_beside_other_tables_of_as_many_lines(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "packed.tflite"
    path.write_bytes(plain.read_bytes())
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("curve.txt", "1,2,3\n" * 3)
        packed.writestr("my_labels.txt", "\n".join(NAMES))
    assert load_tflite(path).facts["classes"] == NAMES


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ant\nbee\ncat\n", NAMES),
        ("ant\r\nbee\r\ncat", NAMES),
        ("\ufeffant\nbee\ncat\n\n", NAMES),
        ("0 ant\n1 bee\n2 cat\n", NAMES),
        ("1 ant\n2 bee\n3 cat\n", ["1 ant", "2 bee", "3 cat"]),
        ("T-shirt/top\nTrouser\n", ["T-shirt/top", "Trouser"]),
    ],
)
def test_a_file_of_labels_has_one_a_line(tmp_path: Path, text: str, names: list[str]) -> None:
    (tmp_path / "labels.txt").write_bytes(text.encode())
    assert read_labels(tmp_path / "labels.txt") == names


@pytest.mark.parametrize(("content", "words"), [(b"a\n\nb\n", "line 2 is empty"), (b"\xff\xfe\x00", "UTF-8")])
def test_a_file_that_holds_no_labels_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "labels.txt").write_bytes(content)
    with pytest.raises(SpecError, match=words):
        read_labels(tmp_path / "labels.txt")


def test_no_file_of_labels_at_all_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(SpecError, match=r"one class name a line\. Received"):
            read_labels(path)


# Models for other things


def test_a_detector_with_four_outputs_is_refused(tmp_path: Path) -> None:
    path = converted(lambda x: [x[:, 0, :, :], x[:, 0, :, 0], x[:, 0, 0, :], x[:, 0, 0, 0]], tmp_path / "boxes.tflite", [1, 8, 8, 3])
    with pytest.raises(ExportError, match="Received: 1 input and 4 outputs, as object detectors have"):
        load_tflite(path)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ([1, 3, 8, 8], r"channels come first: \[1, 3, 8, 8\]; convert the model again with channels last"),
        ([4, 8, 8, 3], r"tensors of shape \[4, 8, 8, 3\]"),
        ([1, 8, 6, 3], r"\[1, 8, 6, 3\]"),
        ([1, 8, 8, 4], r"\[1, 8, 8, 4\]"),
        ([1, None, None, 3], "an input without a fixed size"),
        ([1, 64], r"\[1, 64\]"),
    ],
)
def test_a_model_that_takes_no_single_square_photo_is_refused(tmp_path: Path, shape: list[int | None], words: str) -> None:
    path = converted(lambda x: tf.reshape(tf.reduce_mean(x) * tf.constant([1.0, 2, 3]), [1, 3]), tmp_path / "other.tflite", shape)
    with pytest.raises(ExportError, match=words):
        load_tflite(path)


def test_a_model_of_words_is_refused(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((8, 8, 3), dtype="int32"), layers.Lambda(lambda x: x + 1), layers.Flatten()])
    module = tf.Module()
    module.serve = tf.function(lambda x: model(x), input_signature=[tf.TensorSpec([1, 8, 8, 3], tf.int32)])
    with quietly():
        converter = tf.lite.TFLiteConverter.from_concrete_functions([module.serve.get_concrete_function()], module)
        (tmp_path / "words.tflite").write_bytes(converter.convert())
    with pytest.raises(ExportError, match="an input of type int32"):
        load_tflite(tmp_path / "words.tflite")
