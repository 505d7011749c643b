"""A report derives from predictions.csv; other folders are matched by the names of their classes."""

from pathlib import Path

import numpy as np
import pandas
import pytest

from tltool.data.predictions import read_predictions
from tltool.data.samples import Samples
from tltool.errors import DataError, GateError
from tltool.evaluation.predictors import Predictor
from tltool.evaluation.report import check_gate, match_classes, measure_samples, report_on
from tltool.evaluation.results import Evaluation
from tltool.runs import Report
from tltool.tasks.classify.measures import measure

CLASSES = ["ant", "bee", "cat"]
N = 75  # no multiple of the batch


def samples(splits: list[str] | None = None) -> Samples:
    labels = [CLASSES[i % 3] for i in range(N)]
    splits = splits or ["train", "test", "test", "test", "validation"] * (N // 5)
    return Samples(
        pandas.DataFrame(
            {"path": [f'/photos/{i}, "x".png' for i in range(N)], "sha256": "", "label": labels, "group": "", "split": splits}
        ),
        CLASSES,
    )


def pixels() -> np.ndarray:
    return np.arange(N, dtype="uint8").reshape(N, 1, 1, 1) * np.ones((1, 2, 2, 3), "uint8")


def guesser() -> Predictor:
    """Some answer for each photo, which only the photo decides."""
    table = np.random.default_rng(1).dirichlet(np.ones(3), N).astype("float32")
    return Predictor(CLASSES, 2, "crop", lambda photos: table[photos[:, 0, 0, 0]])


@pytest.mark.parametrize(("split", "n"), [("test", 45), ("train", 15), ("all", 75)])
def test_every_number_can_be_worked_out_again_from_the_predictions(split: str, n: int, tmp_path: Path) -> None:
    measured = measure_samples(guesser(), pixels(), samples(), split)
    measured.write(tmp_path / "out")
    table = read_predictions(tmp_path / "out" / "predictions.csv")
    right = (table["label"] == table["predicted"]).mean()
    confusion = np.array(measured.report.confusion)
    assert len(table) == measured.report.n == n == confusion.sum() and measured.report.split == split
    assert measured.report.accuracy == pytest.approx(right) == pytest.approx(confusion.trace() / n)
    assert report_on(table, CLASSES, split).report == measured.report
    assert pandas.crosstab(table["label"], table["predicted"]).to_numpy().tolist() == confusion.tolist()


def test_each_row_is_the_photo_of_its_path() -> None:
    report = measure_samples(guesser(), pixels(), samples(), "test")
    rows = samples().rows("test")
    assert report.predictions["path"].tolist() == [samples().paths[row] for row in rows]
    np.testing.assert_array_equal(report.predictions[["p_ant", "p_bee", "p_cat"]].to_numpy("float32"), guesser().scores(pixels()[rows]))


@pytest.mark.parametrize(
    ("splits", "words"), [(["train"] * N, "has photos: all, train. Received: test"), ([""] * N, "has photos: all. Received: test")]
)
def test_a_part_without_photos_names_those_that_have_some(splits: list[str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        measure_samples(guesser(), pixels(), samples(splits), "test")


def test_classes_of_another_folder_are_matched_by_name_not_by_place() -> None:
    table = samples().table
    other = Samples(table[table["label"] != "ant"].reset_index(drop=True), ["bee", "cat"])
    assert other.labels[:2].tolist() == [0, 1]
    matched = match_classes(other, CLASSES)
    assert matched.classes == CLASSES and matched.labels[:2].tolist() == [1, 2]
    measured = measure_samples(guesser(), pixels(), matched, "all")
    assert measured.report.per_class["ant"]["n"] == 0 and measured.report.n == 50


def test_class_folders_that_the_model_does_not_know_are_all_named() -> None:
    strange = Samples(samples().table, ["ant", "wasp", "bee", "cat", "dog"])
    with pytest.raises(DataError, match=r"ant, bee, cat. Received: dog, wasp. Rename or move them"):
        match_classes(strange, CLASSES)


@pytest.mark.parametrize(("limit", "missed"), [(None, False), (0.5, False), (0.8, False), (0.81, True)])
def test_a_gate_that_is_missed_hands_over_what_was_made(limit: float | None, missed: bool) -> None:
    measured = Evaluation(Report(**measure(np.arange(5) // 4, np.tile([0.9, 0.1], (5, 1)), ["a", "b"], "test")), pandas.DataFrame())
    if not missed:
        return check_gate(measured, limit)
    with pytest.raises(GateError, match=r"must reach --min-score 0.81. Received: 0.800") as caught:
        check_gate(measured, limit)
    assert caught.value.result is measured and caught.value.exit_code == 3
