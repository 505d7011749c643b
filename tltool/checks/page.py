"""An audit as one HTML page with small pictures in it: needs no network, no script and no other file."""

import base64
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from tltool.atomic import draft
from tltool.checks.drawn_labels import colours_of, labels_drawn
from tltool.checks.evidence import Evidence
from tltool.checks.findings import Case, Checks, Finding, inside
from tltool.data.decoding.decoder import decode
from tltool.data.samples import PARTS, Samples
from tltool.data.thumbnails import Thumbnails
from tltool.errors import DataError
from tltool.progress import say, track
from tltool.reading import bears
from tltool.templates import templates_beside
from tltool.threads import in_order
from tltool.wording import shown

SIDE, SIDE_OF_LOCATED = 144, 240  # pixels of a picture's longer side; more where labels are drawn on it
QUALITY = 72  # JPEG: about 4 kB per picture
MOST_PICTURES = 60  # of one finding, and lines of one without pictures
MOST_OF_A_CASE = 6
MOST_CLASSES = 30
SAMPLES, SAMPLES_OF_LOCATED = 7, 12  # pictures of each class, at most
MOST_LABELLED = 24  # photos that show how they are labelled
GENERATOR = "tltool check"
MARK = f'<meta name="generator" content="{GENERATOR}">'  # within the first lines of the page


class Picture(NamedTuple):
    """What the page shows of one photo: its address as data, size in pixels, names for people, and where it lies."""

    data: str
    width: int
    height: int
    name: str
    path: str
    link: str
    label: str
    part: str


class Shown(NamedTuple):
    """One case on the page."""

    note: str
    pictures: list[Picture]
    more: int
    lines: list[str]


class Section(NamedTuple):
    """One finding on the page, and how many of its cases are not shown."""

    finding: Finding
    cases: list[Shown]
    more: int
    is_sheet: bool  # one picture per case: drawn as one contact sheet


class Class(NamedTuple):
    """One class on the page: photos in each part, share of the largest class, and a few of them."""

    name: str
    photos: int
    parts: list[tuple[str, int, float]]
    pictures: list[Picture]


def write_page(audit: Checks, samples: Samples, thumbnails: Thumbnails, file: Path, force: bool = False) -> None:
    """Write the page. Names are escaped, lists are cut ("… and 312 more"), and every picture is made small.

    Args:
        samples, looks: what ``audit`` is about.
        force: whether the page of an earlier check may be replaced.

    Raises:
        DataError: something else is already there, or it cannot be written.
    """
    require_page(file, force)
    text = draw_page(audit, samples, thumbnails)
    with draft(file, DataError) as beside:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace")
    say(f"Wrote {file} ({len(text) / 1e6:.1f} MB); open it in a browser.")


def require_page(file: Path, force: bool) -> None:
    """Raises ``DataError`` unless a page can be written at ``file``: nothing is there or, with ``force``, the page of an earlier check."""
    if file.suffix.lower() not in (".html", ".htm"):
        raise DataError(f"--report must end in .html. Received: {file}.")
    if not os.access(folder := file.absolute().parent, os.W_OK | os.X_OK):
        raise DataError(f"--report must be in a folder that can be written. Received: {file}, and {folder} cannot.")
    if os.path.lexists(file) and not force:
        raise DataError(f"--report must name a new file. Received: {file}, which is there already. Choose another, or --force.")
    if os.path.lexists(file) and not bears(file, MARK):
        raise DataError(f"--force replaces only the page of an earlier check. Received: {file}, which is none.")


def draw_page(audit: Checks, samples: Samples, thumbnails: Thumbnails) -> str:
    """The page as HTML."""
    chosen = {finding.name: _chosen(finding) for finding in audit.findings}
    members = _members(samples)
    wanted = [path for cases in chosen.values() for _, paths in cases for path in paths] + [p for paths in members.values() for p in paths]
    gallery = _pictures(samples, thumbnails, wanted)
    colours = colours_of(samples, MOST_CLASSES)
    template = templates_beside(__file__, is_html=True).get_template("page.html")
    quiet = [finding for finding in audit.findings if finding.verdict == "ok" and not finding.cases]
    return template.render(
        audit=audit,
        mark=GENERATOR,
        source=shown(audit.source if isinstance(audit.source, (str, Path)) else "a DataFrame"),
        quiet=quiet,
        sections=[_section(finding, chosen[finding.name], gallery, audit.source) for finding in audit.findings if finding not in quiet],
        classes=_classes(samples, members, gallery),
        colours=[(shown(name), colour) for name, colour in colours],
        labelled=_labelled(members, gallery) if colours else [],
        side=_side(samples),
        more_classes=max(0, audit.classes - MOST_CLASSES),
        parts=[part for part in PARTS if part in set(samples.table["split"])],
    )


