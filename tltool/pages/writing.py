"""The page of a run as files: HTML that needs nothing but itself, and the same as Markdown."""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tltool.atomic import draft
from tltool.errors import RunError, TltoolError
from tltool.evaluation.predictors import run_of
from tltool.pages import markdown
from tltool.pages.content import Page, Room, chosen_photos, compose
from tltool.pages.exhibits import Kept, draw_photos
from tltool.pages.facts import Facts, gather
from tltool.pages.written import Written
from tltool.progress import Table, step, warn
from tltool.reading import bears
from tltool.runs import Run
from tltool.runs.contents import PAGE_FILES, PAGE_MARK
from tltool.runs.files import RECORD
from tltool.runs.places import next_free
from tltool.templates import templates_beside
from tltool.wording import megabytes

HTML, MARKDOWN = PAGE_FILES
MEGABYTES = 8.0  # of a page that nobody asked for
LOCATED = (Room(400, 12, 0, 0), Room(320, 8, 0, 0), Room(240, 4, 0, 0))  # from the most pleasant to the last resort
WHOLE = (Room(200, 18, 8, 60), Room(160, 12, 4, 30), Room(120, 6, 2, 12))
NO_PICTURES = Room(0, 12, 8, 60)
SMALLEST = Room(0, 6, 2, 12)
SMALLER = "Its photos are smaller and fewer than they could be, so that it has no more than {:g} MB (--max-mb)."
LEFT_OUT = "It shows no photos, so that it has no more than {:g} MB (--max-mb)."
NUMBER = re.compile(r"[-+−]?[\d.,]+(?: ?(?:%|[kMG]?B))?(?:–[\d.,]+)?|–|n/a")  # and what stands in its place
PRIVATE = "It shows no photos (--no-photos)."


def run_told(trained: Path) -> Run:
    """The run of which the page of ``trained`` tells: itself, or the one in whose ``exports/`` a file lies.

    Raises:
        RunError: the file lies elsewhere.
    """
    if trained.is_file() and not (trained.absolute().parent.parent / RECORD).is_file():
        raise RunError(
            f"A page tells of a run: a file must lie in exports/ of its own. Received: {trained}. `tltool evaluate` measures any file."
        )
    return run_of(trained)


def require_page(run: Run, out: Path | None, force: bool, beside: bool = True) -> Path:
    """The folder of a page: ``out``, or that of ``run`` where it stands ``beside`` what it tells of, else the next free ``runs/report-N``.

    Raises:
        RunError: it cannot be written there; or something is there and, without ``force``, also an earlier one.
    """
    folder = out or (run.path if beside else next_free("report"))
    above = next(path for path in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(path))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise RunError(f"A report must go into a folder that can be written. Received: {folder}, and {above} cannot. Choose another --out.")
    for file in (folder / name for name in PAGE_FILES):
        if os.path.lexists(file) and not force:
            raise RunError(f"A report must not replace anything. Received: {file}, which exists. Use --force, or another --out.")
        if os.path.lexists(file) and not bears(file, PAGE_MARK):
            raise RunError(f"--force replaces only what tltool wrote. Received: {file}, which is another's. Choose another --out.")
    return folder


def add_page(run: Run) -> None:
    """Write the page of a run that has just been finished into its folder, in place of an earlier one. What keeps it from being written
    is told and stops nothing: it can be written later."""
    step("writing the report", 0, 1, "page")
    try:
        write_page(gather(run), require_page(run, None, force=True), with_photos=True, max_mb=MEGABYTES)
    except TltoolError as error:
        warn(f"{error} The run is finished all the same; `tltool report {shlex.quote(str(run.path))}` tells of it.")
    step("writing the report", 1, 1, "page")


def write_page(facts: Facts, folder: Path, with_photos: bool, max_mb: float) -> Written:
    """Write ``report.html`` and ``report.md`` into ``folder``.

    Args:
        with_photos: whether pictures of the photos are in it.
        max_mb: what the page may have at most; its photos become smaller and fewer where they must.

    Raises:
        RunError: it cannot be written, or is larger without any photo.
    """
    page, html = _fitting(facts, with_photos, max_mb)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"--out must be a folder that can be written. Received: {folder} ({error.strerror}). Choose another.") from None
    for name, text in ((HTML, html), (MARKDOWN, render(page, MARKDOWN))):
        with draft(folder / name, RunError) as beside:
            beside.write_text(text, encoding="utf-8", errors="backslashreplace")
    size, pictures = (folder / HTML).stat().st_size, html.count('src="data:image/jpeg')
    return Written(facts.run.path, folder / HTML, folder / MARKDOWN, size, pictures, tuple(page.sentences))


def render(page: Page, name: str) -> str:
    """``page`` by the template called ``name``."""
    environment = templates_beside(__file__, is_html=name == HTML)
    environment.filters |= {"plain": markdown.plain, "code": markdown.code, "grid": markdown.grid, "numbered": _numbered}
    return environment.get_template(name).render(page=page, mark=PAGE_MARK, matrix=markdown.matrix)


def _fitting(facts: Facts, with_photos: bool, max_mb: float) -> tuple[Page, str]:
    """The page with as many photos as there is room for, and its HTML.

    Raises:
        RunError: there is no room for what is left without any.
    """
    size = 0
    for room, kept, notes in _attempts(facts, with_photos, max_mb):
        page = compose(facts, room, kept, notes)
        html = render(page, HTML)
        if (size := len(html.encode("utf-8", "backslashreplace"))) <= max_mb * 1e6:
            return page, html
    raise RunError(f"--max-mb must leave room for the page without photos. Received: {max_mb:g}; it has {megabytes(size)}.")


def _attempts(facts: Facts, with_photos: bool, max_mb: float) -> Iterator[tuple[Room, dict[str, Kept], list[str]]]:
    """From the most pleasant page to the smallest."""
    if with_photos and facts.photos:
        first, *others = LOCATED if facts.task.labels.ANNOTATED else WHOLE
        kept = draw_photos(chosen_photos(facts, first), facts.task, facts.record.classes)
        yield first, kept, []
        yield from ((room, kept, [SMALLER.format(max_mb)]) for room in others)
    notes = [] if not facts.photos else [LEFT_OUT.format(max_mb) if with_photos else PRIVATE]
    yield NO_PICTURES, {}, notes
    yield SMALLEST, {}, notes


def _numbered(table: Table) -> list[bool]:
    """Which columns hold numbers and nothing else."""
    return [all(NUMBER.fullmatch(row[column]) for row in table.rows) for column in range(len(table.columns))]
