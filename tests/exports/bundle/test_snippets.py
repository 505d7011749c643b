"""The generated texts: the Python one runs where tltool is not installed, and the others say what the model's tensors say."""

import itertools
import json
import math
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tltool.catalog import TASKS
from tltool.data.decoding.decoder import decode
from tltool.exports.bundle.card import read_card
from tltool.exports.bundle.markup import prose
from tltool.exports.bundle.snippets import render
from tltool.runs.contents import CALLERS
from tltool.task import task_named

Elsewhere = Callable[..., subprocess.CompletedProcess[str]]


def model(handed: Path, name: str) -> dict[str, Any]:
    return next(entry for entry in read_card(handed)["artefacts"] if entry["file"] == name)


def test_the_page_s_commands_answer_the_test_vectors_without_tltool(handed: Path, elsewhere: Elsewhere, tmp_path: Path) -> None:
    folder = shutil.copytree(handed, tmp_path / "app" / "assets")
    page = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    install, command = re.search(r"```sh\npip install (.*)\npython (.*)\n```", page).groups()
    vectors = json.loads((folder / "testvectors" / "vectors.json").read_text())["vectors"]
    script, first = command.split()
    assert first == "testvectors/vector-01.png"
    done = elsewhere([script, *(f"testvectors/{vector['file']}" for vector in vectors)], folder, tuple(install.split()))
    assert done.returncode == 0, done.stderr[-2000:]
    for line, vector in zip(done.stdout.splitlines(), vectors, strict=True):
        answer, expected = json.loads(line), vector["probabilities"]["model-int8.tflite"]
        assert np.allclose(list(answer["probabilities"].values()), expected, atol=1e-5)
        assert list(answer["probabilities"])[int(np.argmax(expected))] == answer["class"]


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("shape", [(91, 67), (40, 160)])
def test_the_python_snippet_prepares_a_photo_as_training_did(handed: Path, tmp_path: Path, fit: str, shape: tuple[int, int]) -> None:
    card = read_card(handed).content
    code = render("classify.py", {**card, "input": {**card["input"], "fit": fit}}, best=model(handed, "model-int8.tflite"))
    (tmp_path / "snippets").mkdir()
    (tmp_path / "labels.txt").write_text("a\n")
    space: dict[str, Any] = {"__file__": str(tmp_path / "snippets" / "classify.py"), "__name__": "classify"}
    exec(compile(code, "classify.py", "exec"), space)
    y, x = np.mgrid[: shape[1], : shape[0]]
    photo = Image.fromarray(np.stack([3 * x % 256, 4 * y % 256, x + y], axis=-1).astype("uint8"))
    photo.putalpha(Image.linear_gradient("L").resize(photo.size))
    exif = Image.Exif()
    exif[0x0112] = 6
    photo.save(tmp_path / "photo.png", exif=exif)
    assert np.abs(space["prepare"](tmp_path / "photo.png")[0].astype(int) - decode(tmp_path / "photo.png", 16, fit)).max() <= 1
    large = photo.convert("RGB").resize((shape[0] * 5 + 3, shape[1] * 5 + 2))
    large.save(tmp_path / "photo.jpg")  # is decoded at a reduced scale, and its rim is less than a pixel then
    assert np.abs(space["prepare"](tmp_path / "photo.jpg")[0].astype(int) - decode(tmp_path / "photo.jpg", 16, fit)).max() <= 1


@pytest.mark.parametrize(("name", "stem"), [("model-float32.tflite", "ClassifierFloat32"), ("model-int8.tflite", "ClassifierInt8")])
def test_kotlin_and_swift_have_the_numbers_of_the_tensors(handed: Path, name: str, stem: str) -> None:
    told = model(handed, name)
    kotlin, swift = ((handed / "snippets" / f"{stem}.{language}").read_text() for language in ("kt", "swift"))
    assert f"class {stem}" in kotlin and f"class {stem}" in swift and all("NOT compiled or run" in text for text in (kotlin, swift))
    for side in ("input", "output"):
        assert f"const val {side.upper()}_BYTES = {told[side]['bytes']} //" in kotlin
        assert f"static let {side}Bytes = {told[side]['bytes']}  //" in swift
    assert ("putFloat" in kotlin) == (told["input"]["dtype"] == "float32") == ("Float.init" in swift)
    if told["output"]["quantization"]:
        assert f"const val SCALE = {told['output']['quantization']['scale']}f" in kotlin
        assert f"* {told['output']['quantization']['scale']} " in swift


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_generated_code_has_balanced_brackets_for_every_fit(handed: Path, fit: str) -> None:
    card = read_card(handed).content
    for language in ("kt", "swift"):
        for name in ("model-float32.tflite", "model-int8.tflite"):
            text = render(f"Classifier.{language}", {**card, "input": {**card["input"], "fit": fit}}, model=model(handed, name), name="X")
            code = re.sub(r"//.*|/\*.*?\*/|\"[^\"]*\"", "", text, flags=re.DOTALL if language == "x" else 0)
            assert all(code.count(a) == code.count(b) for a, b in ("()", "{}", "[]"))
            assert "{%" not in text and "{{" not in text and "\n\n\n" not in text


def tensor(dtype: str, *shape: int) -> dict[str, Any]:
    return {
        "dtype": dtype,
        "shape": [1, *shape],
        "bytes": math.prod(shape) * np.dtype(dtype).itemsize,
        "quantization": None if dtype == "float32" else {"scale": 0.004, "zero_point": 30},
    }


SHAPES = {
    "detect": ((144, 4), (144, 3)),
    "localize": ((144, 4), (144, 3)),
    "segment": ((12, 12, 3),),
    "instances": ((144, 4), (144, 4), (144, 3), (144, 2)),
    "landmarks": ((3, 3),),
}


def located(task: str, language: str, fit: str, dtype: str) -> str:
    """The snippet of a model that locates something in squares of 48 pixels."""
    outputs = dict(zip(task_named(task).outputs.NAMES, (tensor(dtype, *shape) for shape in SHAPES[task]), strict=True))
    told = {"outputs": outputs} if len(outputs) > 1 else {"output": next(iter(outputs.values()))}
    caller = task_named(task).exported.CALLER
    settled = {"threshold": {"score": 0.17}} if task in ("detect", "instances") else {}
    card = {"task": task, "classes": ["ant", "bee", "cow"], "input": {"size": 48, "fit": fit}, "settled": settled}
    artefact = {"format": "tflite", "file": "model.tflite", "input": tensor(dtype, 48, 48, 3), **told}
    return render(f"{caller}.{language}", card, model=artefact, name=f"{caller}X")


@pytest.mark.parametrize("language", ["kt", "swift"])
@pytest.mark.parametrize("task", SHAPES)
def test_what_locates_something_is_asked_in_kotlin_and_swift(task: str, language: str) -> None:
    assert {task_named(name).exported.CALLER for name in TASKS} == {*CALLERS}
    for fit, dtype in itertools.product(("crop", "pad", "stretch"), ("float32", "uint8")):
        text = located(task, language, fit, dtype)
        code = re.sub(r"//.*|\"[^\"]*\"", "", text)
        assert all(code.count(a) == code.count(b) for a, b in ("()", "{}", "[]"))
        assert "{%" not in text and "{{" not in text and "\n\n\n" not in text and "Undefined" not in text
        assert f"class {task_named(task).exported.CALLER}X" in text and "NOT compiled or run" in text
        assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("task", ["detect", "segment"])
def test_what_mediapipe_opens_is_left_to_it(task: str) -> None:
    kotlin, swift = (located(task, language, "pad", "uint8") for language in ("kt", "swift"))
    reader = task_named(task).exported.MEDIAPIPE
    assert f"import com.google.mediapipe.tasks.vision.{reader.lower()}.{reader}\n" in kotlin and "import MediaPipeTasksVision\n" in swift
    assert f"{reader}.createFromOptions(" in kotlin and f"{reader}Options()" in swift
    assert not re.search("Interpreter|ByteBuffer[^E]|labels.txt", kotlin + swift)
    assert task != "detect" or ("THRESHOLD = 0.17f" in kotlin and "threshold: Float = 0.17 " in swift)


