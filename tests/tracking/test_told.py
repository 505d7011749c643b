"""What a tracker is told: everything that was asked for, numbers with their intervals, and no photo."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tltool.runs import Record, Report
from tltool.trackers import Shape, Shapes
from tltool.tracking.told import files_of, metrics_of_epoch, metrics_of_report, params_of, shapes_of


def test_parameters_are_what_was_asked_for_as_it_was_resolved() -> None:
    resolved = {
        "training": {"epochs": 3, "minutes": None, "flip": True, "augment": "light"},
        "stack": {"filters": [4, 8], "conv": [], "dropout": 0.0},
    }
    record = Record(recipe="scratch", resolved=resolved, size=16, fit="crop", classes=["a", "b"], versions={"keras": "3.15"})
    assert params_of(record) == {
        "training.epochs": 3,
        "training.flip": True,
        "training.augment": "light",
        "stack.filters": "[4, 8]",
        "stack.dropout": 0.0,
        "recipe": "scratch",
        "task": "classify",
        "size": 16,
        "fit": "crop",
        "versions.keras": "3.15",
        "classes": 2,
    }


def test_the_numbers_of_an_epoch_bear_the_name_of_its_phase() -> None:
    assert metrics_of_epoch({"phase": "head", "epoch": 1, "val_accuracy": 0.5, "loss": float("nan")}) == {"head/val_accuracy": 0.5}


def test_the_numbers_of_a_report_bear_the_name_of_the_part_and_intervals_have_two_ends() -> None:
    report = Report(
        **{"format": 2, "split": "test", "n": 40, "miou": 0.5, "miou_interval": [0.25, 0.75], "guess": {"label": "sky", "miou": 0.125}},
        per_class={"sky": {"iou": 0.5}},
        confusion=[[1]],
    )
    assert metrics_of_report(report) == {
        "test/n": 40,
        "test/miou": 0.5,
        "test/miou_low": 0.25,
        "test/miou_high": 0.75,
        "test/guess/miou": 0.125,
    }


def test_no_photo_and_no_name_of_one_is_handed_over(tmp_path: Path) -> None:
    for name in ("run.json", "split.csv", "history.csv", "predictions.csv", "report.html", "report.json", "labels.txt", "model.keras"):
        (tmp_path / name).touch()
    assert sorted(files_of(tmp_path)) == ["history.csv", "model/labels.txt", "model/model.keras", "model/run.json", "report.json"]
    (tmp_path / "model.keras").unlink()
    assert "model/model.keras" not in files_of(tmp_path)


@pytest.mark.parametrize("sides", [(None, 16, 16, 3), (None, 100, 1)])
def test_the_shapes_of_a_model_leave_open_how_many_photos_come(sides: tuple[int | None, ...]) -> None:
    model = SimpleNamespace(
        inputs=[SimpleNamespace(dtype="float32", shape=sides)], outputs=[SimpleNamespace(dtype="float32", shape=(None, 2))]
    )
    assert shapes_of(model) == Shapes((Shape("float32", (-1, *filter(None, sides))),), (Shape("float32", (-1, 2)),))
