"""The figures of a comparison: drawn whole, the same bytes for the same numbers, also where numbers are extreme."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tltool.errors import DataError
from tltool.evaluation.comparison import Compared, Contender, Moved, Saving, abridged
from tltool.evaluation.translation import MOVES
from tltool.figures import draw_comparison, draw_reasons, draw_translation

DRAWERS = {"comparison.png": draw_comparison, "translation.png": draw_translation, "three-reasons.png": draw_reasons}


def entrant(name: str, accuracy: float, learned: int, frozen: int = 0, seconds: float = 3.0) -> Contender:
    moved = [Moved(right, down, wrap, 20, accuracy, [0.0, 1.0], 0.5) for wrap in (False, True) for right, down in MOVES]
    interval = [max(0.0, accuracy - 0.1), min(1.0, accuracy + 0.1)]
    return Contender(name, name, accuracy, interval, learned, frozen, 10**6, seconds, 1, 10, moved)


@pytest.fixture
def comparison(tmp_path: Path) -> Compared:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype="uint8")).save(tmp_path / "photo.png")
    contenders = [entrant("dense network", 0.0, 10), entrant("Conv2D stack", 0.5, 100), entrant("transfer", 1.0, 10**6, 10**9)]
    savings = [Saving("block1_conv", 864, 27, 27_648, 10**6)]
    return Compared(tmp_path, "parameters", 32, "crop", 100, "test", 20, 0.1, contenders, [], savings, str(tmp_path / "photo.png"))


@pytest.mark.parametrize("name", DRAWERS)
def test_a_figure_is_the_same_for_the_same_numbers_and_another_for_others(comparison: Compared, tmp_path: Path, name: str) -> None:
    for folder in ("a", "b", "c"):
        (tmp_path / folder).mkdir()
        changed = replace(comparison, baseline=0.4) if folder == "c" else comparison
        DRAWERS[name](changed, tmp_path / folder / name)
    first, second, third = ((tmp_path / folder / name).read_bytes() for folder in "abc")
    assert first == second != third


@pytest.mark.parametrize("name", DRAWERS)
def test_a_figure_is_drawn_whatever_the_numbers(comparison: Compared, tmp_path: Path, name: str) -> None:
    nothing = replace(comparison, savings=[], contenders=[entrant("one", 0.5, 0, 0, seconds=0.0)])
    DRAWERS[name](nothing, tmp_path / name)
    assert Image.open(tmp_path / name).size[0] > 1000


def test_a_photo_that_is_gone_leaves_no_figure(comparison: Compared, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        draw_translation(replace(comparison, example=str(tmp_path / "gone.png")), tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1 k"),
        (27_648, "27.6 k"),
        (31_900_000, "31.9 M"),
        (999_400, "999 k"),
        (999_600, "1 M"),
        (8_153_726_976, "8.15 G"),
        (10**13, "10 T"),
    ],
)
def test_numbers_are_shortened_to_three_digits(number: int, text: str) -> None:
    assert abridged(number) == text