@pytest.mark.parametrize("task", ["localize", "instances", "landmarks"])
def test_what_mediapipe_does_not_open_is_decoded_by_the_numbers_of_the_tensors(task: str) -> None:
    kotlin, swift = (located(task, language, "pad", "uint8") for language in ("kt", "swift"))
    numbers = [math.prod(shape) for shape in SHAPES[task]]
    assert f"OUTPUT_BYTES = listOf({', '.join(map(str, numbers))})" in kotlin and f"outputBytes = {numbers}" in swift
    assert (
        f"SCALES = floatArrayOf({', '.join(['0.004f'] * len(numbers))})" in kotlin
        and f"scales: [Float] = {[0.004] * len(numbers)}" in swift
    )
    assert task == "landmarks" or ("CELLS = 12 " in kotlin and "cells = 12 " in swift)
    whole = located(task, "kt", "pad", "float32")
    assert "SCALES" not in whole and f"OUTPUT_BYTES = listOf({', '.join(str(4 * n) for n in numbers)})" in whole


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("t-shirt", "t-shirt"),
        ("long_sleeve", "long_sleeve"),
        ("_b_", r"\_b\_"),
        ("a|b", r"a\|b"),
        ("*x*", r"\*x\*"),
        ("<script>", "&lt;script>"),
        ("a\nb", "a b"),
        ("[a](b)", r"\[a\](b)"),
        ("`a`", r"\`a\`"),
        ("AT&T", "AT&amp;T"),
    ],
)
def test_names_are_plain_text_on_the_page(name: str, shown: str) -> None:
    assert prose(name) == shown


def test_the_snippet_and_the_page_say_from_where_on_an_answer_is_none_of_these(handed: Path, tmp_path: Path) -> None:
    card, best = read_card(handed).content, model(handed, "model-int8.tflite")
    row = {"target_precision": 0.95, "threshold": 0.75, "precision": 0.96, "coverage": 0.5}
    trust = {"n": 40, "sets": [{"coverage": 0.9, "least": 0.0625}], "thresholds": [row]}
    cautious = {**card, "scores": {**card["scores"], "trust": trust}}
    code = render("classify.py", cautious, best=best)
    assert 'LEAST = 0.75  # below this probability an answer is "none of these"' in code
    assert '"none of these": bool(probabilities.max() < LEAST)' in code
    compile(code, "classify.py", "exec")
    plain = {**card, "scores": {name: value for name, value in card["scores"].items() if name != "trust"}}
    assert "LEAST" not in render("classify.py", plain, best=best)
    more = {"vectors": [], "totals": Counter(), "best": best}
    page = render("MODEL_CARD.md", {**cautious, "origin": None}, **more)
    assert "### None of these" in page and "| 0.750 or more | 50.0% | 96.0% |" in page and "| 90.0% | 0.0625 |" in page
    assert "### None of these" not in render("MODEL_CARD.md", {**plain, "origin": None}, **more)


def test_the_page_says_that_probabilities_are_calibrated_where_they_are(handed: Path) -> None:
    card, more = read_card(handed).content, {"vectors": [], "totals": Counter(), "best": model(handed, "model-int8.tflite")}
    facts = {"temperature": 1.5, "n": 40, "wrong": 5, "log_loss": [0.5, 0.4], "calibration_error": [0.1, 0.05]}
    licence = {"licence": "none", "source": "training started from random weights"}
    origin = {
        "run": "r",
        "recipe": "scratch",
        "finished": "",
        "kept": "head",
        "backbone": None,
        "stack": None,
        "licence": licence,
        "training": {},
    }
    for kept in (None, "Probabilities stay as they are."):
        page = render("MODEL_CARD.md", {**card, "origin": {**origin, "calibration": {**facts, "kept": kept}}}, **more)
        assert ("a temperature of 1.50, fitted on 40 validation photos" in page) == (kept is None)
