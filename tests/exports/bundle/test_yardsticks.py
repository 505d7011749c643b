"""What test vectors keep of answers that lie somewhere in a photo, and how far others may be from it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tltool.errors import ExportError
from tltool.exports.bundle import yardsticks
from tltool.exports.bundle.reading import Reading
from tltool.exports.bundle.tolerances import OTHER_KERNELS
from tltool.exports.bundle.vectors import Vector, read_vectors, write_vectors
from tltool.exports.bundle.yardsticks import Places, Scores, yardstick_of

POINTS = np.array([[[0.25, 0.5, 0.9], [0.75, 0.5, 0.8]], [[0.1, 0.1, 0.9], [0.2, 0.9, 0.7]]], "float32")  # [photos, points, 3]
YARDSTICK = Places(Reading("landmarks", ["ear", "tail"], {}, 64))
Kernels = Callable[[list[np.ndarray]], None]


def moved(pixels: float) -> np.ndarray:
    """``POINTS`` with one point of the second photo ``pixels`` further to the right."""
    points = POINTS.copy()
    points[1, 0, 0] += pixels / 64
    return points


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> Kernels:
    """What LiteRT's other kernels are to say."""

    def say(others: list[np.ndarray]) -> None:
        told = dict(zip(OTHER_KERNELS, others, strict=True))
        monkeypatch.setattr(yardsticks, "open_artefact", lambda path, kernels: lambda photos: told[kernels])

    return say


def keep(name: str, precision: str) -> yardsticks.Kept:
    return YARDSTICK.keep(Path(name), precision, np.empty(0), POINTS)


def test_tasks_that_locate_keep_answers_and_others_their_scores() -> None:
    assert isinstance(yardstick_of(YARDSTICK.reading), Places)
    assert isinstance(yardstick_of(Reading("multilabel", ["a"], {})), Scores)


def test_answers_are_kept_in_pixels_of_the_square_and_compared_there(kernels: Kernels) -> None:
    kernels([POINTS, POINTS])
    kept = keep("model-float32.tflite", "float32")
    assert kept.tolerance == 0.5 and kept.answers[0]["size"] == [64, 64]
    assert sorted(kept.answers[0]["objects"][0]["points"]) == [["ear", 16, 32, 1], ["tail", 48, 32, 1]]
    np.testing.assert_allclose(YARDSTICK.gaps(kept.answers, moved(3)), [0, 3], atol=0.02)
    assert np.isinf(YARDSTICK.gaps(kept.answers, POINTS * np.nan)).all()
    assert not YARDSTICK.turned(kept.answers, moved(3), 0.5).any()


def test_a_vector_that_other_kernels_answer_otherwise_is_none(kernels: Kernels) -> None:
    kernels([POINTS, moved(2.6)])
    assert None not in keep("model-int8.tflite", "int8").answers
    kernels([moved(2.8), POINTS])
    kept = keep("model-int8.tflite", "int8")
    assert kept.answers[1] is None and YARDSTICK.found(kept.answers) == [0] and kept.tolerance == 4
    kernels([moved(9) + 0.2, POINTS])
    assert keep("model-int8.tflite", "int8") == ([None, None], None)
    assert None not in keep("saved_model", "float32").answers  # a runtime with one set of kernels


def test_what_is_kept_is_read_again(kernels: Kernels, tmp_path: Path) -> None:
    kernels([POINTS, moved(5)])
    kept = keep("model-int8.tflite", "int8")
    vectors = [Vector(np.zeros((64, 64, 3), "uint8"), "")] * 2
    write_vectors(tmp_path, vectors, ["ear", "tail"], YARDSTICK.KEY, {"a": kept.answers}, {"a": kept.tolerance, "b": None})
    content = read_vectors(tmp_path)
    assert content["tolerances"] == {"a": 4, "b": None}
    assert [vector["answers"].get("a") for vector in content["vectors"]] == kept.answers
    assert all("class" not in vector for vector in content["vectors"])


def test_what_is_no_answer_is_one_sentence() -> None:
    with pytest.raises(ExportError, match="A test vector must hold an answer"):
        YARDSTICK.gaps([{"size": [0, 0]}], POINTS[:1])
