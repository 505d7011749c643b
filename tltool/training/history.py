"""history.csv: one row per epoch, for people and for plots."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tltool.atomic import draft
from tltool.errors import RunError

COLUMNS = ("phase", "epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds", "photos_per_second")


def write_history(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """One row per epoch; a head that was solved has one row with its validation accuracy alone."""
    with draft(path, RunError) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
