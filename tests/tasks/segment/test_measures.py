"""How far the regions of answers lie on the true ones, and what guessing would reach."""

from pathlib import Path

import numpy as np
import pytest
from regions import CLASSES, squares, truths_in

from tltool.runs.forms import FORMAT
from tltool.tasks.segment.answers import settle
from tltool.tasks.segment.class_maps import truth_of
from tltool.tasks.segment.measures import FORM, SCORE, floor, measure, score, told

MAPS = squares(12, 24)


@pytest.fixture
def labels(tmp_path: Path) -> np.ndarray:
    return truths_in(tmp_path, MAPS)


def answers(maps: np.ndarray) -> list:
    return [truth_of(found, CLASSES) for found in maps]


def test_a_perfect_answer_scores_1(labels: np.ndarray) -> None:
    report = measure(labels, answers(MAPS), CLASSES, "test", settle([], labels, CLASSES, labels))
    assert report["miou"] == report["pixel_accuracy"] == score(labels, answers(MAPS), CLASSES) == 1
    assert report["miou_interval"] == [1, 1] and np.array(report["confusion"]).sum() == MAPS.size
    assert {row["iou"] for row in report["per_class"].values()} == {1}
    assert FORM.model_validate({"format": FORMAT, "task": "classify", **report}).content["n"] == 12


def test_a_guesser_reaches_the_floor_that_is_told(labels: np.ndarray) -> None:
    report = measure(labels, answers(np.zeros_like(MAPS)), CLASSES, "test", settle([], labels, CLASSES, labels))
    assert report["guess"] == {"label": "background", "miou": report["miou"], "pixel_accuracy": report["pixel_accuracy"]}
    assert report["miou"] == pytest.approx(np.mean(MAPS == 0) / 3)
    assert f"'background' would reach a mean IoU of {report['miou']:.3f} on the validation photos" in floor(
        labels, CLASSES, "validation photos", labels
    )


def test_a_guesser_learns_from_other_photos_than_those_it_is_measured_on(labels: np.ndarray, tmp_path: Path) -> None:
    learned = truths_in(tmp_path / "training", np.full((2, 8, 8), 2, np.uint8))
    report = measure(labels, answers(MAPS), CLASSES, "test", settle([], labels, CLASSES, learned))
    assert report["guess"]["label"] == "dog" and report["guess"]["pixel_accuracy"] == pytest.approx(np.mean(MAPS == 2))
    assert "Calling every pixel 'dog'" in floor(labels, CLASSES, "photos", learned)


def test_shuffled_answers_score_less_and_the_interval_holds_the_score(labels: np.ndarray) -> None:
    report = measure(labels, answers(MAPS[::-1]), CLASSES, "test")
    low, high = report["miou_interval"]
    assert low <= report["miou"] <= high < 0.75 and report["miou"] == score(labels, answers(MAPS[::-1]), CLASSES)


def test_a_class_that_no_photo_shows_has_no_iou_and_costs_those_that_are_there(labels: np.ndarray, tmp_path: Path) -> None:
    true = np.minimum(MAPS, 1)
    said = true.copy()
    said[:, 0] = 2
    report = measure(truths_in(tmp_path / "true", true), answers(said), CLASSES, "test")
    assert report["per_class"]["dog"] == {"n": 0, "pixels": 0, "iou": None, "precision": 0, "recall": 0}
    assert report["miou"] == pytest.approx(np.mean([report["per_class"][name]["iou"] for name in ("background", "cat")]))


def test_pixels_that_the_model_has_not_seen_count_as_wrong(labels: np.ndarray) -> None:
    said = MAPS.copy()
    said[:, :, :12] = 255
    report = measure(labels, answers(said), CLASSES, "test")
    assert report["pixel_accuracy"] == 0.5 and {row["precision"] for row in report["per_class"].values()} == {1}


def test_what_is_told_names_score_interval_and_floor(labels: np.ndarray) -> None:
    table, first, second = told(measure(labels, answers(MAPS), CLASSES, "test"))
    assert table.columns == ("class", "photos", "of the pixels", "IoU", "precision", "recall") and table.rows[0][3] == "1.00"
    assert first.startswith("Mean IoU 1.000 (95 % interval 1.000–1.000) on 12 test photos; calling every pixel 'background' would reach 0.")
    assert second.startswith("Pixels called right: 1.000 (95 % interval") and SCORE.key == "miou"
