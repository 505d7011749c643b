"""MediaPipe's ImageClassifier, ObjectDetector and ImageSegmenter, independent readers of TFLite Metadata, open what we write. They live in
an environment of their own."""

import ctypes
import json
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from tltool.data.decoding.decoder import decode
from tltool.data.geometry import Frame
from tltool.evaluation.calibration import ScoreCalibration
from tltool.exports.outputs import divided
from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.metadata import with_metadata
from tltool.models.assembly import assemble
from tltool.runtimes.litert import load_tflite
from tltool.specs import Head
from tltool.tasks.detect.decoding import found
from tltool.tasks.segment.answers import said_maps

PACKAGES = (
    "mediapipe==1.2.2",
    "absl-py",
    "certifi",
    "cffi",
    "contourpy",
    "cycler",
    "flatbuffers",
    "fonttools",
    "kiwisolver",
    "matplotlib",
    "numpy",
    "opencv-python-headless",
    "packaging",
    "pillow",
    "pycparser",
    "pyparsing",
    "python-dateutil",
    "six",
    "sounddevice",
)
SIDE = 64  # of the photos in which something is located
FACTS = {"classes": ["äpfel", "birnen", "kiwi"], "size": 32, "fit": "crop"}
PROGRAM = """
import json, sys
import mediapipe, numpy
from mediapipe.tasks.python import BaseOptions, vision
options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]))
with vision.ImageClassifier.create_from_options(options) as classifier:
    for photo in numpy.load(sys.argv[2]):
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=photo)
        categories = classifier.classify(image).classifications[0].categories
        print(json.dumps({category.category_name: category.score for category in categories}))
"""
DETECTING = """
import json, sys
import mediapipe, numpy
from mediapipe.tasks.python import BaseOptions, vision
options = vision.ObjectDetectorOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]), max_results=1)
with vision.ObjectDetector.create_from_options(options) as detector:
    for photo in numpy.load(sys.argv[2]):
        (found,) = detector.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=photo)).detections
        box, named = found.bounding_box, found.categories[0]
        sides = [box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height]
        print(json.dumps([named.category_name, named.score, sides]))
"""
SEGMENTING = """
import json, sys
import mediapipe, numpy
from mediapipe.tasks.python import BaseOptions, vision
options = vision.ImageSegmenterOptions(base_options=BaseOptions(model_asset_path=sys.argv[1]), output_category_mask=True)
with vision.ImageSegmenter.create_from_options(options) as segmenter:
    for photo in numpy.load(sys.argv[2]):
        mask = segmenter.segment(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=photo)).category_mask
        print(json.dumps([segmenter.labels, mask.numpy_view().copy().squeeze().tolist()]))
"""


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with MediaPipe, made once beside the checkout."""
    wanted = os.environ.get("CI") == "true" or os.environ.get("TLTOOL_TEST_MEDIAPIPE") == "1"
    if not wanted:
        pytest.skip("installs 480 MB; set TLTOOL_TEST_MEDIAPIPE=1 to run it")
    for library in ("libEGL.so.1", "libGLESv2.so.2"):
        try:
            ctypes.CDLL(library)
        except OSError:
            pytest.fail(f"MediaPipe needs {library}: apt-get install libegl1 libgles2")
    return _environment(Path(__file__).parents[2] / ".venv-mediapipe")


def _environment(folder: Path) -> Path:
    interpreter, done = folder / "bin" / "python", folder / "installed.json"
    if not done.is_file() or json.loads(done.read_text()) != list(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        # without its dependencies: of the two OpenCVs only the headless one does without a desktop's libraries
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES], check=True)
        (folder / ".gitignore").write_text("*\n")
        done.write_text(json.dumps(PACKAGES))
    return interpreter


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    photo = keras.Input((32, 32, 3))
    x = layers.Conv2D(8, 3, activation="relu")(layers.Rescaling(1 / 127.5, -1)(photo))
    x = layers.Dense(3, kernel_initializer=keras.initializers.RandomNormal(stddev=4.0))(layers.GlobalAveragePooling2D()(x))
    return keras.Model(photo, layers.Softmax()(x))


def photos_of_one_colour(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 1, 1, 3), "uint8").repeat(32, axis=1).repeat(32, axis=2)


def ask(python: Path, path: Path, photos: np.ndarray) -> np.ndarray:
    """What MediaPipe says of the photos, by our class names [n, classes]."""
    return np.array([[scores[name] for name in FACTS["classes"]] for scores in told(PROGRAM, python, path, photos)])


def told(program: str, python: Path, path: Path, photos: np.ndarray) -> list[Any]:
    """What ``program`` says of each photo."""
    np.save(path.with_suffix(".npy"), photos)
    done = subprocess.run([python, "-c", program, path, path.with_suffix(".npy")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_mediapipe_gives_our_class_names_and_scores(python: Path, model: keras.Model, tmp_path: Path, precision: str) -> None:
    photos, path = photos_of_one_colour(100), tmp_path / f"model-{precision}.tflite"
    path.write_bytes(with_metadata(convert(model, precision, photos), FACTS))
    expected = load_tflite(path)(photos[:20])
    assert len(set(expected.argmax(axis=1))) > 1  # else any fixed answer would do
    assert np.abs(ask(python, path, photos[:20]) - expected).max() < 1e-4


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_mediapipe_calibrates_the_scores_by_our_formula(python: Path, model: keras.Model, tmp_path: Path, precision: str) -> None:
    photos, path = photos_of_one_colour(100), tmp_path / f"model-{precision}.tflite"
    curve = ScoreCalibration(slope=0.4, offset=-0.7, n=100, log_loss_before=1, log_loss_after=0)
    path.write_bytes(with_metadata(convert(model, precision, photos), {**FACTS, "score_calibration": curve.to_dict()}))
    plain = load_tflite(path)(photos[:20])
    assert plain.min() < 0.004  # also where an int8 score is 0, whose log odds are a matter of convention
    found = ask(python, path, photos[:20])
    assert np.abs(curve(plain) - plain).max() > 0.1
    assert np.abs(found - curve(plain)).max() < 1e-4
    assert (found.argmax(axis=1) == plain.argmax(axis=1)).all()


def test_mediapipe_names_no_class_below_our_threshold_of_calibrated_scores(python: Path, model: keras.Model, tmp_path: Path) -> None:
    photos, path = photos_of_one_colour(20), tmp_path / "model-float32.tflite"
    curve = ScoreCalibration(slope=0.4, offset=-0.7, n=100, log_loss_before=1, log_loss_after=0)
    path.write_bytes(with_metadata(convert(model, "float32"), {**FACTS, "score_calibration": curve.to_dict(), "score_threshold": 0.6}))
    expected = curve(load_tflite(path)(photos))
    named = [[name for name, p in zip(FACTS["classes"], row, strict=True) if p >= 0.6] for row in expected]
    assert [] in named and any(named)
    assert [[*scores] for scores in told(PROGRAM, python, path, photos)] == named


def test_mediapipe_stretches_a_photo_to_the_square_as_the_model_card_warns(python: Path, model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "model-float32.tflite"
    path.write_bytes(with_metadata(convert(model, "float32"), FACTS))
    left, right = photos_of_one_colour(2)
    wide = np.concatenate([left, left, left[:, :16], right[:, :16], right, right], axis=1)  # the centre square shows half of each
    stretched = np.concatenate([left[:, :16], right[:, :16]], axis=1)
    assert np.abs(ask(python, path, wide[None]) - load_tflite(path)(stretched[None])).max() < 0.02
    banded = np.concatenate([left, right, left], axis=1)  # the centre square shows the right colour alone
    cut = load_tflite(path)(right[None])
    assert np.abs(ask(python, path, banded[None]) - cut).max() > 0.1


def test_mediapipe_scores_a_photo_right_that_is_brought_to_size_as_the_model_card_says(
    python: Path, model: keras.Model, tmp_path: Path
) -> None:
    path = tmp_path / "model-float32.tflite"
    path.write_bytes(with_metadata(convert(model, "float32"), FACTS))
    stripes = np.isin(np.arange(256) % 8, (3, 4))[None, :, None].repeat(256, axis=0)  # just those columns that four pixels see
    fine = (stripes * np.array([255, 80, 30])).astype("uint8")
    expected = load_tflite(path)(decode(encoded(fine), 32, "crop")[None])
    own = np.asarray(Image.fromarray(fine).resize((32, 32), Image.Resampling.BILINEAR))
    assert np.abs(ask(python, path, own[None]) - expected).max() < 1e-3
    assert np.abs(ask(python, path, fine[None]) - expected).max() > 0.02  # what MediaPipe makes of the whole photo


def located(task: str, path: Path, precision: str, photos: np.ndarray) -> None:
    """Write a model of ``task`` that tells places apart, as a .tflite file."""
    keras.utils.set_random_seed(0)
    photo = keras.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(8, 5, strides=4, padding="same", activation="relu")(layers.Rescaling(1 / 127.5, -1)(photo))
    model = assemble(keras.Model(photo, x, name="backbone"), Head(), FACTS["classes"], 0, task=task)
    for name in ("logits", "peaks"):
        if name in [layer.name for layer in model.layers] and isinstance(layer := model.get_layer(name), layers.Conv2D):
            layer.set_weights([layer.get_weights()[0] * 30, np.zeros(layer.filters)])
    path.write_bytes(with_metadata(convert(divided(model, task), precision, photos), {**FACTS, "size": SIDE, "task": task, "settled": {}}))


def photos_of_two_colours(n: int) -> np.ndarray:
    left, right = np.split(photos_of_one_colour(2 * n).repeat(2, axis=1).repeat(2, axis=2), 2)
    return np.concatenate([left[:, :, :27], right[:, :, 27:]], axis=2)


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_mediapipe_finds_our_boxes_by_our_class_names(python: Path, tmp_path: Path, precision: str) -> None:
    photos, path = np.random.default_rng(0).integers(0, 256, (100, SIDE, SIDE, 3), "uint8"), tmp_path / f"model-{precision}.tflite"
    located("detect", path, precision, photos)
    ours = [found(its, FACTS["classes"], Frame(SIDE, SIDE, SIDE, "crop")) for its in load_tflite(path)(photos[:20])]
    assert len({boxes[0].label for boxes in ours}) > 1
    for boxes, (name, score, sides) in zip(ours, told(DETECTING, python, path, photos[:20]), strict=True):
        assert score == pytest.approx(boxes[0].score, abs=1e-3)
        best = [box.corners for box in boxes if box.label == name and box.score > boxes[0].score - 1e-3]  # whole numbers may be level
        assert min(np.abs(np.clip(sides, 0, SIDE) - corners).max() for corners in best) < 2  # it knows corners and sizes in whole pixels


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_mediapipe_sees_our_classes_in_pixels(python: Path, tmp_path: Path, precision: str) -> None:
    photos, path = photos_of_two_colours(100), tmp_path / f"model-{precision}.tflite"
    located("segment", path, precision, photos)
    expected = [*said_maps(load_tflite(path)(photos[:20]), [Frame(SIDE, SIDE, SIDE, "crop")] * 20)]
    answers = told(SEGMENTING, python, path, photos[:20])
    assert all(labels == FACTS["classes"] for labels, _ in answers) and len(np.unique(expected)) > 1
    assert np.mean(np.array([mask for _, mask in answers]) == np.array(expected)) >= 0.97


def encoded(pixels: np.ndarray) -> bytes:
    content = BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()
