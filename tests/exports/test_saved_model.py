import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from PIL import Image

from tltool.data.decoding.decoder import decode
from tltool.errors import ExportError
from tltool.exports.bundle.card import read_card
from tltool.exports.saved_model import write_saved_model
from tltool.runtimes.saved_model import load_from_bytes, load_saved_model

Elsewhere = Callable[..., subprocess.CompletedProcess[str]]
FACTS = {"classes": ["äpfel", "birnen", "kiwi"], "size": 32, "fit": "pad"}
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), "uint8")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    photo = keras.Input((32, 32, 3))
    x = layers.BatchNormalization()(layers.Conv2D(8, 3, activation="relu")(layers.Rescaling(1 / 255)(photo)))
    x = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=3.0))(layers.GlobalMaxPooling2D()(x))
    return keras.Model(photo, layers.Softmax(name="probabilities")(x))


@pytest.fixture(scope="module")
def folder(model: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "saved_model"
    write_saved_model(model, FACTS, folder)
    return folder


def encoded(kind: str, shape: tuple[int, int] = (80, 61)) -> bytes:
    y, x = np.mgrid[: shape[1], : shape[0]]
    photo = Image.fromarray(np.stack([3 * x, 4 * y, x + y], axis=-1).astype("uint8"))
    content = BytesIO()
    photo.save(content, kind, **({"quality": 92} if kind == "JPEG" else {}))
    return content.getvalue()


def test_pixels_give_the_models_probabilities_and_the_name_of_the_top_class(model: keras.Model, folder: Path) -> None:
    found = tf.saved_model.load(str(folder)).signatures["serving_default"](pixels=tf.constant(PIXELS))
    expected = model.predict(PIXELS.astype("float32"), verbose=0)
    assert np.allclose(found["probabilities"], expected, atol=1e-6)
    assert [name.decode() for name in found["label"].numpy()] == [FACTS["classes"][i] for i in expected.argmax(axis=1)]


def test_a_signature_for_converters_knows_numbers_only(model: keras.Model, folder: Path) -> None:
    loaded = tf.saved_model.load(str(folder))
    serve = loaded.signatures["numbers_only"]
    assert np.allclose(serve(pixels=tf.constant(PIXELS))["probabilities"], model.predict(PIXELS.astype("float32"), verbose=0), atol=1e-6)
    tensors = [tensor for operation in serve.graph.get_operations() for tensor in (*operation.inputs, *operation.outputs)]
    assert len(tensors) > 5 and tf.string not in {tensor.dtype for tensor in tensors}


def test_bytes_of_several_kinds_and_sizes_answer_like_the_decoder_for_training(model: keras.Model, folder: Path) -> None:
    photos = [encoded("JPEG"), encoded("PNG", (33, 90)), encoded("BMP"), encoded("JPEG", (300, 200))]
    found = tf.saved_model.load(str(folder)).signatures["from_bytes"](photos=tf.constant(photos))
    expected = model.predict(np.stack([decode(photo, 32, "pad") for photo in photos]).astype("float32"), verbose=0)
    assert np.abs(found["probabilities"] - expected).max() < 0.02


def test_the_page_s_python_runs_where_tensorflow_is_and_nothing_of_ours(handed: Path, elsewhere: Elsewhere) -> None:
    page = (handed / "MODEL_CARD.md").read_text(encoding="utf-8")
    blocks = [code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "tensorflow" in code and "coremltools" not in code]
    answers = json.loads((handed / "testvectors" / "vectors.json").read_text())
    expected = np.array(answers["vectors"][0]["probabilities"]["saved_model"])
    assert len(blocks) == 2  # from_bytes and serving_default
    for code in blocks:
        done = elsewhere(["-c", code], handed, ("tensorflow",))
        assert done.returncode == 0, done.stderr[-2000:]
        label, _, numbers = done.stdout.partition(" ")
        assert label == answers["classes"][expected.argmax()]
        assert np.allclose(np.array(numbers.strip(" []\n").split(), float), expected, atol=0.001)


def test_the_card_s_serving_request_gets_an_answer(handed: Path) -> None:
    """What TensorFlow Serving does with ``instances`` of a signature: one batch per named input, {"b64": …} as bytes."""
    (entry,) = (entry for entry in read_card(handed)["artefacts"] if entry["format"] == "saved_model")
    assert json.dumps(entry["request"], sort_keys=True) in (handed / "MODEL_CARD.md").read_text(encoding="utf-8")
    vector = (handed / "testvectors" / "vector-01.png").read_bytes()
    request = json.loads(json.dumps(entry["request"]))
    request["instances"].append({"photos": {"b64": base64.b64encode(vector).decode()}})

    signature = tf.saved_model.load(str(handed / "saved_model")).signatures[request["signature_name"]]
    batch = {
        name: tf.constant([base64.b64decode(instance[name]["b64"]) for instance in request["instances"]])
        for name in request["instances"][0]
    }
    answer = signature(**batch)
    predictions = [
        {"label": label.numpy().decode(), "probabilities": row.numpy().tolist()}
        for label, row in zip(answer["label"], answer["probabilities"])
    ]
    json.dumps({"predictions": predictions})  # text and plain numbers, as the server needs them
    expected = json.loads((handed / "testvectors" / "vectors.json").read_text())["vectors"][0]["probabilities"]["saved_model"]
    assert np.allclose(predictions[1]["probabilities"], expected, atol=0.001)


def test_whole_files_give_the_answers_of_their_pixels(folder: Path) -> None:
    photos = [encoded("JPEG"), encoded("PNG", (33, 90))]
    pixels = np.stack([decode(photo, 32, "pad") for photo in photos])
    assert np.abs(load_from_bytes(folder)(photos) - load_saved_model(folder)(pixels)).max() < 0.02


def test_it_loads_whatever_backend_keras_would_use(folder: Path) -> None:
    program = (
        "import sys; from tltool.runtimes.saved_model import load_saved_model; import numpy; "
        "print(load_saved_model(__import__('pathlib').Path(sys.argv[1]))(numpy.zeros((1, 32, 32, 3), 'uint8')).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True, env={**os.environ, "KERAS_BACKEND": "jax"}
    )
    assert done.stdout.strip() == "(1, 3)"


@pytest.mark.parametrize("name", ["", "two\nlines", "\udcff"])
def test_a_class_name_that_is_no_line_of_text_is_refused(model: keras.Model, tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="one line of text"):
        write_saved_model(model, {**FACTS, "classes": ["a", "b", name]}, tmp_path / "saved_model")
    assert not list(tmp_path.iterdir())


def test_class_names_and_facts_are_assets(folder: Path) -> None:
    assert (folder / "assets" / "labels.txt").read_text(encoding="utf-8") == "äpfel\nbirnen\nkiwi\n"
    assert json.loads((folder / "assets" / "tltool.json").read_text(encoding="utf-8")) == FACTS
    card = json.loads((folder / "assets" / "model_card.json").read_text(encoding="utf-8"))
    assert (card["classes"], card["input"]["size"]) == (FACTS["classes"], 32)
    loaded = tf.saved_model.load(str(folder)).signatures
    for name, signature in card["signatures"].items():
        ((tensor, told),) = signature["input"].items()
        asked = loaded[name].structured_input_signature[1][tensor]
        assert (asked.dtype.name, asked.shape.as_list()) == (told["dtype"], told["shape"])
        outputs = {key: value.dtype.name for key, value in loaded[name].structured_outputs.items()}
        assert outputs == {key: value["dtype"] for key, value in signature["output"].items()}
    assert [path.name for path in folder.parent.iterdir()] == ["saved_model"]  # nothing half-written is left


def test_it_loads_as_a_function_of_photos(model: keras.Model, folder: Path) -> None:
    assert np.allclose(load_saved_model(folder)(PIXELS), model.predict(PIXELS.astype("float32"), verbose=0), atol=1e-6)


def test_a_folder_that_is_no_saved_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="must be a SavedModel that tltool wrote"):
        load_saved_model(tmp_path)


def test_tensorflows_own_converter_gets_whole_weights_from_it(folder: Path) -> None:
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=["serving_default"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    from ai_edge_litert import schema_py_generated as schema

    content = converter.convert()
    buffers = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0)).buffers
    weights = [b.data.view("float32") for b in buffers if b.data is not None and len(b.data) == 8 * 27 * 4]
    assert len(weights) == 1 and np.isfinite(weights[0]).all()


def test_an_existing_folder_is_left_alone(model: keras.Model, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(ExportError, match="new folder"):
        write_saved_model(model, FACTS, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_failure_leaves_nothing_behind(model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(ExportError, match="No space left on device"):
        write_saved_model(model, FACTS, tmp_path / "saved_model")
    assert not list(tmp_path.iterdir())


def test_writing_says_nothing(model: keras.Model, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_saved_model(model, FACTS, tmp_path / "saved_model")
    assert capfd.readouterr() == ("", "")
