"""Titles: on no sheet do two meet, or leave it, or lie on a picture, however long the names of classes, files and layers are."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from located import located
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from networks import classifier, example

from tltool.evaluation.quality import rate_answers
from tltool.figures.canvas import fitted, put_words, sheet
from tltool.figures.feature_maps import draw_maps
from tltool.figures.ranking import draw_quality
from tltool.figures.saliency import draw_attention
from tltool.figures.visuals import draw_explanation, draw_sheets
from tltool.inspection.feature_maps import map_depths
from tltool.inspection.graph import look_inside
from tltool.inspection.saliency import weigh_evidence
from tltool.inspection.window import explain_window
from tltool.specs import Head

NAMES = {"15 letters": "{}longsleeveshirt", "15 wide letters": "{}WWWWWWWWWWWWWWW", "long": "{}" + "a name that nobody would write " * 3}
TOUCHING = 1.5  # pixels of a letter's frame, which is wider than its ink


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Figure]]:
    """Every figure that is written."""
    figures, write = list[Figure](), Figure.savefig

    def savefig(figure: Figure, *args: Any, **settings: Any) -> None:
        write(figure, *args, **settings)
        figures.append(figure)

    monkeypatch.setattr(Figure, "savefig", savefig)
    yield figures
    assert figures


def require_room(figures: list[Figure]) -> None:
    """No two texts of a figure meet, none leaves it, and none that is a title lies on a picture."""
    for figure in figures:
        renderer = FigureCanvasAgg(figure).get_renderer()
        (axes,) = figure.axes
        texts = [(text.get_text(), text.get_window_extent(renderer), text.get_ha()) for text in axes.texts if text.get_text().strip()]
        pictures = [picture.get_window_extent(renderer) for picture in axes.images]
        faults = [f"{first!r} meets {second!r}" for (first, one, _), (second, other, _) in combinations(texts, 2) if meet(one, other)]
        for words, box, across in texts:
            if not (box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1):
                faults.append(f"{words!r} leaves the sheet")
            if across != "center" and any(meet(box, picture) for picture in pictures):
                faults.append(f"{words!r} lies on a picture")
        assert faults == []


def meet(one: Any, other: Any) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return bool(across > TOUCHING and down > TOUCHING)


def classes_of(name: str) -> list[str]:
    return [f"{name.format(number)}{number}"[:60] for number in range(6)]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_sheets_of_a_network_have_room_for_every_name(name: str, drawn: list[Figure], tmp_path: Path) -> None:
    classes = classes_of(name)
    model = classifier("9@3/2:average", "70@3", size=48, classes=classes)
    photos = [example(model, number, label, classes) for number, label in enumerate((*classes[:2], None))]
    photos = [photo._replace(path=Path(f"{photo.label or 'a photo'}.jpeg")) for photo in photos]
    draw_sheets(Path("runs/x"), model, look_inside(model), photos, tmp_path)
    require_room(drawn)


@pytest.mark.parametrize("head", [Head(dense=(4,)), Head(pool="max")], ids=["grad-cam", "occlusion"])
def test_what_is_said_of_a_score_has_room_however_it_was_looked_into(head: Head, drawn: list[Figure], tmp_path: Path) -> None:
    classes = classes_of(NAMES["15 wide letters"])
    model = classifier("4@3:max", head=head, classes=classes)
    photos = [example(model, number, classes[number], classes) for number in range(2)]
    evidence = [[one._replace(score=one.score - 1000) for one in pair] for pair in weigh_evidence(model, photos)]
    draw_attention(photos, evidence, tmp_path / "a.png")
    require_room(drawn)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_sheet_of_several_labels_a_photo_has_room_for_every_name(name: str, drawn: list[Figure], tmp_path: Path) -> None:
    classes = classes_of(name)
    model = classifier("4@3:max", classes=classes)
    some = [example(model, number, "|".join(classes[:4]), classes) for number in range(3)]
    answers = ((classes[:2], classes[1:5]), (classes[:4], classes[:4]), (None, classes[:1]))
    photos = [photo._replace(true=true and tuple(true), named=tuple(said)) for photo, (true, said) in zip(some, answers)]
    draw_attention(photos, weigh_evidence(model, photos), tmp_path / "a.png")
    draw_maps(map_depths(look_inside(model), photos[0]), photos[0], tmp_path / "b.png")
    require_room(drawn)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("kernel", ["3@3", "1@9"])
def test_the_sheet_of_a_window_has_room_for_every_name(name: str, kernel: str, drawn: list[Figure], tmp_path: Path) -> None:
    model = classifier(kernel, "2@3")
    photo = example(model)._replace(path=Path(f"{name.format('')}.jpeg"))
    for layer, place in (("block1_conv", "0,0"), ("block2_conv", "5,5")):
        draw_explanation(Path("runs/x"), explain_window(look_inside(model), photo, place, layer), tmp_path / layer)
    require_room(drawn)


@pytest.mark.parametrize("task", ["detect", "segment", "landmarks"])
def test_the_sheets_of_located_answers_have_room_for_long_names(task: str, drawn: list[Figure], tmp_path: Path) -> None:
    run = located(tmp_path, task)
    draw_quality(run.path, rate_answers(run), tmp_path / "drawn")
    require_room([figure for figure in drawn if len(figure.axes) == 1 and figure.axes[0].images])


def test_words_are_cut_in_their_middle_to_the_room_there_is(tmp_path: Path) -> None:
    with sheet(tmp_path / "a.png", 2) as axes:
        for letters in ("i" * 60, "W" * 60, "short"):
            text = fitted(letters, 1.5)
            box = put_words(axes, text, 1, 1).get_window_extent(FigureCanvasAgg(axes.figure).get_renderer())
            assert box.width / axes.figure.dpi <= 1.5 and (text == letters or "…" in text)
    assert fitted("i" * 60, 1.5) != fitted("W" * 60, 1.5) and np.isclose(len(fitted("W" * 60, 1.5)), 12, atol=3)
