"""The generated texts: the Python one runs where tltool is not installed, and the others say what the model's tensors say."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tltool.data.decoding.decoder import decode
from tltool.exports.bundle.card import read_card
from tltool.exports.bundle.markup import prose
from tltool.exports.bundle.snippets import render

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
