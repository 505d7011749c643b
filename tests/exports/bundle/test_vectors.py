import json
from pathlib import Path

import numpy as np
import pytest

from tltool.data.decoding.decoder import decode
from tltool.errors import ExportError
from tltool.exports.bundle.vectors import Vector, read_vectors, write_vectors

PIXELS = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), "uint8")


def test_photos_and_answers_come_back_as_they_were(tmp_path: Path) -> None:
    vectors = [Vector(PIXELS[0], 'b "|\n'), Vector(PIXELS[1], "ä")]
    answers = {"model-int8.tflite": [[0.25, 0.75], [1, 0]]}
    names = write_vectors(tmp_path, vectors, ["ä", 'b "|\n'], "probabilities", answers, {"model-int8.tflite": 0.123})
    assert names == ["testvectors/vector-01.png", "testvectors/vector-02.png", "testvectors/vectors.json"]
    assert (decode(tmp_path / names[0], 8, "crop") == PIXELS[0]).all()
    content = read_vectors(tmp_path)
    assert content["tolerances"] == {"model-int8.tflite": 0.123}
    assert [vector["class"] for vector in content["vectors"]] == ['b "|\n', "ä"]
    assert content["vectors"][0]["probabilities"] == {"model-int8.tflite": [0.25, 0.75]}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"vectors": []}', '{"vectors": [{"file": "a"}], "tolerances": {}}', '{"vectors": 3, "tolerances": {}}']
)
def test_damaged_answers_are_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "testvectors").mkdir()
    (tmp_path / "testvectors" / "vectors.json").write_text(text)
    with pytest.raises(ExportError, match=r"vectors\.json must hold the test vectors"):
        read_vectors(tmp_path)


def test_the_vectors_file_is_json_that_people_can_read(handed: Path) -> None:
    text = (handed / "testvectors" / "vectors.json").read_text(encoding="utf-8")
    assert len(json.loads(text)["vectors"]) == 10 and max(map(len, text.splitlines())) < 200
