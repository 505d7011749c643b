"""history.csv: one row per epoch, for people and for plots."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tltool.atomic import draft
from tltool.errors import RunError
from tltool.measuring import Score


def columns_for(score: Score) -> tuple[str, ...]:
    """The columns of the table, for a task with that score."""
    return ("phase", "epoch", "loss", score.key, "val_loss", f"val_{score.key}", "learning_rate", "seconds", "photos_per_second")


def write_history(rows: Iterable[dict[str, Any]], path: Path, score: Score) -> None:
    """One row per epoch, as ``Watch`` makes them; a head that was solved has one row with its validation score alone."""
    with draft(path, RunError) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns_for(score))
        writer.writeheader()
        writer.writerows(rows)
