import json
from pathlib import Path

import numpy as np
import pytest

from tltool.data.decoder import decode
from tltool.errors import ExportError
from tltool.exports.vectors import MOST, TOLERANCES, Vector, choose_vectors, read_vectors, write_vectors

PIXELS = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), "uint8")


def chosen(labels: list[int], lead: list[float] | None = None, wrong: tuple[int, ...] = ()) -> tuple[list[Vector], list[int]]:
    """Vectors of photos 10, 11, … and their places among ``labels``."""
    n, classes = len(labels), max(labels) + 1 + bool(wrong)
    leads = np.full(n, 0.5) if lead is None else np.array(lead)
    probabilities = np.zeros((n, max(classes, 2)))
    probabilities[np.arange(n), labels] = (1 + leads) / 2
    probabilities[np.arange(n), [(label + 1) % probabilities.shape[1] for label in labels]] = (1 - leads) / 2
    probabilities[list(wrong)] = probabilities[list(wrong)][:, ::-1] if len(wrong) else 0
    rows = np.arange(10, 10 + n)
    found = choose_vectors(PIXELS, rows, np.array(labels), probabilities, [f"c{i}" for i in range(probabilities.shape[1])])
    return found, [int(np.flatnonzero((PIXELS[rows] == vector.pixels).all(axis=(1, 2, 3)))[0]) for vector in found]


def test_every_class_has_a_photo_and_few_classes_have_several() -> None:
    vectors, _ = chosen([0, 1, 2] * 10)
    assert len(vectors) == 8 and {vector.label for vector in vectors} == {"c0", "c1", "c2"}
    vectors, _ = chosen(list(range(9)) * 3)
    assert len(vectors) == 9 and len({vector.label for vector in vectors}) == 9


def test_of_many_classes_ten_are_shown_from_the_first_to_the_last() -> None:
    vectors, _ = chosen(list(range(40)))
    assert len(vectors) == MOST and {vectors[0].label, vectors[-1].label} == {"c0", "c39"}


def test_clear_answers_are_preferred_to_ties_and_to_certainty() -> None:
    _, places = chosen([0] * 10 + [1] * 10, lead=([0.01, 1.0] * 3 + [0.5] * 4) * 2)
    assert places == [6, 7, 8, 9, 16, 17, 18, 19]


def test_right_answers_are_preferred() -> None:
    _, places = chosen([0] * 6 + [2] * 6, wrong=(0, 1))
    assert 0 not in places and 1 not in places and len(places) == 8


def test_few_photos_are_all_taken_once() -> None:
    _, places = chosen([0, 1, 1])
    assert sorted(places) == [0, 1, 2]


def test_photos_and_answers_come_back_as_they_were(tmp_path: Path) -> None:
    vectors = [Vector(PIXELS[0], 'b "|\n'), Vector(PIXELS[1], "ä")]
    answers = {"model-int8.tflite": np.array([[0.25, 0.75], [1, 0]], "float32")}
    names = write_vectors(tmp_path, vectors, ["ä", 'b "|\n'], answers, {"model-int8.tflite": "int8"})
    assert names == ["testvectors/vector-01.png", "testvectors/vector-02.png", "testvectors/vectors.json"]
    assert (decode(tmp_path / names[0], 8, "crop") == PIXELS[0]).all()
    content = read_vectors(tmp_path)
    assert content["tolerances"] == {"model-int8.tflite": TOLERANCES["int8"]}
    assert [vector["class"] for vector in content["vectors"]] == ['b "|\n', "ä"]
    assert content["vectors"][0]["probabilities"] == {"model-int8.tflite": [0.25, 0.75]}


@pytest.mark.parametrize("text", ["", "[]", '{"vectors": []}',
                                  '{"vectors": [{"file": "a"}], "tolerances": {}}', '{"vectors": 3, "tolerances": {}}'])
def test_damaged_answers_are_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "testvectors").mkdir()
    (tmp_path / "testvectors" / "vectors.json").write_text(text)
    with pytest.raises(ExportError, match=r"vectors\.json must hold the test vectors"):
        read_vectors(tmp_path)


def test_the_vectors_file_is_json_that_people_can_read(handed: Path) -> None:
    text = (handed / "testvectors" / "vectors.json").read_text(encoding="utf-8")
    assert len(json.loads(text)["vectors"]) == 10 and max(map(len, text.splitlines())) < 200
