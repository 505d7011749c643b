"""Every task's answers are rated photo by photo, the worst first."""

from pathlib import Path

import pandas
import pytest
from answered import answering, with_errors
from check_located import CLASSES, TRUTHS, samples_of

from tltool import RunError
from tltool.data.predictions import write_predictions
from tltool.evaluation.rating import list_errors, rate_photos
from tltool.evaluation.report import report_on
from tltool.runs import Run
from tltool.task import task_named


@pytest.mark.parametrize("task", TRUTHS)
def test_where_answers_lie_the_worst_come_first_and_perfect_ones_not_at_all(task: str, tmp_path: Path) -> None:
    samples, asked = samples_of(task), task_named(task)
    cells = samples.table["label"].tolist()
    said = [cells[i - 2] if i % 4 > 1 else cell for i, cell in enumerate(cells)]
    predictions = pandas.DataFrame({"path": samples.paths, "label": cells, "predicted": said})
    settled = asked.answers.settle([*samples.labels], samples.labels, CLASSES, samples.labels)
    run = Run.create(tmp_path / "run", "finetune", {}, classes=CLASSES, size=96, fit="pad", task=task, settled=settled)
    (run.path / "model.keras").touch()
    write_predictions(predictions, run.path / "predictions.csv")
    run.finish(report_on(predictions, CLASSES, "test", task, settled).report)
    found = list_errors(run)
    assert list(found) == ["path", "label", "predicted", "goodness"] and found["goodness"].is_monotonic_increasing
    assert set(found["path"]) == {path for i, path in enumerate(samples.paths) if i % 4 > 1} and len(found) == 12
    assert found["label"].tolist() == [cells[samples.paths.index(path)] for path in found["path"]]


def test_every_photo_is_rated_in_the_order_of_the_file(tmp_path: Path) -> None:
    run = answering(tmp_path / "run", with_errors(2, 5))
    found = rate_photos(run)
    assert found["path"].tolist() == run.predictions()["path"].tolist()
    assert found.index[found["goodness"] == 0].tolist() == [2, 5] and found["lead"].min() == pytest.approx(0.8)


@pytest.mark.parametrize("column", ["label", "predicted", "p_tie"])
def test_a_file_of_other_classes_is_said_to_be_one(tmp_path: Path, column: str) -> None:
    run = answering(tmp_path / "run", with_errors(1))
    file = run.path / "predictions.csv"
    text = file.read_text()
    file.write_text(text.replace("p_tie", "p_other") if column == "p_tie" else text.replace('"hat"', '"cap"'))
    with pytest.raises(RunError, match=r"must be of the classes of its run\. Received: .*predictions\.csv \("):
        run.errors() if column != "predicted" else run.confusion()
