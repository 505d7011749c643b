"""Any text as Markdown that shows it and does nothing else: no markup, no link, no name that GitHub would call."""

import re
from collections.abc import Iterable, Sequence

from tltool.progress import Table

SIGNS = re.compile(r"[\\`*_\[\]<>#|~$&]|(?<=\bwww)\.|:(?=//)")
CALLS = re.compile(r"@(?=\w)")
JOINER = "\u2060"  # unseen, and no part of a name


def plain(text: object) -> str:
    """``text``, one line, with a backslash before every sign that means something."""
    return CALLS.sub(f"@{JOINER}", SIGNS.sub(r"\\\g<0>", str(text)))


def code(text: object) -> str:
    """``text``, one line, as it is typed: between as many backticks as it needs."""
    line = str(text)
    longest = max(map(len, re.findall("`+", line)), default=0)
    ticks, gap = "`" * (longest + 1), " " if line[:1] == "`" or line[-1:] == "`" else ""
    return f"{ticks}{gap}{line}{gap}{ticks}"


def grid(table: Table) -> str:
    """``table`` under its title."""
    return f"**{plain(table.title)}**\n\n{_grid(table.columns, table.rows)}"


def matrix(classes: Sequence[str], rows: Iterable[tuple[str, Sequence[int]]]) -> str:
    """How often each class was called what; nothing where that was never."""
    return _grid(("is \\ called", *classes), [(name, *(str(n or "") for n in counts)) for name, counts in rows])


def _grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(map(plain, line)) for line in (columns, *rows)]
    head, *body = (f"| {line} |" for line in lines)
    return "\n".join([head, "|" + " --- |" * len(columns), *body])
