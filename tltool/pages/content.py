"""Everything that the page of a run says, in order, as values: what is measured, what to do, what was confused, photos, curves, data."""

from collections.abc import Mapping
from typing import NamedTuple

from tltool.chart import Bars, Chart
from tltool.pages.advice import Advice, advise
from tltool.pages.answered import Chosen, Photo, choose_photos
from tltool.pages.confusions import MOST_CLASSES, Cell, Confusions, confuse
from tltool.pages.exhibits import Exhibit, Kept, exhibit
from tltool.pages.facts import Facts
from tltool.pages.learning import learning_curves, read_epochs, shares_panel, stretches, tell_epochs, tell_phases, tell_shares
from tltool.pages.plots import Plot, bars_of, plot, plots_of
from tltool.pages.tables import tell_data, tell_environment, tell_exports
from tltool.progress import Table
from tltool.summary import cross_validation_line, learning_curve_line, of_split, tell
from tltool.wording import counted, shown


class Room(NamedTuple):
    """How much of the photos a page shows: the longer side of a picture in pixels; how many pictures of a group, and of a cell of the
    confusion matrix; and of how many cells."""

    side: int
    group: int
    cell: int
    cells: int


class Headline(NamedTuple):
    """The one number: what it is, between what it lies, and what somebody would reach who has not seen the photos."""

    name: str
    score: float
    low: float
    high: float
    guessed: float | None
    what: str


class Group(NamedTuple):
    """Photos that belong together, ``more`` of them than are shown."""

    title: str
    says: str
    exhibits: list[Exhibit]
    more: int


class Confused(NamedTuple):
    """One cell of the matrix: where on the page its photos are (``""`` where they are not shown), how many, how it is said."""

    anchor: str
    n: int
    share: float
    is_right: bool
    says: str
    exhibits: list[Exhibit]
    more: int


class Matrix(NamedTuple):
    """``rows``: of each class, by what it was called. ``shown``: the cells whose photos are on the page. ``pairs``: what was confused
    most."""

    classes: list[str]
    rows: list[tuple[str, list[Confused]]]
    shown: list[Confused]
    pairs: list[Confused]
    too_large: bool

    @property
    def counts(self) -> list[tuple[str, list[int]]]:
        """The rows as numbers."""
        return [(name, [cell.n for cell in cells]) for name, cells in self.rows]


class Page(NamedTuple):
    """All of it. Every text is one line that can be shown.

    Attributes:
        name, place: of the run's folder.
        made: task, recipe, backbone.
        headline: None where nothing was measured.
        sentences: what else was measured, and what is to be known of the page itself (``notes``).
        bars, plots: what the ``chart`` of answers says.
        key: how answers and what is true are told apart in the pictures.
        lost: photos that are not as they were.
    """

    name: str
    place: str
    made: str
    state: str
    headline: Headline | None
    sentences: list[str]
    notes: list[str]
    advice: list[Advice]
    matrix: Matrix | None
    measured: list[Table]
    bars: Bars | None
    chart: Chart | None
    plots: list[Plot]
    key: str
    groups: list[Group]
    curves: list[Plot]
    tables: list[Table]
    epochs: Table | None
    exports: Table | None
    data: Table | None
    environment: Table
    command: str
    check: str


def chosen_photos(facts: Facts, room: Room) -> list[Photo]:
    """The photos of which a page with so much ``room`` has pictures."""
    cells = _shown_cells(_confusions(facts), room)
    groups = choose_photos(facts.photos, facts.task.measures.SCORE.name)
    return [
        *(photo for chosen in groups for photo in chosen.photos[: room.group]),
        *(photo for cell in cells for photo in cell.photos[: room.cell]),
    ]


