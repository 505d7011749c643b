"""What a comparison returns: three models side by side, what convolution saves, and answers for photos that are moved."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tltool.atomic import write_json
from tltool.errors import RunError
from tltool.intervals import wilson
from tltool.progress import Table, table
from tltool.renamed import former_names
from tltool.runs.contents import COMPARISON_FILES

FILE = COMPARISON_FILES[0]
SHOWN = (0, 4, 8, 16)  # pixels, in the table of moved photos
COLUMNS = ("model", "accuracy", "95 % interval", "parameters that learn", "frozen", "multiply-adds", "training", "on disk")
UNITS_OF_COUNTING = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))

if not TYPE_CHECKING:
    __getattr__ = former_names(__name__)


@dataclass(frozen=True)
class Moved:
    """The answers for ``n`` photos whose content lies ``right`` and ``down`` pixels from where it was.

    Attributes:
        wrap: what leaves on one side comes in on the other; else the border's pixels are repeated.
        accuracy, accuracy_interval: and Wilson's 95 % interval.
        unchanged: share of the photos that get the same answer as where they were.
    """

    right: int
    down: int
    wrap: bool
    n: int
    accuracy: float
    accuracy_interval: list[float]
    unchanged: float


@dataclass(frozen=True)
class Contender:
    """One model of the comparison.

    Attributes:
        run: folder of its run.
        learned, frozen: parameters that the training changed, and that it left as they were.
        multiply_adds: for one photo.
        seconds, epochs: of the training, validation included; epochs of the backbone or stack, 0 where a head was solved alone.
        bytes: of ``model.keras``.
        moved: answers for photos that are moved.
    """

    name: str
    run: str
    accuracy: float
    accuracy_interval: list[float]
    learned: int
    frozen: int
    multiply_adds: int
    seconds: float
    epochs: int
    bytes: int
    moved: list[Moved] = field(default_factory=list)

    def distances(self, wrap: bool) -> dict[int, Moved]:
        """By distance in pixels, the mean over the directions. The interval is that of one direction, as the same photos moved four ways
        say little more than moved once."""
        return pool_directions([moved for moved in self.moved if moved.wrap == wrap])


@dataclass(frozen=True)
class PairedTest:
    """Two models on the same photos: how many only one of them gets right, and McNemar's p."""

    better: str
    worse: str
    won: int
    lost: int
    p: float


@dataclass(frozen=True)
class Saving:
    """What one convolution does without.

    Attributes:
        weights: of its kernels.
        connections: numbers that one output is computed from.
        dense_connections: the same of a dense layer in its place.
        outputs: how many there are.
    """

    layer: str
    weights: int
    connections: int
    dense_connections: int
    outputs: int

    @property
    def unshared(self) -> int:
        """Weights if every place had kernels of its own."""
        return self.connections * self.outputs

    @property
    def dense(self) -> int:
        """Weights if every output were joined to everything that enters."""
        return self.dense_connections * self.outputs


@dataclass(frozen=True)
class Compared:
    """Three models trained on the same photos, the worst first or not, as they come out.

    Attributes:
        budget: what they had in equal measure, ``parameters`` or ``time``.
        split, n: which photos were measured, and how many.
        baseline: accuracy of always naming the largest class.
        savings: one per convolution of the stack.
        example: a photo to show what moving means, read as ``fit`` says.
    """

    folder: Path
    budget: str
    size: int
    fit: str
    training_photos: int
    split: str
    n: int
    baseline: float
    contenders: list[Contender]
    paired_tests: list[PairedTest]
    savings: list[Saving]
    example: str

    def said(self) -> Iterable[Table | str]:
        yield table(
            f"Equal {self.budget}: {self.training_photos:,} training photos at {self.size} px, measured on {self.n:,} {self.split} photos",
            COLUMNS,
            map(_row, self.contenders),
        )
        yield from map(_verdict, self.paired_tests)
        yield table(
            "Sharing and sparsity: weights of the stack's convolutions",
            ("layer", "inputs per output", "of", "weights", "unless shared", "dense"),
            map(_saving_row, self.savings),
        )
        yield table(
            f"Translation: accuracy on photos moved by so many pixels, and how many answers stay as they were at {SHOWN[-1]}",
            ("model", "border", *(f"{distance} px" for distance in SHOWN), "same answers"),
            self._moved_rows(),
        )
        yield f"Everything lies in {self.folder}: {', '.join(COMPARISON_FILES)} and the three runs."

    def records(self) -> Iterable[dict[str, Any]]:
        for entrant in self.contenders:
            yield asdict(entrant)
        for duel in self.paired_tests:
            yield {"duel": asdict(duel)}
        for saving in self.savings:
            yield asdict(saving) | {"unshared": saving.unshared, "dense": saving.dense}

    def write(self) -> None:
        """``comparison.json`` into the folder.

        Raises:
            RunError: it cannot be written.
        """
        write_json(self.folder / FILE, asdict(self) | {"folder": str(self.folder)}, RunError)

    def _moved_rows(self) -> Iterable[tuple[object, ...]]:
        for entrant in self.contenders:
            for wrap in (False, True):
                found = entrant.distances(wrap)
                yield (
                    entrant.name,
                    "wraps around" if wrap else "repeated",
                    *(f"{found[distance].accuracy:.3f}" for distance in SHOWN),
                    f"{found[SHOWN[-1]].unchanged:.0%}",
                )


def pool_directions(moved: Sequence[Moved]) -> dict[int, Moved]:
    """See ``Entrant.distances``."""
    pooled = {}
    for distance in sorted({max(abs(move.right), abs(move.down)) for move in moved}):
        ways = [move for move in moved if max(abs(move.right), abs(move.down)) == distance]
        n, accuracy = ways[0].n, sum(move.accuracy for move in ways) / len(ways)
        pooled[distance] = Moved(
            distance, 0, ways[0].wrap, n, accuracy, wilson(round(accuracy * n), n), sum(move.unchanged for move in ways) / len(ways)
        )
    return pooled


def abridged(number: int) -> str:
    """``31.9 M``: three digits are enough to compare."""
    for unit, letter in UNITS_OF_COUNTING:
        if number >= 0.9995 * unit:
            return f"{number / unit:.3g} {letter}"
    return str(number)


def _row(entrant: Contender) -> tuple[object, ...]:
    low, high = entrant.accuracy_interval
    frozen = f"{entrant.frozen:,}" if entrant.frozen else "–"
    return (
        entrant.name,
        f"{entrant.accuracy:.3f}",
        f"{low:.3f}–{high:.3f}",
        f"{entrant.learned:,}",
        frozen,
        abridged(entrant.multiply_adds),
        f"{entrant.seconds:.0f} s",
        f"{entrant.bytes / 1e6:.2f} MB",
    )


def _saving_row(saving: Saving) -> tuple[object, ...]:
    return (
        saving.layer,
        f"{saving.connections:,}",
        f"{saving.dense_connections:,}",
        f"{saving.weights:,}",
        abridged(saving.unshared),
        abridged(saving.dense),
    )


def _verdict(duel: PairedTest) -> str:
    how = f"alone right on {duel.won} photos, alone wrong on {duel.lost} (McNemar's p = {duel.p:.2g})"
    if duel.p > 0.05:
        return f"Undecided: {duel.better} against {duel.worse}; the first is {how}."
    return f"Better: {duel.better} than {duel.worse}, {how}."
