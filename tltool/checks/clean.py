"""A CSV that lists the photos without the bad ones. The photos themselves are never touched."""

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tltool.atomic import draft
from tltool.checks.evidence import Evidence, ranked
from tltool.checks.findings import Clean
from tltool.checks.masks import mask_rows
from tltool.checks.pixels import blank, damaged, invisible
from tltool.data.duplicates.near import find_near_duplicates
from tltool.data.samples import Samples
from tltool.data.thumbnails import Thumbnails
from tltool.errors import DataError
from tltool.task import task_named
from tltool.wording import quoted

if TYPE_CHECKING:
    from tltool.data.duplicates.near import Group
    from tltool.data.label_errors import Doubt

COLUMNS = ("path", "label", "split", "group")
LEAKED = "copied from a part that is held out farther"
FORMULA = ("=", "+", "-", "@")  # how a cell starts that a spreadsheet would run


def write_clean(
    samples: Samples,
    thumbnails: Thumbnails,
    alike: "Sequence[Group]",
    path: Path,
    doubts: "Iterable[Doubt]" = (),
    features: np.ndarray | None = None,
) -> Clean:
    """Write path, label, split and group, as they were read, of every photo worth training on.

    Left out: blank, invisible and damaged photos, and masks; exact copies beyond the first; pictures under two labels, both sides;
    pictures in several parts of a given split, but for the part that is held out farthest; the photos of ``doubts``. Files that cannot
    be read are not among ``samples``. What is left is looked at again until nothing is found, since a photo may also be like another
    than the one it was grouped with.

    Every cell is quoted. A label or group that a spreadsheet would run as a formula gets a space in front, which is taken off where
    the CSV is read; paths are absolute and so begin with a slash.

    Args:
        alike, features: as for the audit, [n] groups and float [n, d].

    Raises:
        DataError: something is already there, nothing would be left, or a name begins or ends with a space.
    """
    require_absent(path)
    left_out = {"unreadable": len(samples.faults)} if samples.faults else {}
    reasons = _unfit(Evidence(samples, thumbnails, alike)) | {doubt.row: "doubtful labels" for doubt in doubts}
    rows = np.arange(len(samples))
    while reasons := _reasons(Evidence(_only(samples, rows), thumbnails, alike)) | reasons:
        for reason in reasons.values():
            left_out[reason] = left_out.get(reason, 0) + 1
        rows = np.delete(rows, sorted(reasons))
        if not len(rows):
            raise DataError("A clean CSV must list photos. Received: photos that would all be left out. See tltool check for why.")
        reasons, alike = {}, find_near_duplicates(thumbnails.pixels[rows], None if features is None else features[rows])
    kept = _only(samples, rows)
    _write(kept, path)
    lost = sorted({name for names in samples.names for name in names} - {name for names in kept.names for name in names})
    return Clean(path, len(kept), left_out, lost)


def require_absent(path: Path) -> None:
    """Raises ``DataError`` unless ``path`` is free and in a folder that can be written."""
    if os.path.lexists(path):
        raise DataError(f"--write-clean must name a new file. Received: {quoted(path)}, which is there already. Choose another name.")
    if not os.access(folder := path.absolute().parent, os.W_OK | os.X_OK):
        raise DataError(f"--write-clean must be in a folder that can be written. Received: {quoted(path)}, and {quoted(folder)} cannot.")
    if path.suffix.lower() != ".csv":
        raise DataError(f"--write-clean must end in .csv, so that --data takes it. Received: {quoted(path)}.")


def _unfit(evidence: Evidence) -> dict[int, str]:
    """The rows that are no photo to learn from, whatever the others are."""
    found = {"masks": mask_rows(evidence), "damaged": damaged(evidence), "blank": blank(evidence), "invisible": invisible(evidence)}
    return {row: reason for reason, rows in found.items() for row in rows}


def _reasons(evidence: Evidence) -> dict[int, str]:
    """The rows to leave out, each for one reason."""
    reasons: dict[int, str] = {}
    for rows in evidence.bundles:
        if len({evidence.labels[row] for row in rows}) > 1:
            reasons.update(dict.fromkeys(rows, "of pictures under two labels"))
    for rows in evidence.copies:
        first = max(rows, key=lambda row: (ranked(evidence.parts[row]), -row))
        for row in rows:
            if row != first:
                is_leak = 0 < ranked(evidence.parts[row]) < ranked(evidence.parts[first])
                reasons.setdefault(row, LEAKED if is_leak else "exact duplicates")
    for rows in evidence.units:
        rows = [row for row in rows if row not in reasons]
        farthest = max((ranked(evidence.parts[row]) for row in rows), default=0)
        for row in rows:
            if 0 < ranked(evidence.parts[row]) < farthest:
                reasons[row] = LEAKED
    return reasons


def _only(samples: Samples, rows: np.ndarray) -> Samples:
    return replace(samples, table=samples.table.iloc[rows].reset_index(drop=True))


def _write(samples: Samples, path: Path) -> None:
    for name in sorted({*samples.table["label"], *samples.table["group"]}):
        if name != name.strip():
            raise DataError(f"In a CSV a class or group must not begin or end with a space. Received: {quoted(name)}. Rename it.")
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([task_named(samples.task).labels.COLUMN if name == "label" else name for name in COLUMNS])
    writer.writerows([_harmless(cell) for cell in row] for row in samples.table[list(COLUMNS)].itertuples(index=False, name=None))
    with draft(path, DataError) as beside:
        beside.write_bytes(text.getvalue().encode("utf-8", errors="surrogateescape"))


def _harmless(cell: str) -> str:
    return f" {cell}" if cell.startswith(FORMULA) else cell
