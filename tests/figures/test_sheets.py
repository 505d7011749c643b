"""The sheets: every kind of network gets its own, whole or not at all, and no name on them can break one."""

from pathlib import Path

import numpy as np
import pytest
from networks import classifier, example
from PIL import Image

from tltool.errors import RunError, TltoolError
from tltool.figures.canvas import put_picture, put_words, sheet
from tltool.figures.kernels import draw_kernels
from tltool.figures.sheets import ATTENTION, DRAWN, KERNELS, MAPS, POOLING, WINDOW, reserve_sheets
from tltool.figures.style import is_drawing
from tltool.figures.visuals import draw_explanation, draw_sheets
from tltool.inspection.graph import look_inside
from tltool.inspection.kernels import look_at_kernels
from tltool.inspection.window import explain_window
from tltool.specs import Head


def draw(model, folder: Path, *examples, **wishes):
    return draw_sheets(Path("runs/x"), model, look_inside(model), examples or [example(model)], folder, **wishes)


@pytest.mark.parametrize(
    "conv, wishes",
    [(("70@3:min", "6@3"), {}), (("4@1",), {"channels": 1}), (("3@3/2:linear",), {"first_layer": "gabor", "head": Head(dense=(4,))})],
)
def test_every_stack_gets_its_four_sheets(conv, wishes, tmp_path: Path) -> None:
    drawn = draw(classifier(*conv, **wishes), tmp_path / "deep" / "visuals")
    assert [file.name for file in drawn.sheets] == list(DRAWN) and all(is_drawing(file) for file in drawn.sheets)
    for file in drawn.sheets:
        with Image.open(file) as picture:
            assert picture.width == 1500 and picture.height > 300
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 20
    assert {path.name for path in (tmp_path / "deep" / "visuals").iterdir()} == set(DRAWN)


def test_a_network_without_convolutions_gets_the_sheet_that_needs_none(tmp_path: Path) -> None:
    model = classifier(filters=(), size=16, head=Head(pool="flatten", dense=(4,)))
    drawn = draw(model, tmp_path)
    assert [file.name for file in drawn.sheets] == [ATTENTION] and "no convolution that can be reached" in drawn.notes[0]
    assert "kernels" not in "".join(map(str, list(drawn.said())[:1]))


def test_the_same_sheet_has_the_same_bytes(tmp_path: Path) -> None:
    model = classifier("4@3:max")
    kernels = look_at_kernels(look_inside(model), look_inside(model).first, [example(model)])
    for name in "ab":
        draw_kernels(kernels, tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_no_class_or_file_name_breaks_a_sheet(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    names = ["$x_{", "a\nb", "衣類", "x" * 300, "<b>&amp;", "\udcff", "$\\frac{1}{", "🧦"]
    model = classifier("4@3:max", size=16, classes=names)
    photos = [example(model, number, name, names)._replace(path=Path(f"{name[:50]}.png")) for number, name in enumerate(names)]
    assert len(draw(model, tmp_path, *photos).sheets) == 4
    assert [str(warning.message) for warning in recwarn if "Glyph" in str(warning.message)] == []


@pytest.mark.parametrize("kernel", ["3@3", "1@9", "20@2/2"])
def test_a_window_is_drawn_with_its_numbers(kernel: str, tmp_path: Path) -> None:
    model = classifier(kernel, "2@3")
    for layer, place in (("block1_conv", "0,0"), ("block2_conv", "5,5")):
        window = explain_window(look_inside(model), example(model), place, layer)
        drawn = draw_explanation(Path("runs/x"), window, tmp_path / layer)
        assert [file.name for file in drawn.sheets] == [WINDOW]
        (record,) = drawn.records()
        assert np.sum(record["window"]["products"]) == pytest.approx(record["window"]["sum"]) and record["window"]["layer"] == layer


def test_a_sheet_is_whole_or_absent(tmp_path: Path) -> None:
    with pytest.raises(TltoolError, match="No space left"), sheet(tmp_path / "a.png", 3):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_the_ends_of_a_scale_keep_their_colours(tmp_path: Path) -> None:
    rare = np.zeros((1, 2, 3))
    rare[0, 0], rare[0, 1] = (0, 0, 1), (1, 0, 0)
    with sheet(tmp_path / "a.png", 5) as axes:
        put_picture(axes, np.random.default_rng(0).random((300, 300, 3)) * [0.3, 1, 0.3], 0, 0, 5, 5)
        put_picture(axes, rare, 6, 2, 0.2, 0.1)
        put_words(axes, "words", 6, 3)
    with Image.open(tmp_path / "a.png") as picture:
        blue, red = (picture.convert("RGB").getpixel((at, 308)) for at in (907, 922))
        assert picture.convert("RGB").getpixel((1400, 700)) == (255, 255, 255)
    assert blue[2] > 200 and max(blue[:2]) < 60 and red[0] > 200 and max(red[1:]) < 60


def test_sheets_replace_nothing_but_sheets(tmp_path: Path) -> None:
    model = classifier("4@3:max", size=16)
    draw(model, tmp_path)
    with pytest.raises(RunError, match="Use --force"):
        reserve_sheets(tmp_path, DRAWN)
    assert reserve_sheets(tmp_path, DRAWN, force=True) == tmp_path and reserve_sheets(tmp_path, [WINDOW]) == tmp_path
    Image.new("RGB", (9, 9)).save(tmp_path / MAPS)
    for force in (False, True):
        with pytest.raises(RunError, match=r"feature-maps\.png, which is another's"):
            reserve_sheets(tmp_path, DRAWN, force)


@pytest.mark.parametrize("there", ["folder", "link", "text"])
def test_what_only_has_the_name_of_a_sheet_is_left_alone(there: str, tmp_path: Path) -> None:
    match there:
        case "folder":
            (tmp_path / KERNELS).mkdir()
        case "link":
            (tmp_path / KERNELS).symlink_to(tmp_path / "gone.png")
        case "text":
            (tmp_path / POOLING).write_text("mine")
    with pytest.raises(RunError, match="another's"):
        reserve_sheets(tmp_path, DRAWN, force=True)


def test_a_place_that_cannot_be_written_is_refused_beforehand(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="--out must be a folder"):
        reserve_sheets(tmp_path / "file" / "visuals", DRAWN)
