"""The look that all figures share."""

import matplotlib as mpl
import pytest

from tltool.errors import TltoolError
from tltool.figures.style import FORMATS, check_file, drawing


def draw(file):
    with drawing(file, 2, 1) as figure:
        figure.subplots().plot([0, 1], [0, 1])
    return file


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_figure_gives_the_same_bytes(tmp_path, ending):
    first, second = (draw(tmp_path / f"{name}{ending}").read_bytes() for name in "ab")
    assert first == second


def test_a_drawing_leaves_matplotlib_as_it_was(tmp_path):
    before = dict(mpl.rcParams)
    draw(tmp_path / "a.png")
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("ending", FORMATS)
def test_a_figure_that_is_there_is_kept_unless_forced(tmp_path, ending):
    file = draw(tmp_path / f"a{ending}")
    with pytest.raises(TltoolError, match="--force"):
        check_file(file)
    check_file(file, force=True)


@pytest.mark.parametrize("ending", FORMATS)
def test_what_others_made_is_kept_even_when_forced(tmp_path, ending):
    file = tmp_path / f"photo{ending}"
    file.write_bytes(b"a photo")
    with pytest.raises(TltoolError, match="another's"):
        check_file(file, force=True)


@pytest.mark.parametrize("name", ["a.jpg", "a", "missing/a.png"])
def test_a_figure_that_cannot_be_written_is_refused_beforehand(tmp_path, name):
    with pytest.raises(TltoolError, match="A figure must"):
        check_file(tmp_path / name)


def test_a_figure_is_whole_or_absent(tmp_path):
    with pytest.raises(TltoolError, match="No space left"), drawing(tmp_path / "a.png", 2, 1):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []
