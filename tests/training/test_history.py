"""history.csv: a row per epoch."""

import csv
from pathlib import Path

from tltool.tasks.classify.measures import SCORE
from tltool.training.history import columns_for, write_history

COLUMNS = columns_for(SCORE)

EPOCH = {
    "phase": "fine-tuning",
    "epoch": 1,
    "loss": 0.5,
    "accuracy": 0.75,
    "val_loss": 0.25,
    "val_accuracy": 0.5,
    "learning_rate": 1e-4,
    "seconds": 0.1,
    "photos_per_second": 210.5,
}


def test_history_has_a_row_per_epoch_and_blanks_where_a_head_was_solved(tmp_path: Path) -> None:
    write_history([{"phase": "head", "epoch": 1, "val_accuracy": 0.25}, EPOCH], tmp_path / "history.csv", SCORE)
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0] == {**dict.fromkeys(COLUMNS, ""), "phase": "head", "epoch": "1", "val_accuracy": "0.25"}
    assert rows[1] == {name: str(EPOCH[name]) for name in COLUMNS}
