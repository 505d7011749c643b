"""What a test vector allows is measured with other kernels: those who compute right pass, and those who call the model wrong do not."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tltool.exports.bundle import tolerances
from tltool.exports.bundle.reading import Reading
from tltool.exports.bundle.tolerances import OTHER_KERNELS, measure_tolerance, turned
from tltool.exports.bundle.vector_photos import MISTAKES
from tltool.exports.opening import open_artefact
from tltool.exports.tflite.conversion import PRECISIONS

OPENVINO = ("openvino", "numpy")
PROGRAM = """
import sys
import numpy, openvino
photos = numpy.load(sys.argv[1])
for path in sys.argv[2:]:
    model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    scores = [model(photo[None].astype(model.input(0).get_element_type().to_dtype()))[0][0] for photo in photos]
    numpy.save(path + ".npy", numpy.stack(scores))
"""


@pytest.fixture(scope="module")
def vectors(every: Path) -> dict[str, Any]:
    return json.loads((every / "testvectors" / "vectors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def photos(every: Path, vectors: dict[str, Any]) -> np.ndarray:
    return np.stack([np.asarray(Image.open(every / "testvectors" / vector["file"])) for vector in vectors["vectors"]])


def passes(vectors: dict[str, Any], name: str, found: np.ndarray) -> bool:
    """As the card says it: within the tolerance, and the same label where that leads by more."""
    expected, tolerance = np.array([vector["probabilities"][name] for vector in vectors["vectors"]]), vectors["tolerances"][name]
    return bool(
        np.abs(found - expected).max() <= tolerance
        and not turned(expected, found, tolerance, Reading("classify", vectors["classes"], {})).any()
    )


@pytest.mark.parametrize("kernels", ["BUILTIN", *OTHER_KERNELS])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_set_of_litert_s_kernels_passes(
    every: Path, vectors: dict[str, Any], photos: np.ndarray, precision: str, kernels: str
) -> None:
    name = f"model-{precision}.tflite"
    assert passes(vectors, name, open_artefact(every / name, kernels)(photos))


def test_onnx_runtime_passes_with_its_plain_kernels(every: Path, vectors: dict[str, Any], photos: np.ndarray) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(every / "model.onnx"), options, providers=["CPUExecutionProvider"])
    assert passes(vectors, "model.onnx", session.run(None, {"pixels": photos})[0])


def test_openvino_passes_computing_in_float32(
    every: Path, vectors: dict[str, Any], photos: np.ndarray, tmp_path: Path, environment: Callable[..., Path]
) -> None:
    if os.environ.get("CI") != "true" and os.environ.get("TLTOOL_TEST_OPENVINO") != "1":
        pytest.skip("installs 300 MB; set TLTOOL_TEST_OPENVINO=1 to run it")
    names = [*(f"model-{precision}.tflite" for precision in PRECISIONS if precision != "int16x8"), "model.onnx"]
    np.save(tmp_path / "photos.npy", photos)
    for name in names:
        (tmp_path / name).write_bytes((every / name).read_bytes())
    done = subprocess.run(
        [environment(OPENVINO), "-c", PROGRAM, tmp_path / "photos.npy", *(tmp_path / name for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for name in names:
        scores = np.load(tmp_path / f"{name}.npy")
        assert passes(vectors, name, scores / 256 if scores.dtype == np.uint8 else scores)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("mistake", [name for name in MISTAKES if name != "red and blue exchanged"])  # digits are grey
def test_photos_that_were_prepared_wrong_do_not_pass(
    every: Path, vectors: dict[str, Any], photos: np.ndarray, precision: str, mistake: str
) -> None:
    name = f"model-{precision}.tflite"
    assert not passes(vectors, name, open_artefact(every / name)(np.ascontiguousarray(MISTAKES[mistake](photos))))


READING = Reading("classify", ["a", "b", "c"], {})
ANSWERS = np.array([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1]])


@pytest.mark.parametrize(
    ("name", "precision", "others", "allowed"),
    [
        ("model-int8.tflite", "int8", [ANSWERS, ANSWERS], 0.02),
        ("model-int8.tflite", "int8", [ANSWERS, ANSWERS + [[0.1, -0.1, 0], [0, 0, 0]]], 0.17),  # 0.02 + 1.5 · 0.1
        ("model-int8.tflite", "int8", [ANSWERS + [[0, 0, 0], [-0.06, 0.06, 0]], ANSWERS], 0.17),  # a lead of 0.1 was turned
        ("model-float32.tflite", "float32", [ANSWERS, ANSWERS + 1e-6], 0.001),
        ("model.onnx", "float32", [], 0.001),
    ],
)
def test_the_tolerance_is_half_as_much_again_as_what_was_seen_and_the_rounding(
    monkeypatch: pytest.MonkeyPatch, name: str, precision: str, others: list[np.ndarray], allowed: float
) -> None:
    told = dict(zip(OTHER_KERNELS, others))
    monkeypatch.setattr(tolerances, "open_artefact", lambda path, kernels: lambda photos: told[kernels])
    assert measure_tolerance(Path(name), precision, np.empty(0), ANSWERS, READING) == pytest.approx(allowed)


def test_a_label_is_asked_where_its_lead_is_larger_than_the_tolerance() -> None:
    other = ANSWERS[:, [1, 0, 2]]
    assert turned(ANSWERS, other, 0.2, READING).tolist() == [True, False] and turned(ANSWERS, other, 0.05, READING).all()
    assert not turned(ANSWERS, ANSWERS, 0, READING).any()


def test_of_several_labels_the_one_nearest_to_its_threshold_leads_least() -> None:
    reading = Reading("multilabel", ["a", "b", "c"], {"thresholds": {"a": 0.5, "b": 0.3, "c": 0.5}})
    assert reading.leads(ANSWERS) == pytest.approx([0.1, 0])
    assert reading.said(ANSWERS).tolist() == ["a", "a|b"]
    moved = ANSWERS + [[0, 0.15, 0], [0, 0, 0]]
    assert turned(ANSWERS, moved, 0.05, reading).tolist() == [True, False] and not turned(ANSWERS, moved, 0.2, reading).any()
