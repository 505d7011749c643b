import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers.number_types import Float32Flags
from keras import layers

from tltool.errors import ExportError
from tltool.exports.tflite.conversion import convert
from tltool.exports.tflite.metadata import METADATA, with_metadata
from tltool.runtimes.litert import load_tflite, read_facts
from tltool.runtimes.tflite_metadata import _byte, _child, _first, _floats, _metadata, _model, _tables

FACTS = {"classes": ["äpfel", "birnen, reif"], "size": 8, "fit": "stretch", "precision": "float32", "name": "obst"}
BOXES = {**FACTS, "task": "detect", "settled": {}}
PHOTOS = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), "uint8")


@pytest.fixture(scope="module")
def plain() -> bytes:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2), layers.Softmax()])
    return convert(model, "float32")


@pytest.fixture
def path(plain: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(with_metadata(plain, FACTS))
    return path


def table(content: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))


def described(content: bytes) -> bytes:
    (entry,) = (entry for entry in table(content).metadata if entry.name == METADATA.encode())
    return table(content).buffers[entry.buffer].data.tobytes()


def test_facts_come_back_as_they_were(path: Path) -> None:
    assert read_facts(path) == FACTS


def test_the_answers_stay_the_same(plain: bytes, path: Path, tmp_path: Path) -> None:
    (tmp_path / "plain.tflite").write_bytes(plain)
    assert (load_tflite(path)(PHOTOS) == load_tflite(tmp_path / "plain.tflite")(PHOTOS)).all()


def test_the_labels_file_is_packed_uncompressed_under_the_name_the_metadata_gives(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        assert packed.read("labels.txt").decode() == "äpfel\nbirnen, reif\n"
        assert {member.compress_type for member in packed.infolist()} == {zipfile.ZIP_STORED}
    content = described(path.read_bytes())
    assert content[4:8] == b"M001" and b"labels.txt\0" in content and b"obst\0" in content


def test_the_same_model_gives_the_same_bytes(plain: bytes) -> None:
    assert with_metadata(plain, FACTS) == with_metadata(plain, FACTS)


def test_weights_stay_aligned_at_16_bytes(path: Path) -> None:
    content = path.read_bytes()
    model = schema.Model.GetRootAsModel(content, 0)
    starts = [
        model.Buffers(i)._tab.Vector(model.Buffers(i)._tab.Offset(4)) for i in range(model.BuffersLength()) if model.Buffers(i).DataLength()
    ]
    assert len(starts) > 4 and all(start % 16 == 0 for start in starts)


def test_earlier_metadata_of_ours_is_replaced(plain: bytes) -> None:
    again = with_metadata(with_metadata(plain, {**FACTS, "name": "alt"}), FACTS)
    assert b"obst\0" in described(again)  # `described` finds exactly one


def test_a_score_threshold_hides_answers_only_where_it_is_asked_for(plain: bytes, path: Path, tmp_path: Path) -> None:
    def units(file: Path) -> list[Any]:
        return [*_tables(_first(_first(_metadata(_model(file)), 3), 3), 4)]

    assert units(path) == []
    asked = tmp_path / "asked.tflite"
    asked.write_bytes(with_metadata(plain, {**FACTS, "score_calibration": {"slope": 1.25, "offset": -0.5}, "score_threshold": 0.625}))
    _, unit = units(asked)
    options = _child(unit, 1)
    assert _byte(unit, 0) == 3  # ScoreThresholdingOptions
    assert options.Get(Float32Flags, options.Offset(4) + options.Pos) == 0.625


def test_score_calibration_is_one_line_per_class_and_named_in_the_metadata(plain: bytes, path: Path, tmp_path: Path) -> None:
    assert b"score_calibration.txt\0" not in described(path.read_bytes())
    calibrated = tmp_path / "calibrated.tflite"
    calibrated.write_bytes(with_metadata(plain, {**FACTS, "score_calibration": {"slope": 1.25, "offset": -0.5}}))
    with zipfile.ZipFile(calibrated) as packed:
        assert packed.read("score_calibration.txt").decode() == "1,1.25,-0.5\n1,1.25,-0.5"
        assert packed.namelist()[0] == "labels.txt"
    assert b"score_calibration.txt\0" in described(calibrated.read_bytes())
    assert (load_tflite(calibrated)(PHOTOS) == load_tflite(path)(PHOTOS)).all()  # whoever runs the model itself gets what it says


@pytest.mark.parametrize("name", ["", "two\nlines", "with\rreturn", "no \udcff text"])
def test_a_class_name_that_would_break_the_labels_file_is_refused(plain: bytes, name: str) -> None:
    with pytest.raises(ExportError, match="one line of text"):
        with_metadata(plain, {**FACTS, "classes": ["a", name]})


def test_the_zip_can_be_read_by_any_reader(path: Path) -> None:
    with zipfile.ZipFile(BytesIO(path.read_bytes())) as packed:
        assert packed.testzip() is None


def test_a_detector_says_how_numbers_become_boxes(tmp_path: Path) -> None:
    photo = keras.Input((8, 8, 3))
    cells = layers.Reshape((4, 6))(layers.Conv2D(6, 4, strides=4)(photo))
    content = with_metadata(convert(keras.Model(photo, {"boxes": cells[..., :4], "logits": cells[..., 4:]}), "float32"), BOXES)
    found = described(content)
    assert b"DETECTOR_METADATA\0" in found and b"V001" in found and b"location\0" in found and b"score\0" in found
    anchors = np.frombuffer(found, "<f4", offset=len(found) % 4 and 4 - len(found) % 4)
    assert {0.25, 0.75, 1.0} <= {*anchors.tolist()}
    (tmp_path / "model.tflite").write_bytes(content)
    assert read_facts(tmp_path / "model.tflite") == BOXES


def test_probabilities_say_that_they_go_from_0_to_1(path: Path) -> None:
    (output,) = _tables(_first(_metadata(_model(path)), 3), 3)
    stats = _child(output, 5)
    assert (_floats(stats, 0).tolist(), _floats(stats, 1).tolist()) == ([1], [0])


def test_nothing_is_said_to_readers_that_a_task_has_not(plain: bytes) -> None:
    assert b"V001" not in described(with_metadata(plain, FACTS))