def _pictures(samples: Samples, thumbnails: Thumbnails, wanted: Iterable[str]) -> dict[str, Picture]:
    """The pictures of ``wanted`` by path, made on all cores; a file that cannot be read has none."""
    rows = {path: row for row, path in enumerate(samples.paths)}
    paths = [path for path in dict.fromkeys(wanted) if path in rows]
    evidence = Evidence(samples, thumbnails, [])
    sides, labels, parts = evidence.sides, evidence.labels, evidence.parts
    draw, side = labels_drawn(samples), _side(samples)

    def picture(path: str) -> Picture:
        row = rows[path]
        pixels = _small(path, sides[row], thumbnails.pixels[row], side)
        return Picture(
            *_as_jpeg(pixels if draw is None else draw(row, pixels)),
            shown(os.path.basename(path)),
            shown(path),
            Path(path).as_uri(),
            shown(labels[row]),
            parts[row],
        )

    return dict(zip(paths, track(in_order(picture, paths), "drawing the page", len(paths), "pictures")))


def _side(samples: Samples) -> int:
    return SIDE_OF_LOCATED if samples.is_located else SIDE


def _small(path: str, sides: np.ndarray, thumbnail: np.ndarray, side: int) -> np.ndarray:
    """A photo as pixels, ``side`` of them on its longer side; where the file is gone, its thumbnail [32, 32, 3].

    ``sides`` are width and height of the upright photo, float [2], in pixels.
    """
    width, height = (max(1, round(side * its / max(sides))) for its in sides)
    left, top = (side - width) // 2, (side - height) // 2
    try:
        return decode(path, side, "pad")[top : top + height, left : left + width]
    except DataError:
        return thumbnail


def _as_jpeg(pixels: np.ndarray) -> tuple[str, int, int]:
    """A data URI, and width and height."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}", pixels.shape[1], pixels.shape[0]


def _chosen(finding: Finding) -> list[tuple[Case, tuple[str, ...]]]:
    """The cases that the page shows, each with the paths of its pictures."""
    chosen, pictures = [], 0
    for case in finding.cases[:MOST_PICTURES]:
        paths = case.paths[:MOST_OF_A_CASE]
        if pictures + len(paths) > MOST_PICTURES:
            break
        pictures += len(paths)
        chosen.append((case, paths))
    return chosen


def _section(finding: Finding, chosen: list[tuple[Case, tuple[str, ...]]], gallery: dict[str, Picture], source: Any) -> Section:
    if finding.says_it_all:
        return Section(finding, [], 0, False)
    cases = [
        Shown(
            case.note,
            [gallery[path] for path in paths if path in gallery],
            len(case.paths) - len(paths),
            [shown(inside(path, source)) for path in paths if path not in gallery],
        )
        for case, paths in chosen
    ]
    return Section(finding, cases, len(finding.cases) - len(cases), all(len(case.paths) == 1 for case, _ in chosen))


def _members(samples: Samples) -> dict[str, list[str]]:
    """A few photos of each of the largest classes, evenly drawn from its list."""
    paths: dict[str, list[str]] = {}
    for path, names in zip(samples.paths, samples.names, strict=True):
        for name in names:
            paths.setdefault(name, []).append(path)
    largest = sorted(paths, key=lambda name: -len(paths[name]))[:MOST_CLASSES]
    few = SAMPLES_OF_LOCATED if samples.is_located else SAMPLES
    return {name: [paths[name][i] for i in _even(len(paths[name]), few)] for name in largest}


def _labelled(members: dict[str, list[str]], gallery: dict[str, Picture]) -> list[Picture]:
    """Photos of all classes in turns, each once."""
    turns = chain.from_iterable(zip_longest(*members.values()))
    return [gallery[path] for path in islice((path for path in dict.fromkeys(turns) if path in gallery), MOST_LABELLED)]


def _classes(samples: Samples, members: dict[str, list[str]], gallery: dict[str, Picture]) -> list[Class]:
    counts = Counter((name, part) for names, part in zip(samples.names, samples.table["split"], strict=True) for name in names)
    total = Counter(name for names in samples.names for name in names)
    most = max(total.values())
    return [
        Class(
            shown(name),
            total[name],
            [(part, n, 100 * n / most) for part in (*PARTS, "") if (n := counts[name, part])],
            [gallery[paths[i]] for i in _even(len(paths), SAMPLES)],
        )
        for name, paths in members.items()
    ] + [Class(shown(name), 0, [], []) for name in samples.empty or ()]


def _even(n: int, most: int) -> Iterator[int]:
    return (i * n // min(n, most) for i in range(min(n, most)))
