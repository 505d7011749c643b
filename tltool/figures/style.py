"""The look that all figures share, and how one becomes a file."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tltool.atomic import draft
from tltool.errors import TltoolError
from tltool.reading import read_bytes

COLOURS = ("#2563eb", "#ea580c", "#16a34a", "#9333ea", "#db2777", "#0891b2", "#ca8a04", "#64748b")  # of series, in order
INK, PAPER, FAINT = "#1f2937", "#ffffff", "#e5e7eb"
MUTED = "#64748b"  # words of the second rank
HEAD = 0.62  # inches of a title and its note
FORMATS = (".png", ".svg", ".pdf")
DOTS_PER_INCH = 150
LARGEST_DRAWING = 256 << 20  # bytes
LOOK: Any = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "grid.color": FAINT,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "tltool",
}
MARKS = {".png": b"tEXtSoftware\x00tltool", ".svg": b"<dc:title>tltool</dc:title>", ".pdf": b"/Creator (tltool)"}  # in what is drawn here
NO_DATES: dict[str, dict[str, str | None]] = {  # so that the same figure gives the same bytes
    ".png": {"Software": "tltool"},
    ".svg": {"Date": None, "Creator": "tltool"},
    ".pdf": {"CreationDate": None, "Creator": "tltool"},
}


@contextmanager
def looking_alike() -> Iterator[None]:
    """While it lasts, what is drawn has the look that all figures share."""
    import matplotlib as mpl
    from cycler import cycler

    with mpl.rc_context(LOOK | {"axes.prop_cycle": cycler(color=COLOURS)}):
        yield


def entitle(figure: Any, title: str, note: str) -> None:
    """Put a title and a line of the second rank above all that a figure of constrained layout has, exactly as they are: no sign in them
    is markup."""
    width, height = figure.get_size_inches()
    figure.text(0.1 / width, 1 - 0.1 / height, title, va="top", fontweight="bold", fontsize=12, parse_math=False)
    figure.text(0.1 / width, 1 - 0.36 / height, note, va="top", color=MUTED, fontsize=8.5, parse_math=False)
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - HEAD / height))


@contextmanager
def drawing(file: Path, width: float, height: float) -> Iterator[Any]:
    """An empty ``matplotlib.figure.Figure`` of ``width`` × ``height`` inches, which belongs to no window; ``file`` when the block ends
    well, nothing when not.

    Raises:
        TltoolError: no room, no leave.
    """
    from matplotlib.figure import Figure

    with looking_alike(), draft(file, TltoolError) as beside:
        figure = Figure(figsize=(width, height), facecolor=PAPER, layout="constrained")
        yield figure
        ending = file.suffix.lower()
        figure.savefig(beside, format=ending[1:], dpi=DOTS_PER_INCH, metadata=NO_DATES[ending])


def lettering(size: int) -> Any:
    """The letters of all figures, ``size`` pixels high, as a ``PIL.ImageFont``: Pillow's own have no ß and no Cyrillic."""
    import matplotlib as mpl
    from PIL import ImageFont

    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)


def check_file(file: Path | None, force: bool = False, endings: Sequence[str] = FORMATS) -> None:
    """Whether a figure may be written to ``file``, if any is to be; to be asked before long work.

    Raises:
        TltoolError: an ending that is no format of ours, a folder that is not there, or a file that is there: one that tltool did not
            draw, or any without ``force``.
    """
    if file is None:
        return
    if file.suffix.lower() not in endings:
        raise TltoolError(f"A figure must end in {', '.join(endings)}. Received: {file}.")
    if not file.absolute().parent.is_dir():
        raise TltoolError(f"A figure must go into a folder that exists. Received: {file}.")
    if not os.path.lexists(file):
        return
    if not is_drawing(file):
        raise TltoolError(f"A figure must not replace what tltool did not draw. Received: {file}, which is another's. Choose another name.")
    if not force:
        raise TltoolError(f"A figure must not replace anything. Received: {file}, which exists. Use --force or another name.")


def is_drawing(file: Path) -> bool:
    """Whether ``file`` is a PNG, SVG or PDF that tltool drew."""
    mark = MARKS.get(file.suffix.lower())
    if mark is None:
        return False
    try:
        return mark in read_bytes(file, LARGEST_DRAWING)
    except OSError:
        return False
