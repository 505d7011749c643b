"""An .onnx file answers like the model it came from, on a runtime of its own, and knows its classes."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from tltool.errors import ExportError
from tltool.exports.bundle.contents import write_bundle
from tltool.exports.bundle.vectors import Vector
from tltool.exports.bundle.verification import verify
from tltool.exports.onnx import write_onnx
from tltool.models.assembly import assemble
from tltool.models.sources import open_backbone
from tltool.runtimes.onnx import load_onnx
from tltool.specs import Backbone, Head

onnx = pytest.importorskip("onnx", reason="needs the extra: pip install 'tltool[onnx]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra: pip install 'tltool[onnx]'")
pytest.importorskip("tf2onnx", reason="needs the extra: pip install 'tltool[onnx]'")

FACTS = {"classes": ["nein", "ja, größer"], "size": 8, "fit": "pad", "name": "a run"}
PHOTOS = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), "uint8")


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(3, 3, activation="relu6"),
            layers.BatchNormalization(),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2),
            layers.Softmax(),
        ]
    )


@pytest.fixture(scope="module")
def file(model: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    write_onnx(model, FACTS, path)
    return path


@pytest.mark.parametrize("n", [5, 1])
def test_any_number_of_photos_become_probabilities(model: keras.Model, file: Path, n: int) -> None:
    found = load_onnx(file, threads=1)(PHOTOS[:n])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, model.predict(PHOTOS[:n].astype("float32"), verbose=0), atol=1e-6)


def test_no_photos_give_no_probabilities(file: Path) -> None:
    assert load_onnx(file)(PHOTOS[:0]).shape == (0, 2)


def test_it_is_a_valid_model_that_says_what_it_takes_and_names_its_classes(file: Path) -> None:
    content = onnx.load(file)
    onnx.checker.check_model(content, full_check=True)
    said = {entry.key: entry.value for entry in content.metadata_props}
    assert json.loads(said["tltool"]) == FACTS == load_onnx(file).facts
    assert said["labels"].split("\n") == FACTS["classes"]
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    given, asked = session.get_inputs()[0], session.get_outputs()[0]
    assert (given.name, given.type, given.shape) == ("pixels", "tensor(uint8)", ["n", 8, 8, 3])
    assert (asked.name, asked.type, asked.shape) == ("probabilities", "tensor(float)", ["n", 2])


@pytest.mark.parametrize("name", ["mobilenet_v3_small", pytest.param("efficientnet_v2_b0", marks=pytest.mark.slow)])
def test_a_whole_backbone_answers_alike(tmp_path: Path, name: str) -> None:
    built = open_backbone(Backbone(name=name, weights="none"), 64)
    model = assemble(built, Head(), FACTS["classes"], 0)
    write_onnx(model, {**FACTS, "size": 64}, tmp_path / "model.onnx")
    photos = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), "uint8")
    np.testing.assert_allclose(load_onnx(tmp_path / "model.onnx")(photos), model.predict(photos.astype("float32"), verbose=0), atol=1e-4)


def test_constants_that_a_layer_holds_become_weights(tmp_path: Path) -> None:
    scaling = layers.Normalization(mean=[100.0, 120, 140], variance=[1000.0, 2000, 3000])
    model = keras.Sequential([keras.Input((8, 8, 3)), scaling, layers.Flatten(), layers.Dense(2), layers.Softmax()])
    write_onnx(model, FACTS, tmp_path / "model.onnx")
    np.testing.assert_allclose(load_onnx(tmp_path / "model.onnx")(PHOTOS), model.predict(PHOTOS.astype("float32"), verbose=0), atol=1e-6)


def test_a_layer_that_onnx_has_no_operator_for_is_named(tmp_path: Path) -> None:
    photo = keras.Input((8, 8, 3))
    model = keras.Model(photo, keras.ops.real(keras.ops.cast(keras.ops.erfinv(photo / 300), "float32"))[:, 0, 0, :])
    with pytest.raises(ExportError, match=r"tf2onnx can convert. Received: the operator \w+"):
        write_onnx(model, FACTS, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_photos_of_another_size_or_type_are_refused(file: Path) -> None:
    with pytest.raises(ExportError, match=r"uint8 \[n, 8, 8, 3\]. Received: uint8 \[1, 9, 9, 3\]"):
        load_onnx(file)(np.zeros((1, 9, 9, 3), "uint8"))


def test_a_missing_a_damaged_and_a_foreign_file_are_told_apart(file: Path, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="which is none"):
        load_onnx(tmp_path / "missing.onnx")
    (tmp_path / "half.onnx").write_bytes(file.read_bytes()[:400])
    with pytest.raises(ExportError, match="that onnxruntime can run"):
        load_onnx(tmp_path / "half.onnx")
    foreign = onnx.load(file)
    del foreign.metadata_props[:]
    onnx.save(foreign, tmp_path / "foreign.onnx")
    with pytest.raises(ExportError, match=r"that tltool exported.* Received: pixels \['n', 8, 8, 3\]"):
        load_onnx(tmp_path / "foreign.onnx")


@pytest.mark.parametrize("change", [{"size": 9}, {"classes": ["one"]}, {"fit": "bend"}, {"classes": 3}])
def test_facts_that_do_not_fit_the_tensors_are_refused(file: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    content = onnx.load(file)
    for entry in content.metadata_props:
        if entry.key == "tltool":
            entry.value = json.dumps({**FACTS, **change})
    onnx.save(content, tmp_path / "changed.onnx")
    with pytest.raises(ExportError, match="that tltool exported"):
        load_onnx(tmp_path / "changed.onnx")


def test_a_missing_extra_is_one_sentence_with_the_remedy(model: keras.Model, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ExportError, match=r"onnxruntime is not installed. Install it with: pip install 'tltool\[onnx\]'"):
        load_onnx(file)
    with pytest.raises(ExportError, match=r"Received: no onnxruntime. Install it with: pip install 'tltool\[onnx\]'"):
        write_onnx(model, FACTS, file.with_name("other.onnx"))


def test_it_is_run_without_tensorflow_keras_and_the_converter(file: Path) -> None:
    program = (
        "import sys, numpy; from tltool.evaluation.predictors import open_predictor; "
        "open_predictor(sys.argv[1]).scores(numpy.zeros((1, 8, 8, 3), 'uint8')); "
        "print({'tensorflow', 'keras', 'pandas', 'sklearn', 'onnx', 'tf2onnx'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True, cwd=root)
    assert (done.stdout, done.stderr) == ("set()\n", "")


@pytest.fixture
def handed_over(file: Path, tmp_path: Path) -> Path:
    """What an app's developer gets beside the file."""
    shutil.copyfile(file, tmp_path / "model.onnx")
    write_bundle(tmp_path, FACTS, [Vector(photo, "nein") for photo in PHOTOS], {"model.onnx"})
    return tmp_path


