"""What is printed fits the screen: no number is cut, and no word broken that has room in a line of its own."""

import io
import re

import pytest
from hypothesis import given, settings, strategies as st

from tltool.progress import Table, table
from tltool.typesetting import LONGEST_WORD, drawn, wrapped

WIDTHS = (80, 100, 120)
WORDS = st.text("abcdefghij-_/%·", min_size=1, max_size=LONGEST_WORD)
CELLS = st.lists(WORDS, max_size=8).map(" ".join) | st.integers(0, 10**12).map("{:,}".format) | st.floats(0, 1).map("{:.4f}".format)


def printed(shown: Table, width: int) -> list[str]:
    from rich.console import Console

    screen = io.StringIO()
    Console(file=screen, width=width, highlight=False).print(drawn(shown, width))
    return screen.getvalue().splitlines()


@settings(max_examples=150, deadline=None)
@given(
    columns=st.integers(1, 12),
    rows=st.lists(st.lists(CELLS, min_size=12, max_size=12), min_size=1, max_size=4),
    width=st.sampled_from(WIDTHS),
)
def test_every_word_and_number_of_a_table_is_on_the_screen_whole(columns: int, rows: list[list[str]], width: int) -> None:
    shown = table("A title", [f"column {i}" for i in range(columns)], [row[:columns] for row in rows])
    lines = printed(shown, width)
    there = set(" ".join(lines).split())
    assert max(map(len, lines)) <= width
    assert {word for row in shown.rows for cell in row for word in cell.split()} | {"A", "title", "column"} <= there


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_stays_with_its_unit(width: int) -> None:
    lines = printed(table("", ["what it is all about", "share", "memory"], [["word " * 40, "0.0054 %", "1.3 kB"]]), width)
    assert any("0.0054 %" in line and "1.3 kB" in line for line in lines)


def test_what_fits_is_not_wrapped_even_if_columns_must_come_closer() -> None:
    row = ["word " * 3 + "en"] * 4
    assert len(printed(table("", list("abcd"), [row]), 80)) == len(printed(table("", list("abcd"), [row]), 200)) == 5


def test_a_table_of_too_many_columns_becomes_a_block_for_each_row() -> None:
    lines = printed(table("Wide", [f"column {i}" for i in range(20)], [[f"{i * 10**9:,}" for i in range(20)]] * 2), 80)
    assert lines[:3] == ["Wide", "", "  column 0   0"] and lines.count("  column 19  19,000,000,000") == 2


def test_a_long_path_is_broken_at_its_seams() -> None:
    path = "/photos/of/the/whole/summer/beaches-and-mountains/2024-07-14_sunset_over_the_bay.jpeg"
    lines = [line.strip() for line in printed(table("", ["photo", "class"], [[path, "a class whose name is long too"]]), 80)]
    pieces = [re.split(r" {2,}", line)[0] for line in lines[3:] if line]
    assert "".join(pieces) == path and all(piece[-1] in "/_-." for piece in pieces[:-1])


@settings(max_examples=150, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=40), width=st.sampled_from(WIDTHS))
def test_a_line_is_broken_at_spaces_only(words: list[str], width: int) -> None:
    lines = wrapped(" ".join(words), width).split("\n")
    assert max(map(len, lines)) <= width and " ".join(lines).split() == " ".join(words).split()


def test_a_word_longer_than_the_line_stays_whole_for_the_terminal_to_fold() -> None:
    assert wrapped(f"Run: {'x' * 100} (run.json)", 80) == f"Run:\n{'x' * 100}\n(run.json)"


def test_wide_characters_count_as_two_cells() -> None:
    assert wrapped("帽子 " * 3, 9) == "帽子 帽子\n帽子"