def compose(facts: Facts, room: Room, kept: Mapping[str, Kept], notes: list[str]) -> Page:
    """The page of a run.

    Args:
        kept: photos as they are drawn, by path.
        notes: what is to be known of the page.
    """
    record, score = facts.record, facts.task.measures.SCORE
    told = [*tell(facts.report.content)] if facts.report else []
    epochs, chart = read_epochs(facts.history, score), facts.chart
    phases, shares = stretches(epochs), record.learning_curve
    groups = [_group(chosen, room, kept) for chosen in choose_photos(facts.photos, score.name)]
    crossed = facts.report.cross_validation if facts.report else None
    return Page(
        shown(facts.run.path.resolve().name),
        shown(facts.run.path),
        shown(", ".join(filter(None, (record.task, record.recipe, str(record.resolved.get("backbone", {}).get("name", "")))))),
        record.state,
        _headline(facts),
        [shown(line) for line in told if isinstance(line, str)]
        + ([shown(cross_validation_line(crossed.content))] if crossed else [])
        + ([learning_curve_line(shares.content, score.name)] if shares else []),
        [*filter(None, [shown(facts.asked)]), *notes, *_lost(kept)],
        [advice._replace(says=shown(advice.says), why=shown(advice.why), command=shown(advice.command)) for advice in advise(facts)],
        _matrix(_confusions(facts), room, kept),
        facts.details or [line for line in told if isinstance(line, Table)],
        bars_of(chart),
        chart,
        plots_of(chart),
        facts.task.pictures.KEY if facts.task.labels.ANNOTATED and kept else "",
        groups,
        [plot(panel, phases) for panel in learning_curves(epochs, score)] + ([plot(shares_panel(shares, score))] if shares else []),
        ([tell_phases(record, epochs, score)] if record.phases else []) + ([tell_shares(shares, score)] if shares else []),
        tell_epochs(epochs, score) if epochs else None,
        tell_exports(facts),
        tell_data(facts),
        tell_environment(facts),
        shown(facts.command),
        shown(facts.checking),
    )


def _headline(facts: Facts) -> Headline | None:
    if facts.report is None:
        return None
    what = f"{facts.report.n:,} {of_split(facts.report.split)}{facts.what}"
    return Headline(facts.task.measures.SCORE.name, facts.score, facts.interval[0], facts.interval[1], facts.guessed, shown(what))


def _lost(kept: Mapping[str, Kept]) -> list[str]:
    if not (lost := sum(bool(its.lost) for its in kept.values())):
        return []
    are = f"{counted(lost, 'photo')} of {len(kept):,} drawn here {'is' if lost == 1 else 'are'}"
    return [f"{are} not as when the run was measured, and marked; the numbers are those of then."]


def _group(chosen: Chosen, room: Room, kept: Mapping[str, Kept]) -> Group:
    few = chosen.photos[: room.group]
    return Group(chosen.title, chosen.says, [exhibit(photo, kept, room.side) for photo in few], len(chosen.photos) - len(few))


def _confusions(facts: Facts) -> Confusions | None:
    if not facts.photos or not facts.task.labels.EXCLUSIVE:
        return None
    return confuse(facts.photos, facts.record.classes)


def _shown_cells(confusions: Confusions | None, room: Room) -> list[Cell]:
    return [*confusions.cells][: room.cells] if confusions else []


def _matrix(confusions: Confusions | None, room: Room, kept: Mapping[str, Kept]) -> Matrix | None:
    if confusions is None:
        return None
    place = {name: number for number, name in enumerate(confusions.classes)}
    there = {(cell.true, cell.said) for cell in _shown_cells(confusions, room)}

    def confused(cell: Cell) -> Confused:
        is_shown = (cell.true, cell.said) in there
        anchor = f"cell-{place[cell.true]}-{place[cell.said]}" if is_shown else ""
        says = f"{shown(cell.true)}, answered {'right' if cell.is_right else shown(cell.said)}"
        few = cell.photos[: room.cell] if is_shown else []
        exhibits = [exhibit(photo, kept, room.side) for photo in few]
        return Confused(anchor, len(cell.photos), cell.share, cell.is_right, says, exhibits, len(cell.photos) - len(few))

    too_large = len(confusions.classes) > MOST_CLASSES
    rows = [] if too_large else [(shown(row[0].true), [confused(cell) for cell in row]) for row in confusions.rows]
    cells = [confused(cell) for cell in _shown_cells(confusions, room)]
    return Matrix([*map(shown, confusions.classes)], rows, cells, [confused(cell) for cell in confusions.pairs], too_large)
