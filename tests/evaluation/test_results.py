"""What measuring and predicting return, for people and for machines."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas
import pytest

from tltool.data.predictions import predictions_table, read_predictions
from tltool.data.samples import COLUMNS, Samples
from tltool.errors import RunError
from tltool.evaluation.results import Answer, Answers, Demo, Evaluation
from tltool.progress import Table
from tltool.runs import Report, Run
from tltool.tasks.classify.measures import measure
from tltool.wording import shown

STRANGE = 'a, "b"\nc\rd.png'
SAMPLES = Samples(
    pandas.DataFrame([("1.png", "", "x", "", "test"), (STRANGE, "", "y", "", "test")], columns=list(COLUMNS), dtype=object), ["x", "y"]
)


def measured() -> Evaluation:
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4]], "float32")
    return Evaluation(Report(**measure(np.array([0, 1]), probabilities, ["x", "y"], "test")), predictions_table(SAMPLES, probabilities, {}))


def answers() -> Answers:
    return Answers(
        [
            Answer(STRANGE, [("cat, big", 0.75), ('dog "s"', 0.25)]),
            Answer("bad\r.png", [], "A photo, it is not"),
            Answer("z.png", [("line\nbreak", 1 / 3)]),
        ]
    )


def test_answers_as_csv_can_be_read_again_whatever_the_names() -> None:
    assert list(csv.DictReader(io.StringIO(answers().csv(), newline=""))) == [
        {"path": STRANGE, "rank": "1", "label": "cat, big", "probability": "0.750000", "error": ""},
        {"path": STRANGE, "rank": "2", "label": 'dog "s"', "probability": "0.250000", "error": ""},
        {"path": "bad\r.png", "rank": "", "label": "", "probability": "", "error": "A photo, it is not"},
        {"path": "z.png", "rank": "1", "label": "line\nbreak", "probability": "0.333333", "error": ""},
    ]


def test_answers_as_json_are_one_object_per_photo() -> None:
    lines = [json.dumps(record) for record in answers().records()]
    assert not any("\n" in line for line in lines)
    assert [json.loads(line) for line in lines] == [
        {
            "path": STRANGE,
            "label": "cat, big",
            "probability": 0.75,
            "top": [{"label": "cat, big", "probability": 0.75}, {"label": 'dog "s"', "probability": 0.25}],
        },
        {"path": "bad\r.png", "error": "A photo, it is not"},
        {"path": "z.png", "label": "line\nbreak", "probability": 0.333333, "top": [{"label": "line\nbreak", "probability": 0.333333}]},
    ]


def test_answers_for_people_name_a_photo_once_and_leave_out_what_was_not_read() -> None:
    (table,) = answers().said()
    assert table.rows == ((shown(STRANGE), "cat, big", "0.750"), ("", 'dog "s"', "0.250"), ("z.png", "line\\nbreak", "0.333"))
    assert list(Answers([Answer("bad.png", [], "no")]).said()) == []


@pytest.mark.parametrize(("error", "code"), [(None, 0), ("is empty", 1)])
def test_the_exit_code_says_whether_every_photo_was_read(error: str | None, code: int) -> None:
    assert Answers([Answer("a", [("x", 1.0)]), Answer("b", [] if error else [("x", 1.0)], error)]).exit_code == code


def test_a_report_is_written_into_a_new_or_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "deep", tmp_path / "empty"):
        measured().write(folder)
        assert json.loads((folder / "report.json").read_text()) == measured().report.content
        assert read_predictions(folder / "predictions.csv")["path"].tolist() == ["1.png", STRANGE]


def test_a_report_never_goes_over_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    for place in (tmp_path / "full" / "kept.txt", tmp_path / "file"):
        place.write_text("mine")
    for folder in (tmp_path / "full", tmp_path / "file"):
        with pytest.raises(RunError, match="--out must be a new or empty folder"):
            measured().write(folder)
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["kept.txt"] and (tmp_path / "file").read_text() == "mine"


def test_a_report_is_told_as_a_table_and_a_sentence() -> None:
    table, line = measured().said()
    assert isinstance(table, Table) and table.rows == (("x", "1", "0.50", "1.00", "0.67"), ("y", "1", "0.00", "0.00", "0.00"))
    assert line.startswith("Accuracy 0.500 (95 % interval 0.095–0.905) on 2 test photos")
    assert list(measured().records()) == [measured().report.content]


def test_a_demonstration_is_one_table_of_runs_one_of_photos_and_the_next_command(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "scratch", "scratch", {}, size=8, fit="crop", classes=["x", "y"])
    (run.path / "model.keras").write_bytes(b"x" * 20_000)
    run.finish(measured().report, training_photos=7, seconds=1.25)
    demo = Demo(tmp_path, {"from scratch": run}, run.path / "model.keras", Answers([Answer(str(tmp_path / "5.png"), [("five", 0.987)])]))
    runs, photos, where, then = demo.said()
    assert runs.rows == (("from scratch", "7", "2", "0.500", "0.095–0.905", "1.2", "0.02"),)
    assert photos.rows == (("5.png", "five", "0.99"),)
    assert str(tmp_path) in where and "20 kB" in where and then.endswith("tltool finetune --data PHOTOS")
    assert [record["model"] for record in demo.records()] == ["from scratch"]
