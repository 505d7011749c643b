import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tltool.exports.card import artefacts_in, write_card
from tltool.exports.metadata import with_metadata
from tltool.exports.tflite import convert

FACTS = {"classes": ["äpfel", "birnen"], "size": 8, "fit": "pad", "backbone": "conv_stack"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2), layers.Softmax()])
    folder = tmp_path_factory.mktemp("exports")
    photos = np.random.default_rng(0).integers(0, 256, (100, 8, 8, 3), "uint8")
    for precision in ("float32", "int8"):
        content = with_metadata(convert(model, precision, photos), {**FACTS, "precision": precision})
        (folder / f"model-{precision}.tflite").write_bytes(content)
    (folder / "saved_model").mkdir()
    (folder / "saved_model" / "saved_model.pb").write_bytes(b"graph")
    return folder


def test_every_artefact_is_described_as_its_file_says(folder: Path) -> None:
    card = write_card(folder, FACTS)
    assert json.loads((folder / "model_card.json").read_text(encoding="utf-8")) == card
    assert [entry["file"] for entry in card["artefacts"]] == ["model-float32.tflite", "model-int8.tflite", "saved_model"]
    content, int8 = (folder / "model-int8.tflite").read_bytes(), card["artefacts"][1]
    assert (int8["bytes"], int8["sha256"], int8["precision"]) == (len(content), hashlib.sha256(content).hexdigest(), "int8")
    assert (int8["input"]["dtype"], int8["input"]["bytes"]) == ("uint8", 192)
    assert int8["input"]["quantization"] == {"scale": 1.0, "zero_point": 0}
    assert card["artefacts"][0]["output"]["dtype"] == "float32" and card["artefacts"][0]["batch"] == 1
    assert card["artefacts"][2]["batch"] is None and set(card["artefacts"][2]["signatures"]) == {"serving_default", "from_bytes"}


def test_the_card_says_how_to_feed_the_model(folder: Path) -> None:
    card = write_card(folder, FACTS)
    assert card["classes"] == (folder / "labels.txt").read_text(encoding="utf-8").splitlines() == ["äpfel", "birnen"]
    assert (card["input"]["colour_order"], card["input"]["range"]) == ("RGB", [0, 255])
    assert "black borders" in card["input"]["resize"]
    assert card["model"] == {"backbone": "conv_stack"}
    assert "ai-edge-litert" in card["versions"]


def test_only_the_artefacts_asked_for_are_described(folder: Path) -> None:
    card = write_card(folder, FACTS, [folder / "model-int8.tflite"])
    assert [entry["file"] for entry in card["artefacts"]] == ["model-int8.tflite"]


def test_artefacts_are_found_by_their_content(folder: Path) -> None:
    assert [path.name for path in artefacts_in(folder)] == ["model-float32.tflite", "model-int8.tflite", "saved_model"]
