"""The confusion matrix as a figure: its numbers and names are there, whatever they are called and however many."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas
import pytest
from answered import answering, with_errors

from tltool.data.predictions import write_predictions
from tltool.figures.confusion import draw_confusion
from tltool.runs import Run


def texts(figure: "mpl.figure.Figure") -> list[str]:
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text() and text.get_visible()]


def of_classes(folder: Path, classes: list[str]) -> Run:
    run = Run.create(folder, "finetune", {}, classes=classes, size=96, fit="crop", task="classify", state="finished")
    (run.path / "model.keras").touch()
    said = [*classes[1:], classes[0]]
    columns = {f"p_{name}": np.eye(len(classes))[place] for place, name in enumerate(classes)}
    write_predictions(pandas.DataFrame({"path": classes, "label": classes, "predicted": said, **columns}), run.path / "predictions.csv")
    return run


def test_counts_are_written_where_there_are_some_and_classes_named_on_both_sides(tmp_path: Path) -> None:
    found = texts(draw_confusion(answering(tmp_path / "run", with_errors(*range(12)))))
    assert [found.count(text) for text in ("16", "4", "0", "hat", "shoes", "tie")] == [3, 3, 0, 2, 2, 2]
    assert "Rows are what they are, columns what they were called: 48 of 60 answers on the diagonal" in found


def test_right_and_wrong_are_of_two_colours_the_deeper_the_larger_the_share(tmp_path: Path) -> None:
    (axes,) = draw_confusion(answering(tmp_path / "run", with_errors(*range(12)))).axes
    pixels = axes.images[0].get_array()
    (red, _, blue), (wrong_red, _, wrong_blue), none = pixels[0, 0], pixels[0, 1], pixels[0, 2]
    assert blue > red and wrong_red > wrong_blue and none.tolist() == [1, 1, 1] and red < wrong_blue


@pytest.mark.parametrize("name", ["$x^", "a" * 300, "<b>\x1b\u202e", "_"])
def test_names_are_drawn_as_they_are_and_cut_where_they_are_long(tmp_path: Path, name: str) -> None:
    run = of_classes(tmp_path / "run", [name, "cat"])
    found = texts(draw_confusion(run))
    assert max(map(len, found[2:])) < 120 and not any(sign in text for text in found for sign in "\x1b\u202e")
    assert sum(text.startswith((name[0], "cat")) for text in found) >= 4


@pytest.mark.parametrize(("classes", "numbers", "names"), [(1, 1, 2), (30, 30, 60), (31, 0, 62), (101, 0, 0)])
def test_many_classes_have_names_without_numbers_and_more_have_neither(tmp_path: Path, classes: int, numbers: int, names: int) -> None:
    figure = draw_confusion(of_classes(tmp_path / "run", [f"class {i:03}" for i in range(classes)]))
    found = texts(figure)
    assert (found.count("1"), sum(text.startswith("class") for text in found)) == (numbers, names)
    assert max(figure.get_size_inches()) < 14


def test_a_figure_leaves_matplotlib_as_it_was(tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    draw_confusion(answering(tmp_path / "run", with_errors(1))).savefig(tmp_path / "a.png")
    assert dict(mpl.rcParams) == before
