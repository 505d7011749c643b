import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tltool.errors import ExportError
from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.metadata import with_metadata
from tltool.noise import quietly
from tltool.runtimes.litert import describe_tensors, load_tflite, read_facts

FACTS = {"classes": ["no", "yes"], "size": 8, "fit": "crop"}
PHOTOS = np.random.default_rng(0).integers(0, 256, (100, 8, 8, 3), "uint8")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2), layers.Softmax()]
    )


@pytest.fixture(scope="module")
def plain(model: keras.Model) -> dict[str, bytes]:
    return {precision: convert(model, precision, PHOTOS) for precision in ("float32", "int8")}


def written(content: bytes, folder: Path) -> Path:
    (folder / "model.tflite").write_bytes(content)
    return folder / "model.tflite"


@pytest.mark.parametrize(("precision", "gap"), [("float32", 1e-5), ("int8", 0.05)])
def test_photos_become_probabilities(model: keras.Model, plain: dict[str, bytes], tmp_path: Path, precision: str, gap: float) -> None:
    classifier = load_tflite(written(with_metadata(plain[precision], FACTS), tmp_path), threads=1)
    found = classifier(PHOTOS)
    assert classifier.facts == FACTS
    assert found.dtype == np.float32 and np.abs(found - model.predict(PHOTOS.astype("float32"), verbose=0)).max() < gap


def test_no_photos_give_no_probabilities(plain: dict[str, bytes], tmp_path: Path) -> None:
    assert load_tflite(written(plain["float32"], tmp_path))(PHOTOS[:0]).shape == (0, 2)


def test_neither_tensorflow_nor_keras_is_imported(plain: dict[str, bytes], tmp_path: Path) -> None:
    path = written(with_metadata(plain["int8"], FACTS), tmp_path)
    program = (
        "import sys, numpy; from tltool.runtimes.litert import load_tflite, read_facts; read_facts(sys.argv[1]); "
        "load_tflite(sys.argv[1])(numpy.zeros((1, 8, 8, 3), 'uint8')); "
        "print({'tensorflow', 'keras', 'scipy'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True, cwd=root)
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_facts_of_ours_are_read_without_opening_the_model(plain: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(with_metadata(plain["int8"], FACTS), tmp_path)
    monkeypatch.setattr("tltool.runtimes.litert._interpreter", None)
    assert read_facts(path) == FACTS


def test_a_foreign_file_gets_numbers_for_names_and_its_own_size(plain: dict[str, bytes], tmp_path: Path) -> None:
    path = written(plain["float32"], tmp_path)
    assert read_facts(path) == load_tflite(path).facts == {"classes": ["0", "1"], "size": 8, "fit": "crop"}


def test_a_foreign_file_with_packed_labels_keeps_them(plain: dict[str, bytes], tmp_path: Path) -> None:
    path = written(plain["float32"], tmp_path)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("readme.txt", "hello")
        packed.writestr("imagenet.txt", "cat\ndog\n")
    assert read_facts(path)["classes"] == ["cat", "dog"]


def test_a_model_that_takes_no_photo_is_refused(tmp_path: Path) -> None:
    path = written(convert(keras.Sequential([keras.Input((5,)), layers.Dense(2)]), "float32"), tmp_path)
    with pytest.raises(ExportError, match=r"one square photo \[1, size, size, 3\].* Received: tensors of shape \[1, 5\], \[1, 2\]"):
        read_facts(path)


def test_facts_that_do_not_fit_the_tensors_are_refused(plain: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="Received: 3 names and size 8"):
        load_tflite(written(with_metadata(plain["float32"], {**FACTS, "classes": ["a", "b", "c"]}), tmp_path))


@pytest.mark.parametrize("text", ["not json", "[]", '{"classes": []}', json.dumps({"classes": [1, 2], "size": 8, "fit": "crop"})])
def test_damaged_facts_are_refused(plain: dict[str, bytes], tmp_path: Path, text: str) -> None:
    path = written(plain["float32"], tmp_path)
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr("tltool.json", text)
    with pytest.raises(ExportError, match="must hold classes, size and fit"):
        read_facts(path)


def test_a_missing_a_foreign_and_a_damaged_file_are_told_apart(plain: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="No such file"):
        load_tflite(tmp_path / "missing.tflite")
    with pytest.raises(ExportError, match="must be a TFLite file"):
        load_tflite(written(b"<html>", tmp_path))
    with pytest.raises(ExportError, match="that LiteRT can run"):
        load_tflite(written(plain["float32"][:500], tmp_path))


def test_photos_of_another_size_or_type_are_refused(plain: dict[str, bytes], tmp_path: Path) -> None:
    classifier = load_tflite(written(plain["float32"], tmp_path))
    with pytest.raises(ExportError, match=r"uint8 \[n, 8, 8, 3\]. Received: uint8 \[1, 9, 9, 3\]"):
        classifier(np.zeros((1, 9, 9, 3), "uint8"))
    with pytest.raises(ExportError, match="Received: float32"):
        classifier(np.zeros((1, 8, 8, 3), "float32"))


def test_tensors_are_described_with_their_exact_bytes(plain: dict[str, bytes], tmp_path: Path) -> None:
    given, found = describe_tensors(written(plain["int8"], tmp_path))
    pixels, scores = {"scale": 1.0, "zero_point": 0}, {"scale": 1 / 256, "zero_point": 0}
    assert given == {"shape": [1, 8, 8, 3], "dtype": "uint8", "bytes": 192, "quantization": pixels}
    assert found == [{"shape": [1, 2], "dtype": "uint8", "bytes": 2, "quantization": scores}]
    assert describe_tensors(written(plain["float32"], tmp_path))[0]["quantization"] is None


def test_quiet_lasts_only_as_long_as_asked_even_when_something_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), quietly():
        os.write(1, b"noise")
        os.write(2, b"noise")
        raise ZeroDivisionError
    os.write(1, b"heard")
    assert capfd.readouterr() == ("heard", "")


def test_damage_that_shows_only_when_the_model_is_asked_is_one_sentence(
    plain: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(plain["float32"])
    model = load_tflite(path)

    def fail() -> None:
        raise RuntimeError("Input tensor 1 lacks data")

    monkeypatch.setattr(model.interpreter, "invoke", fail)
    with pytest.raises(ExportError, match="Input tensor 1 lacks data"):
        model(np.zeros((1, model.facts["size"], model.facts["size"], 3), "uint8"))