def test_verify_replays_it_and_finds_a_changed_byte(handed_over: Path) -> None:
    fresh = verify(handed_over)
    assert fresh.exit_code == 0 and next(check for check in fresh.checks if check.file == "model.onnx").vectors == len(PHOTOS)
    content = (handed_over / "model.onnx").read_bytes()
    (handed_over / "model.onnx").write_bytes(content.replace(b"a run", b"a fun"))
    assert [check.fault for check in verify(handed_over).faults] == ["has other bytes (SHA-256) than the card says"]


def test_verify_finds_a_card_that_names_its_classes_otherwise(handed_over: Path) -> None:
    card = json.loads((handed_over / "model_card.json").read_text())
    (handed_over / "model_card.json").write_text(json.dumps({**card, "classes": card["classes"][::-1]}))
    assert [check.fault for check in verify(handed_over, ["model.onnx"]).faults] == ["names other classes than the card"]


def test_the_code_of_the_card_runs_without_tltool(handed_over: Path, elsewhere: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    code = re.search(r"### ONNX Runtime\n\n```python\n(.*?)```", (handed_over / "MODEL_CARD.md").read_text(), re.DOTALL)
    assert code
    said = elsewhere(["-c", code[1]], handed_over, ("onnxruntime", "numpy", "pillow"))
    expected = load_onnx(handed_over / "model.onnx")(PHOTOS[:1])[0]
    assert said.returncode == 0, said.stderr
    assert said.stdout.startswith(FACTS["classes"][int(expected.argmax())])
