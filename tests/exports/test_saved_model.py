import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from PIL import Image

from tltool.data.decoder import decode
from tltool.errors import ExportError
from tltool.exports.saved_model import load_saved_model, write_saved_model

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


def test_bytes_of_several_kinds_and_sizes_answer_like_the_decoder_for_training(model: keras.Model, folder: Path) -> None:
    photos = [encoded("JPEG"), encoded("PNG", (33, 90)), encoded("BMP"), encoded("JPEG", (300, 200))]
    found = tf.saved_model.load(str(folder)).signatures["from_bytes"](photos=tf.constant(photos))
    expected = model.predict(np.stack([decode(photo, 32, "pad") for photo in photos]).astype("float32"), verbose=0)
    assert np.abs(found["probabilities"] - expected).max() < 0.02


def test_it_runs_where_only_tensorflow_is_loaded(folder: Path) -> None:
    program = ("import sys, tensorflow as tf; m = tf.saved_model.load(sys.argv[1]); "
               "print(m.signatures['serving_default'](pixels=tf.zeros([2, 32, 32, 3], tf.uint8))['probabilities'].shape, "
               "'tltool' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout.strip() == "(2, 3) False"


def test_class_names_and_facts_are_assets(folder: Path) -> None:
    assert (folder / "assets" / "labels.txt").read_text(encoding="utf-8") == "äpfel\nbirnen\nkiwi\n"
    assert json.loads((folder / "assets" / "tltool.json").read_text(encoding="utf-8")) == FACTS
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
