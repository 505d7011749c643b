"""Drawings of networks and of what initializers do: written whole, the same for the same, and with what they are to show."""

import re
from pathlib import Path

import pytest

from tltool.figures.fields import MOST_WINDOWS
from tltool.figures.spread_plot import DISTANCE, _apart, draw_spreads
from tltool.figures.stack_drawing import _boxes, draw_layers
from tltool.inspection.spreads import Spread, Spreads
from tltool.models.describe import describe_stack
from tltool.specs import ConvStack, Head


def stack(conv: tuple[str, ...] = ("8@3", "16@5/2"), shape: tuple[int, ...] = (32, 32, 3), classes: int | None = 4, **fields: object):
    return describe_stack(ConvStack(conv=conv, **fields), shape, Head(), classes)


@pytest.mark.parametrize(
    ("conv", "shape", "padding"),
    [
        (("8@3", "16@5/2"), (32, 32, 3), "same"),
        (("1@1:none",), (1, 1, 3), "valid"),
        (("4@3:none",) * 20, (24, 24, 3), "same"),
        (("4@3:none", "4@3:none:dilation(2)"), (50, 2), "causal"),
        (("700@3",), (300, 300, 3), "same"),
    ],
)
def test_stacks_of_every_form_are_drawn(conv, shape, padding, tmp_path: Path) -> None:
    found = draw_layers(stack(conv, shape, padding=padding), tmp_path / "a.svg")
    drawn = found.drawing.read_text()
    assert len(drawn) > 5_000 and f"{found.parameters:,}" in drawn and "nan" not in drawn.lower().replace("dominant", "")


def test_a_stack_without_blocks_is_drawn(tmp_path: Path) -> None:
    draw_layers(describe_stack(ConvStack(filters=()), (16, 16, 3), Head(pool="flatten"), 3), tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 5_000


def test_every_map_has_a_box_with_the_window_that_comes_next() -> None:
    boxes = _boxes(stack().layers)
    assert [box.shape for box in boxes] == [(32, 32, 3), (32, 32, 8), (16, 16, 8), (8, 8, 16), (16,), (4,)]
    assert [box.window for box in boxes[:4]] == [(3, 3), (2, 2), (5, 5), ()]


def test_a_deep_network_has_one_box_per_size_of_map() -> None:
    boxes = _boxes(stack(("4@3:none",) * 10 + ("4@3/2",) + ("4@3:none",) * 10).layers)
    assert len(boxes) <= MOST_WINDOWS and [box.shape for box in boxes][:3] == [(32, 32, 3), (32, 32, 4), (16, 16, 4)]


def test_the_same_stack_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (draw_layers(stack(), tmp_path / f"{name}.svg").drawing.read_bytes() for name in "ab")
    assert first == second


def test_spreads_are_drawn_with_zeros_and_what_is_too_large(tmp_path: Path) -> None:
    found = (
        Spread("he_normal", (0.5, 0.5, 0.4), (1e-5, 1e-5, 1e-5)),
        Spread("zeros", (0.0, 0.0, 0.0), (0.0, 0.0, 1e-5)),
        Spread("ones", (1e3, 1e20, float("inf")), (float("nan"), 1.0, 1e-5)),
    )
    told = draw_spreads(Spreads("3 blocks at 8 px", 4, 0.5, False, 0, found), tmp_path / "a.svg")
    assert {"he_normal", "zeros", "ones"} <= set(re.findall(r"<!-- (\w+) -->", told.drawing.read_text()))
    assert f"Drawn: {told.drawing}" in list(told.said())


def test_names_are_pushed_apart_in_their_order() -> None:
    places = _apart([0.5, 0.51, 0.1, 0.505])
    assert places[2] == 0.1 and places[0] < places[3] < places[1]
    assert min(places[3] - places[0], places[1] - places[3]) > 0.99 * DISTANCE
