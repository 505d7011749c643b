"""What a model says of photos as one table, ``predictions.csv``: written, and read back as it was."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tltool.atomic import draft
from tltool.data.geometry import Frame
from tltool.data.samples import Samples
from tltool.errors import RunError
from tltool.reading import LONGEST_LIST, open_regular
from tltool.task import task_named

if TYPE_CHECKING:
    import pandas


def predictions_table(
    samples: Samples, outputs: np.ndarray, settled: Mapping[str, Any], frames: Sequence[Frame] = ()
) -> "pandas.DataFrame":
    """One row for each of ``samples``: path, label, predicted (what is said), then what the task keeps beside it, such as ``p_CLASS``.

    Args:
        outputs: of a model with the classes of ``samples``, [n, …].
        settled, frames: as ``answers.said`` takes them.
    """
    import pandas

    answers = task_named(samples.task).answers
    said = answers.said(outputs, samples.classes, settled, frames)
    columns = {"path": samples.paths, "label": samples.table["label"].tolist(), "predicted": said}
    return pandas.concat([pandas.DataFrame(columns), pandas.DataFrame(answers.columns(outputs, samples.classes))], axis=1)


def write_predictions(predictions: "pandas.DataFrame", path: Path) -> None:
    """A table of predictions as CSV. Every cell is quoted, so any name survives, also one that is no valid Unicode."""
    with draft(path, RunError) as beside:
        predictions.to_csv(beside, index=False, quoting=csv.QUOTE_ALL, lineterminator="\n", encoding="utf-8", errors="surrogateescape")


def read_predictions(path: Path) -> "pandas.DataFrame":
    """``predictions.csv`` as it was written; class names stay text.

    Raises:
        RunError: it cannot be read, or is no such table.
    """
    import pandas

    try:
        with open_regular(path, LONGEST_LIST) as file:
            table = pandas.read_csv(file, dtype=object, keep_default_na=False, encoding="utf-8", encoding_errors="surrogateescape")
    except (OSError, ValueError) as error:  # pandas's own errors are ValueErrors
        raise RunError(f"{path.name} must be a readable table. Received: {path} ({error}). Run it again.") from None
    if missing := {"path", "label", "predicted"} - set(table):
        raise RunError(
            f"{path.name} must have the columns path, label and predicted. Received: {path}, without "
            f"{', '.join(sorted(missing))}. Run it again."
        )
    try:
        return table.astype({name: float for name in table if name.startswith("p_")})  # by Python, exactly, as not every pandas reads them
    except ValueError:
        raise RunError(f"{path.name} must hold numbers in the columns of the classes. Received: {path} with text. Run it again.") from None
