"""Which photos are looked at: those asked for, or a few that were right and wrong."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tltool.errors import DataError
from tltool.evaluation.predictors import Predictor
from tltool.inspection.examples import MOST, choose_examples

CLASSES = ["cat", "dog", "eel"]
PREDICTOR = Predictor(CLASSES, 16, "crop", lambda photos: np.tile([0.2, 0.5, 0.3], (len(photos), 1)))


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number:02}.png" for number in range(12)]
    for number, path in enumerate(paths):
        Image.fromarray(np.full((20, 20, 3), number * 20, np.uint8)).save(path)
    return paths


def run_of(photos: list[Path], rows: list[tuple[str, str, float]]) -> SimpleNamespace:
    """Rows: label, predicted, its probability."""
    table = pd.DataFrame(
        [
            {"path": str(photo), "label": label, "predicted": said}
            | {f"p_{name}": sure if name == said else (1 - sure) / 2 for name in CLASSES}
            for photo, (label, said, sure) in zip(photos, rows)
        ]
    )
    (photos[0].parent / "predictions.csv").touch()
    return SimpleNamespace(path=photos[0].parent, predictions=lambda: table)


def names(run: SimpleNamespace, *asked: Path) -> list[str]:
    return [example.path.stem for example in choose_examples(run, PREDICTOR, asked)]


def test_right_and_wrong_take_turns_from_the_surest_down_each_class_once(photos: list[Path]) -> None:
    run = run_of(
        photos,
        [("cat", "cat", 0.8), ("cat", "cat", 0.9), ("dog", "dog", 0.7), ("eel", "dog", 0.6), ("eel", "cat", 0.5), ("cat", "dog", 0.4)],
    )
    assert names(run) == ["01", "03", "02"]


def test_without_mistakes_all_are_right(photos: list[Path]) -> None:
    assert names(run_of(photos, [("cat", "cat", 0.8), ("dog", "dog", 0.9), ("dog", "dog", 0.7)])) == ["01", "00"]


def test_photos_that_are_gone_are_passed_over(photos: list[Path]) -> None:
    run = run_of(photos, [("cat", "cat", 0.8), ("dog", "dog", 0.9)])
    photos[1].unlink()
    assert names(run) == ["00"]
    photos[0].unlink()
    with pytest.raises(DataError, match=r"all gone or damaged\. Name photos"):
        names(run)


def test_photos_asked_for_know_their_class_when_they_were_measured_on(photos: list[Path]) -> None:
    run = run_of(photos, [("cat", "dog", 0.8)])
    first, second = choose_examples(run, PREDICTOR, (photos[0], photos[11]))
    assert (first.label, first.said, first.rival) == ("cat", "dog", "cat") and (second.label, second.rival) == (None, "eel")


def test_of_many_the_first_are_taken_and_one_that_is_no_photo_is_left_out(photos: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    run = run_of(photos, [("cat", "dog", 0.8)])
    photos[0].write_text("<html>")
    with caplog.at_level("INFO", "tltool"):
        assert names(run, *photos) == [f"{number:02}" for number in range(1, MOST + 1)]
    assert f"The first {MOST} photos" in caplog.text and "00.png" in caplog.text
