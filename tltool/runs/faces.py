"""How a run shows itself: in a line, as a small table of a notebook, its epochs as numbers, and what is told when it is finished."""

import shlex
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tltool.progress import Table
from tltool.runs.contents import PAGE_FILES
from tltool.runs.files import CURVES, FILES
from tltool.runs.forms import Record, Report
from tltool.runs.listing import Listed, look_at
from tltool.runs.record import read_history
from tltool.summary import cross_validation_line, of_split, tell
from tltool.wording import counted, megabytes, quoted, shown

if TYPE_CHECKING:
    import pandas


def in_a_line(folder: Path) -> str:
    """The run in ``folder`` with what it has scored, in words; of one that is not finished, or cannot be read, what is there."""
    its = look_at(folder)
    told = ", ".join(part for part in (its.task, _made_with(its), _scored(its) or its.state) if part)
    return f"Run({quoted(folder)}): {shown(told)}"


def as_html(folder: Path) -> str:
    """The same and more as a table of HTML, which needs nothing but itself, and in which names from outside are only text."""
    its = look_at(folder)
    moment = its.moment
    told = [
        ("task", its.task),
        ("made with", _made_with(its)),
        ("state", its.state),
        ("score", _scored(its)),
        ("learned from", counted(its.training_photos, its.kind) if its.training_photos else ""),
        ("took", f"{its.seconds:,.0f} s" if its.seconds else ""),
        ("model.keras", megabytes(its.bytes) if its.bytes else ""),
        ("date (UTC)", f"{moment:%Y-%m-%d %H:%M}" if moment else ""),
    ]
    left = 'style="text-align: left"'
    rows = "".join(f'<tr><th scope="row" {left}>{name}</th><td {left}>{escape(shown(value))}</td></tr>' for name, value in told if value)
    return f"<table><caption {left}>{escape(shown(folder))}</caption><tbody>{rows}</tbody></table>"


def number_epochs(folder: Path) -> "pandas.DataFrame":
    """``history.csv`` with every column but the first, ``phase``, in numbers; NaN where nothing was measured.

    Raises:
        RunError: it is gone, or no table.
    """
    import pandas

    rows = [{name: cell for name, cell in row.items() if name} for row in read_history(folder)]  # cells beyond the last column have none
    frame = pandas.DataFrame(rows)
    for name in frame.columns.difference(["phase"]):
        frame[name] = pandas.to_numeric(frame[name], errors="coerce")
    return frame


def tell_trained(folder: Path, record: Record, report: Report) -> Iterable[Table | str]:
    """What a finished run in ``folder`` has reached, where its files are, and what to type next."""
    place = shlex.quote(str(folder))
    yield from tell(report.content)
    if report.cross_validation:
        yield cross_validation_line(report.cross_validation.content)
    there = ", ".join(name for name in (*FILES, CURVES) if (folder / name).exists())
    yield f"Run: {folder}  ({there})  in {record.seconds:.0f} s"
    if (page := folder / PAGE_FILES[0]).is_file():
        yield f"Report: {page}, which opens in a browser"
    if record.kind == "signal":
        yield f"Next: tltool predict {place} OTHER.npz"
        yield f"  or: tltool evaluate {place} --data OTHER.npz"
    else:
        yield f"Next: tltool predict {place} PHOTO"
        yield f"  or: tltool export {place} --format tflite --precision int8"


def _made_with(its: Listed) -> str:
    return f"{its.recipe} {its.backbone}".strip()


def _scored(its: Listed) -> str:
    """The score in words; ``""`` where there is none."""
    if its.score is None or its.photos is None:
        return ""
    measured_on = counted(its.photos, f"{of_split(its.split)}{its.kind}")
    return f"{its.measure} {its.score:.3f} (95 % interval {its.low:.3f}–{its.high:.3f}) on {measured_on}"
