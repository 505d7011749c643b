"""Photos → answers; a file that is no photo is named and the rest goes on."""

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tltool.evaluation.answers import answer
from tltool.evaluation.predictors import BATCH, Predictor

CLASSES = ["dark", "grey", "light"]


def brightness() -> Predictor:
    """Scores by how near a photo is to black, grey and white."""

    def scores(photos: np.ndarray) -> np.ndarray:
        assert photos.dtype == np.uint8 and photos.shape[1:] == (8, 8, 3) and 0 < len(photos) <= BATCH
        near = 1 / (1 + np.abs(photos.mean(axis=(1, 2, 3))[:, None] - [0, 128, 255]))
        return (near / near.sum(axis=1, keepdims=True)).astype("float32")

    return Predictor(CLASSES, 8, "crop", scores)


def painted(folder: Path, name: str, value: int) -> Path:
    Image.new("RGB", (10, 12), (value,) * 3).save(folder / name)
    return folder / name


def test_each_photo_gets_its_classes_most_probable_first(tmp_path: Path) -> None:
    photos = [painted(tmp_path, f"{value}.png", value) for value in (250, 3, 100)]
    found = answer(brightness(), photos, top=2).answers
    assert [one.path for one in found] == list(map(str, photos))
    assert [[name for name, _ in one.top] for one in found] == [["light", "grey"], ["dark", "grey"], ["grey", "dark"]]
    assert all(one.top[0][1] > one.top[1][1] and isinstance(one.top[0][1], float) for one in found)


@pytest.mark.parametrize("content", [b"", b"<html>not a photo</html>", b"\x89PNG\r\n\x1a\n cut off"])
def test_a_file_that_is_no_photo_is_named_and_the_rest_goes_on(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(content)
    photos = [painted(tmp_path, "1.png", 255), bad, painted(tmp_path, "2.png", 0), tmp_path / "missing.png"]
    with caplog.at_level(logging.WARNING, "tltool"):
        found = answer(brightness(), photos, top=1)
    assert [one.error is None for one in found.answers] == [True, False, True, False]
    assert [one.top[0][0] for one in found.answers if one.top] == ["light", "dark"]
    assert found.exit_code == 1
    assert [name in message for name, message in zip(("bad.jpg", "missing.png"), caplog.messages, strict=True)] == [True, True]


def test_nothing_but_bad_files_asks_the_model_nothing(tmp_path: Path) -> None:
    found = answer(brightness(), [tmp_path / "missing.png"], top=1)
    assert found.exit_code == 1 and found.answers[0].top == []


def test_many_photos_come_back_in_order_and_progress_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    values = [(0, 128, 255)[i % 3] for i in range(BATCH + 3)]
    photos = [painted(tmp_path, f"{i}.png", value) for i, value in enumerate(values)]
    with caplog.at_level(logging.DEBUG, "tltool"):
        found = answer(brightness(), photos, top=1)
    assert [CLASSES.index(one.top[0][0]) for one in found.answers] == [i % 3 for i in range(len(photos))] and found.exit_code == 0
    assert [record.step.done for record in caplog.records if hasattr(record, "step")] == [BATCH, BATCH + 3]


def test_a_photo_asked_twice_is_answered_twice(tmp_path: Path) -> None:
    photo = painted(tmp_path, "1.png", 255)
    assert [one.top[0][0] for one in answer(brightness(), [photo, photo], top=1).answers] == ["light"] * 2


def test_more_classes_than_there_are_is_all_of_them(tmp_path: Path) -> None:
    assert len(answer(brightness(), [painted(tmp_path, "1.png", 9)], top=99).answers[0].top) == 3
