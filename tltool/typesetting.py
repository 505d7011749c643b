"""Tables and lines as a screen of some width shows them: no number cut, no word broken that has room in a line of its own."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tltool.progress import Table

GAPS = (3, 2, 1)  # cells between two columns, from the most pleasant to the last resort; at both edges together there is one more
WORD = re.compile(r"\s*(?:[\d.,]+ (?:%|[kMG]?B\b)\S*|\S+)")  # a number stays with its unit
LONGEST_WORD = 28  # cells; a longer one, such as a path, may be broken where a table has no room for it
SEAMS = re.compile(r"(?<=[/\\])|(?<=[_.,;:-])(?=\w)")  # where a word is broken that must be


def wrapped(text: str, width: int) -> str:
    """``text`` in lines of at most ``width`` cells, broken at spaces only: a longer word stays whole, so that it can be copied, and the
    terminal folds it."""
    return "\n".join(line for given in text.split("\n") for line in _lines(given, width))


def drawn(table: Table, width: int) -> Any:
    """``table`` as something that rich prints within ``width`` cells; texts are never markup.

    Columns are as wide as what they hold where there is room. Otherwise the widest are wrapped at spaces, and where even the longest words
    have none, every row becomes a block of lines, one for each column.
    """
    cells = [[column, *(row[i] for row in table.rows)] for i, column in enumerate(table.columns)]
    wanted, least = [max(map(_longest_line, column)) for column in cells], [_least(column) for column in cells]
    rooms = {gap: width - gap * len(table.columns) - 1 for gap in GAPS}
    whole = next((gap for gap in GAPS[:2] if sum(wanted) <= rooms[gap]), None)
    gap = whole or next((gap for gap in GAPS[1:] if sum(least) <= rooms[gap]), None)
    return _blocks(table, width) if gap is None else _grid(table, _fitted(wanted, least, rooms[gap]), gap)


def _lines(text: str, width: int) -> list[str]:
    from rich.cells import cell_len

    lines = [""]
    for word in WORD.findall(text):
        if lines[-1] and cell_len(lines[-1] + word) > width:
            lines.append(word.lstrip())
        else:
            lines[-1] += word
    return lines


def _grid(table: Table, widths: Sequence[int], gap: int) -> Any:
    import rich.box
    import rich.table
    from rich.text import Text

    padding = (0, min(1, gap - 1), 0, gap // 3)  # right and left of a cell; between two columns rich draws one more
    grid = rich.table.Table(title=Text(table.title), title_justify="left", box=rich.box.SIMPLE_HEAD, padding=padding)
    for i, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
        numeric = _is_numeric(row[i] for row in table.rows)
        grid.add_column(Text(_folded(column, width)), overflow="fold", justify="right" if numeric else "left", width=width)
    for row in table.rows:
        grid.add_row(*(Text(_folded(cell, width)) for cell, width in zip(row, widths, strict=True)))
    return grid


def _blocks(table: Table, width: int) -> Any:
    """Each row as lines of a column's name and its cell, with an empty line after it."""
    from rich.text import Text

    label = max(map(_longest_line, table.columns))
    lines = [table.title, ""] if table.title else []
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            first, *others = _folded(cell, max(1, width - label - 4)).split("\n")
            lines += [f"  {column.ljust(label)}  {first}".rstrip(), *(f"  {'':{label}}  {line}" for line in others)]
        lines.append("")
    return Text("\n".join(lines))


def _fitted(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """``wanted`` widths, the widest taken from until they fit ``room``; none goes below ``least``."""
    widths = list(wanted)
    for _ in range(sum(widths) - room):
        widest = max((i for i in range(len(widths)) if widths[i] > least[i]), key=lambda i: widths[i])
        widths[widest] -= 1
    return widths


def _least(column: Sequence[str]) -> int:
    """Cells that a column needs: of its longest word, and of its longest number."""
    from rich.cells import cell_len

    words = (cell_len(word.strip()) for cell in column for word in WORD.findall(cell))
    return max((min(LONGEST_WORD, length) for length in words), default=1)


def _folded(text: str, width: int) -> str:
    """``text`` in lines of at most ``width`` cells: broken at spaces, and a word that is longer at its seams, or where it must be."""
    from rich.cells import cell_len, chop_cells

    lines: list[str] = []
    for line in wrapped(text, width).split("\n"):
        lines.append("")
        for piece in SEAMS.split(line) if cell_len(line) > width else [line]:
            if lines[-1] and cell_len(lines[-1] + piece) > width:
                lines.append("")
            *full, last = chop_cells(piece, width) if cell_len(piece) > width else [piece]
            lines[-1:] = [*([lines[-1] + full[0], *full[1:]] if full else []), last if full else lines[-1] + last]
    return "\n".join(lines)


def _longest_line(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))


def _is_numeric(cells: Iterable[str]) -> bool:
    return all(cell[:1].isdigit() or cell in ("", "–") for cell in cells)
