"""What long work says while it goes on: log records of the logger ``tltool``, which a program may draw as it likes.

Library modules never print. They call ``say``, ``show`` and ``track``; ``tltool.terminal`` draws the records for people,
``tltool.notebook`` does so in a notebook where nobody else listens, and a script that wants plain lines calls
``logging.basicConfig(level="INFO")``. Whatever they hand over is text for people by then: ``wording.shown`` has gone over it.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tltool.notebook import is_notebook, listen
from tltool.wording import shown

log = logging.getLogger("tltool")
T = TypeVar("T")


@dataclass(frozen=True)
class Table:
    """Rows of text under named columns, for people to read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        return "\n".join([self.title, *("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip() for line in lines)])


@dataclass(frozen=True)
class Step:
    """One piece of counted work: ``done`` of ``total`` ``unit`` under ``label``, with a few words of ``note``; a ``milestone`` is worth a
    line of its own."""

    label: str
    done: int
    total: int
    unit: str
    note: str = ""
    milestone: bool = False

    def __str__(self) -> str:
        return f"{self.label}: {self.done}/{self.total} {self.unit}" + (f", {self.note}" if self.note else "")


def say(*lines: str) -> None:
    """Tell people a line, or several at once; what would break a line is escaped."""
    _log(logging.INFO, "\n".join(map(shown, lines)))


def warn(*lines: str) -> None:
    """Tell people a line they should not overlook, or several at once."""
    _log(logging.WARNING, "\n".join(map(shown, lines)))


def show(table: Table) -> None:
    """Tell people a table."""
    _log(logging.INFO, table, table=table)


def step(label: str, done: int, total: int, unit: str = "photos", note: str = "", milestone: bool = False) -> None:
    """Tell people how far counted work has come; on a level below ``say``, because there are many."""
    event = Step(shown(label), done, total, unit, shown(note), milestone)
    _log(logging.DEBUG, event, step=event)


def _log(level: int, event: object, **extra: object) -> None:
    if not log.handlers and is_notebook():
        listen(log)
    log.log(level, "%s", event, extra=extra)


def track(items: Iterable[T], label: str, total: int, unit: str = "photos") -> Iterator[T]:
    """Yield ``items`` unchanged and report how many of ``total`` are done."""
    step(label, 0, total, unit)
    for done, item in enumerate(items, start=1):
        yield item
        step(label, done, total, unit)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A ``Table`` from anything that prints; every cell is one line."""
    return Table(shown(title), tuple(map(shown, columns)), tuple(tuple(map(shown, row)) for row in rows))
