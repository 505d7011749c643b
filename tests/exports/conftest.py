"""A small model that really learned something, for tests that need a loss of accuracy to mean one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sklearn.datasets import load_digits

DIGITS = [str(digit) for digit in range(10)]


@pytest.fixture(scope="session")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits in random order: uint8 [1797, 16, 16, 3] and labels [1797]."""
    known = load_digits()
    order = np.random.default_rng(0).permutation(len(known.target))
    grey = (known.images * 15.9).astype("uint8")[order].repeat(2, axis=1).repeat(2, axis=2)
    return grey[..., None].repeat(3, axis=-1), known.target[order]


@pytest.fixture(scope="session")
def reader(digits: tuple[np.ndarray, np.ndarray]) -> keras.Model:
    """Reads about 93 % of the digits from 1200 on; ``second`` and ``third`` are convolutions with a ReLU and a pooling between them."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 127.5, -1, name="scaling")(photo)
    x = layers.MaxPooling2D()(layers.Conv2D(16, 3, padding="same", activation="relu", name="first")(x))
    x = layers.Conv2D(24, 3, padding="same", activation="relu", name="second")(x)
    x = layers.Conv2D(24, 3, padding="same", activation="relu", name="third")(layers.MaxPooling2D(name="between")(x))
    logits = layers.Dense(10, name="logits")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(photo, layers.Softmax(name="probabilities")(logits))
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    pixels, labels = digits
    model.fit(pixels[:1200].astype("float32"), labels[:1200], epochs=8, verbose=0)
    return model


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def claim_of(digits: tuple[np.ndarray, np.ndarray]) -> Callable[..., Any]:
    """A model → the claim that its exports answer as it does to the digits 1200 … ``end``, calibrated with ``training``, default 128."""
    from tltool.evaluation.predictors import predictor_of
    from tltool.exports.reference import Reference

    def state(model: keras.Model, training: np.ndarray = digits[0][:128], end: int = 1600) -> Reference:
        pixels, labels = digits
        rows, predictor = np.arange(1200, end), predictor_of(model, DIGITS, "crop")
        photos, cells = [f"{row}.png" for row in rows], [DIGITS[label] for label in labels[rows]]
        return Reference(
            predictor, "validation", pixels, rows, labels[rows], cells, labels[rows], photos, predictor.scores(pixels[rows]), training
        )

    return state


@pytest.fixture(scope="session")
def graded() -> keras.Model:
    """Convolutions of very different sizes on photos [16, 16, 3]."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((16, 16, 3))
    x = layers.Conv2D(8, 3, activation="relu", name="early")(layers.Rescaling(1 / 127.5, -1)(photo))
    x = layers.DepthwiseConv2D(3, activation="relu", name="depthwise")(x)
    x = layers.Conv2D(96, 3, activation="relu", name="late")(x)
    x = layers.Conv2D(64, 3, activation="relu", name="last")(x)
    x = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=2.0), name="logits")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(photo, layers.Softmax()(x))


@pytest.fixture(scope="session")
def exact(graded: keras.Model) -> bytes:
    """``graded`` as a float32 file."""
    from tltool.exports.tflite.conversion import convert

    return convert(graded, "float32")


@pytest.fixture(scope="session")
def answers() -> Callable[[bytes], np.ndarray]:
    """A .tflite file → what it says of 20 photos of noise."""
    from ai_edge_litert.interpreter import Interpreter

    from tltool.runtimes.litert import TfliteModel

    noise = np.random.default_rng(0).integers(0, 256, (100, 16, 16, 3), "uint8")[:20]

    def ask(content: bytes) -> np.ndarray:
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
        return TfliteModel({}, interpreter)(noise)

    return ask


# What an app's developer gets


@pytest.fixture(scope="session")
def digit_facts(reader: keras.Model, digits: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
    """What an export of ``reader`` knows of it."""
    from tltool.evaluation.calibration import calibrate_scores

    pixels, labels = digits
    curve = calibrate_scores(reader.predict(pixels[1200:1600].astype("float32"), verbose=0), labels[1200:1600])
    return {
        "classes": DIGITS,
        "size": 16,
        "fit": "crop",
        "name": "digits",
        "score_calibration": {**curve.to_dict(), "fitted_on": "validation"},
    }


@pytest.fixture(scope="session")
def handed(
    reader: keras.Model, claim_of: Callable[..., Any], digit_facts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder of exports of ``reader`` as ``tltool export`` leaves it, to be read; what changes it takes a copy."""
    folder = tmp_path_factory.mktemp("handed") / "exports"
    export_all(claim_of(reader), digit_facts, folder, [("tflite", "float32"), ("tflite", "int8"), ("saved_model", "float32")])
    return folder


@pytest.fixture(scope="session")
def every(reader: keras.Model, claim_of: Callable[..., Any], digit_facts: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As ``handed``, with one file of every precision and an ONNX one."""
    from tltool.exports.tflite.conversion import PRECISIONS

    folder = tmp_path_factory.mktemp("every") / "exports"
    export_all(claim_of(reader), digit_facts, folder, [*(("tflite", precision) for precision in PRECISIONS), ("onnx", "float32")])
    return folder


def export_all(reference: Any, facts: dict[str, Any], folder: Path, wanted: list[tuple[str, str]]) -> None:
    """What the recipe does, without a run."""
    from tltool.exports.artefacts import Artefact, write_artefact
    from tltool.exports.reference import prove
    from tltool.exports.staging import publish, staged

    with staged(folder) as place:
        paths = [write_artefact(Artefact(*wish), reference, facts, place) for wish in wanted]
        publish(prove(paths, reference), reference, facts, folder)


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs Python in a folder, where nothing is installed but ``packages`` and what they ask for: no tltool."""

    @cache
    def python_with(packages: tuple[str, ...]) -> Path:
        return linked_environment(packages, tmp_path_factory.mktemp("environment"))

    def run(arguments: list[str], folder: Path, packages: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TLTOOL"))}
        return subprocess.run(
            [python_with(packages), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**clean, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    return run


def linked_environment(packages: tuple[str, ...], folder: Path) -> Path:
    """The interpreter of an environment in which ``packages`` and what they ask for are links to what is installed here: what a fresh
    one would hold, without a download."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in required(packages).values():
        for name in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            if not (site / name).exists():
                (site / name).symlink_to(Path(str(package.locate_file(name))).resolve())
    return folder / "bin" / "python"


def required(packages: tuple[str, ...]) -> dict[str, Distribution]:
    """``packages`` and all that they ask for on this machine, by name."""
    found, wanted = dict[str, Distribution](), [*packages]
    while wanted:
        wish = Requirement(wanted.pop())
        name = canonicalize_name(wish.name)
        if name not in found and (wish.marker is None or wish.marker.evaluate({"extra": ""})):
            found[name] = distribution(name)
            wanted += found[name].requires or []
    return found


@pytest.fixture(scope="session")
def environment() -> Callable[[tuple[str, ...]], Path]:
    """Makes an environment with nothing but these packages, which need not be installed here, once beside the checkout, and gives its
    interpreter."""
    return fresh_environment


def fresh_environment(packages: tuple[str, ...]) -> Path:
    folder = Path(__file__).parents[2] / f".venv-{'-'.join(packages)}"
    interpreter, done = folder / "bin" / "python", folder / "installed.json"
    if not done.is_file() or json.loads(done.read_text()) != list(packages):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *packages], check=True)
        done.write_text(json.dumps(packages))
    return interpreter
