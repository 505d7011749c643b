"""What a task tells of a report, as Markdown."""

from collections.abc import Mapping
from typing import Any

from tltool.exports.bundle.markup import prose
from tltool.progress import Table
from tltool.task import Task


def sentences(task: Task, report: Mapping[str, Any]) -> list[str]:
    """The sentences."""
    return [prose(part) for part in task.measures.told(report) if isinstance(part, str)]


def tables(task: Task, report: Mapping[str, Any]) -> str:
    """The tables, each under its title."""
    return "\n\n".join(_table(part) for part in task.measures.told(report) if isinstance(part, Table))


def _table(table: Table) -> str:
    lines = [table.columns, ("---",) * len(table.columns), *table.rows]
    return f"{prose(table.title)}:\n\n" + "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text if text == "---" else prose(text)
