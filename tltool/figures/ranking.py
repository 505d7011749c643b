"""The photos with the best answers and with the worst, what is true beside what is said."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from tltool.data.decoding.decoder import decode
from tltool.errors import DataError
from tltool.evaluation.quality import Quality, Rated
from tltool.figures.canvas import MARGIN, SMALL, TINY, WIDTH, named, put_heading, put_picture, put_words, sheet
from tltool.figures.charts import draw_chart
from tltool.figures.sheets import BEST, CHART, WORST, Sheets, make_folder
from tltool.figures.style import MUTED
from tltool.progress import step
from tltool.task import task_named
from tltool.wording import counted

MOST = 6  # photos on a sheet
COLUMNS = 3  # of pictures; 2 where they are wide
WIDE = 1.5  # width over height
GAP, HEAD = 0.18, 0.26  # inches between pictures, and above each for its name
LARGEST = 800  # pixels of a picture's longer side: a sheet shows no more
GONE = "Of {} none can be read any more as it was: best and worst are not drawn."
NONE = "There is nothing in any of the photos that could be found: best and worst are not drawn."


class Shown(NamedTuple):
    """A photo as it is drawn, and how it was answered."""

    picture: Image.Image
    rated: Rated


def draw_quality(run: Path, quality: Quality, folder: Path) -> Sheets:
    """Write the chart and the sheets of the best and the worst photos into ``folder``. A photo that cannot be read, or has
    another size by now, is passed over.

    Raises:
        TltoolError: the folder cannot be written.
    """
    make_folder(folder)
    sheets, few = {folder / CHART: quality.chart.title}, max(1, min(MOST, len(quality.photos) // 2))
    step("drawing", 0, 3, "sheets")
    draw_chart(quality.chart, folder / CHART)
    for number, (name, photos, word) in enumerate(((BEST, quality.photos, "best"), (WORST, quality.photos[::-1], "worst")), start=1):
        step("drawing", number, 3, "sheets")
        if shown := _readable(photos, few, quality):
            sheets[folder / name] = _draw(shown, quality, word, folder / name)
    missing = GONE.format(counted(len(quality.photos), "photo")) if quality.photos else NONE
    notes = () if len(sheets) > 1 else (missing,)
    return Sheets(run, sheets, notes, located=True)


def _readable(photos: Iterable[Rated], most: int, quality: Quality) -> list[Shown]:
    pictures, shown = task_named(quality.task).pictures, list[Shown]()
    for rated in photos:
        if len(shown) == most:
            break
        try:
            photo = Image.fromarray(decode(rated.path))
        except DataError:
            continue
        if photo.size != (rated.truth.width, rated.truth.height):  # another one lies there by now
            continue
        picture = pictures.draw(photo, rated.answer, quality.classes, rated.truth)
        picture.thumbnail((LARGEST, LARGEST))
        shown.append(Shown(picture, rated))
    return shown


def _draw(shown: Sequence[Shown], quality: Quality, word: str, file: Path) -> str:
    task = task_named(quality.task)
    shapes = [one.picture.width / one.picture.height for one in shown]
    columns = COLUMNS if float(np.median(shapes)) < WIDE else COLUMNS - 1
    wide = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns
    rows = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    heights = [min(wide * 1.25, max(wide * one.picture.height / one.picture.width for one in row)) for row in rows]
    title = f"The {word} answers: {len(shown)} of {len(quality.photos)} {quality.what}"
    lines = f"By the {task.measures.SCORE.name} of each photo alone, which stands beside its name.", task.pictures.KEY
    with sheet(file, 1.25 + sum(heights) + len(rows) * (HEAD + GAP), thin=False) as axes:
        top = put_heading(axes, title, lines) + 0.15
        for row, high in zip(rows, heights, strict=True):
            for place, one in enumerate(row):
                _put(axes, one, MARGIN + place * (wide + GAP), top, wide, high)
            top += HEAD + high + GAP
    return f"the {word} answers by {task.measures.SCORE.name}: {counted(len(shown), 'photo')}"


def _put(axes: object, one: Shown, left: float, top: float, wide: float, high: float) -> None:
    """A photo as large as there is room, below its name and score."""
    scale = min(wide / one.picture.width, high / one.picture.height)
    width, height = one.picture.width * scale, one.picture.height * scale
    put_words(axes, f"{one.rated.score:.2f}", left, top + HEAD - 0.06, SMALL, weight="bold", va="bottom")
    put_words(axes, named(Path(one.rated.path).name, 34), left + 0.38, top + HEAD - 0.06, TINY, MUTED, va="bottom")
    put_picture(axes, np.asarray(one.picture), left, top + HEAD, width, height, interpolation="antialiased")
