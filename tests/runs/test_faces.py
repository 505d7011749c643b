"""A run shows itself: in a line, in a notebook, its epochs as numbers; and never fails to."""

import html.parser
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from answered import CLASSES, LABELS, answering, with_errors

from tltool.errors import RunError, SpecError
from tltool.runs import Run

EVIL = "<img src=x onerror=alert(1)>\x1b]0;x\x07\u202e&"


class Cells(html.parser.HTMLParser):
    """The text of a table and its tags, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[str]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return answering(tmp_path / "run", with_errors(*range(12)))


def shown(run: Run) -> list[str]:
    return Cells(run._repr_html_()).texts


def test_a_run_says_its_score_in_words(run: Run) -> None:
    assert repr(run) == f"Run({str(run.path)!r}): classify, finetune, accuracy 0.800 (95 % interval 0.682–0.882) on 60 test photos"
    assert shown(run)[0] == str(run.path) and "accuracy 0.800 (95 % interval 0.682–0.882) on 60 test photos" in shown(run)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"recipe": "scratch", "task": "detect"}', "detect, scratch, unfinished"),
        ('{"recipe": "scratch", "state": "finished"}', "classify, scratch, damaged"),
        ("[", "unreadable"),
        (None, "unreadable"),
    ],
)
def test_what_has_no_score_says_what_it_is_and_raises_nothing(tmp_path: Path, content: str | None, told: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    run = Run(tmp_path)
    assert repr(run) == f"Run({str(tmp_path)!r}): {told}" and told.rpartition(", ")[2] in shown(run)


def test_names_from_outside_are_only_text(run: Run) -> None:
    run.note(resolved={"backbone": {"name": EVIL}})
    elsewhere = Run(run.path.rename(run.path.with_name("<b>" + EVIL[4:15])))
    for text in (repr(elsewhere), elsewhere._repr_html_()):
        assert "\x1b" not in text and "\u202e" not in text
    found = Cells(elsewhere._repr_html_())
    assert {tag for tag, _ in found.tags} == {"table", "caption", "tbody", "tr", "th", "td"}
    assert {name for _, names in found.tags for name in names} == {"style", "scope"}
    assert r"finetune <img src=x onerror=alert(1)>\x1b]0;x\x07\u202e&" in found.texts and str(elsewhere.path) in found.texts


def test_epochs_are_numbers_and_what_was_not_measured_is_none(run: Run) -> None:
    (run.path / "history.csv").write_text("phase,epoch,loss,accuracy,val_accuracy\nhead,1,,,0.5\n7,2,nan,0.25,x,beyond\n")
    found = run.history()
    assert list(found) == ["phase", "epoch", "loss", "accuracy", "val_accuracy"] and found["phase"].tolist() == ["head", "7"]
    assert found["epoch"].tolist() == [1, 2] and found["val_accuracy"].tolist()[0] == 0.5
    assert found[["loss", "val_accuracy"]].isna().to_numpy().tolist() == [[True, False], [True, True]]
    (run.path / "history.csv").write_text("phase,epoch,loss\n")
    assert len(run.history()) == 0
    (run.path / "history.csv").unlink()
    with pytest.raises(RunError, match=r"must have its history\.csv"):
        run.history()


def test_what_was_called_what_is_a_table_of_the_classes(run: Run) -> None:
    found = run.confusion()
    assert found.to_numpy().tolist() == run.report()["confusion"] == [[16, 4, 0], [0, 16, 4], [4, 0, 16]]
    assert (found.index.tolist(), found.columns.tolist()) == (CLASSES, CLASSES)
    assert (found.index.name, found.columns.name, found.loc["hat", "shoes"]) == ("is", "called", 4)


def test_errors_are_the_wrong_answers_and_the_surest_come_first(tmp_path: Path) -> None:
    probabilities = with_errors(0, 1, 2)
    probabilities[1] = np.eye(3)[(LABELS[1] + 1) % 3]
    run = answering(tmp_path / "run", probabilities)
    found = run.errors()
    assert found["path"].tolist() == ["/photos/1.jpg", "/photos/0.jpg", "/photos/2.jpg"]
    assert list(found) == ["path", "label", "predicted", "goodness", "lead"] and found["predicted"].tolist()[0] == "tie"
    assert found["lead"].tolist() == pytest.approx([1, 0.8, 0.8]) and found.index.tolist() == [0, 1, 2]


def test_a_run_without_an_error_lists_none(tmp_path: Path) -> None:
    assert len(answering(tmp_path / "run", with_errors()).errors()) == 0


def test_where_a_photo_may_have_several_classes_none_is_taken_for_another(tmp_path: Path) -> None:
    run = answering(tmp_path / "run", with_errors(3), "multilabel")
    assert run.errors()["path"].tolist() == ["/photos/3.jpg"] and run.errors()["goodness"].tolist()[0] < 1
    for ask in (run.confusion, run.figure):
        with pytest.raises(RunError, match=r"where every photo has one class\. Received: .*run, of --task multilabel\. errors\(\) lists"):
            ask()


def test_a_figure_is_one_of_matplotlib_without_a_window(run: Run) -> None:
    code = (
        f"import sys, tltool; figure = tltool.Run({str(run.path)!r}).figure('confusion')\n"
        "print(isinstance(figure, sys.modules['matplotlib.figure'].Figure), figure._repr_png_()[:4] == b'\\x89PNG')\n"
        "print(*({'matplotlib.pyplot', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("True True\n\n", "")


@pytest.mark.parametrize("name", ["confusions", "", None])
def test_a_figure_that_there_is_not_is_one_sentence(run: Run, name: Any) -> None:
    with pytest.raises(SpecError, match=r"The figure must be .*confusion"):
        run.figure(name)


def test_what_was_not_measured_has_no_errors(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="must be finished"):
        Run.create(tmp_path / "run", "finetune", {}).errors()
