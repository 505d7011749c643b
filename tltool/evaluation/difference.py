"""What comes of holding two runs beside one another: whether their difference may be chance, and the photos that tell them apart."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tltool.progress import Table, table
from tltool.task import task_named
from tltool.wording import counted

CHANCE = 0.05  # what is likelier than this among equals is no difference
SHOWN = 10  # photos


@dataclass(frozen=True)
class Side:
    """One of the two runs.

    Attributes:
        run: its folder.
        made_with: its recipe, and its backbone where it has one.
        score, interval: 0…1, as its report says.
        seconds: its training took.
        bytes: of its ``model.keras``.
    """

    run: str
    made_with: str
    score: float
    interval: list[float]
    seconds: float
    bytes: int


@dataclass(frozen=True)
class Turned:
    """A photo about which the second run's answer is better or worse than the first's: how good they are, 0…1, and what they say as
    ``predictions.csv`` has it."""

    path: str
    label: str
    before: float
    after: float
    said_before: str
    said_after: str


@dataclass(frozen=True)
class Difference:
    """The second of two runs beside the first.

    Attributes:
        task: what both were asked.
        score: what people call the number that they are compared by.
        of: what was measured, such as ``test photos``; ``n`` of them.
        gain: score of the second less that of the first, and its ``interval``, the middle 95 % over resampled photos.
        p: how likely a difference as large is between equals, see ``tell_apart``.
        test: the name of the test that says so.
        turned: photos whose answers are not equally good, what became worst first.
    """

    task: str
    score: str
    of: str
    n: int
    sides: tuple[Side, Side]
    gain: float
    interval: list[float]
    p: float
    test: str
    turned: list[Turned]

    @property
    def is_real(self) -> bool:
        """Whether a difference as large is rarer than one in twenty between equals."""
        return self.p < CHANCE

    def said(self) -> Iterable[Table | str]:
        yield table(
            f"{self.n:,} {self.of}, answered by two runs",
            ("run", "made with", self.score, "95 % interval", "training", "model.keras"),
            map(_row, self.sides),
        )
        yield self._verdict()
        if self.turned:
            yield self._photos()

    def records(self) -> Iterable[dict[str, Any]]:
        facts = {name: value for name, value in asdict(self).items() if name != "turned"}
        yield {**facts, "is_real": self.is_real}
        yield from ({"photo": asdict(photo)} for photo in self.turned)

    def _verdict(self) -> str:
        if not self.turned:
            return f"No difference: both answer equally well about each of the {self.of}."
        better = sum(photo.after > photo.before for photo in self.turned)
        worse = len(self.turned) - better
        if self.is_real:
            verdict = f"The {'second' if self.gain > 0 else 'first'} is better"
        else:
            verdict = "Inside the noise, as two equals would differ by chance"
        return (
            f"{verdict}: the {self.score} of the second is {_gain(self)}; its answers are better about {counted(better, 'photo')} and "
            f"worse about {worse} ({self.test}, p = {self.p:.2g})."
        )

    def _photos(self) -> Table:
        worse = [photo for photo in self.turned if photo.after < photo.before]
        better = [photo for photo in reversed(self.turned) if photo.after > photo.before]
        few = [*worse[: SHOWN // 2], *better[: SHOWN // 2]]
        more = len(self.turned) - len(few)
        title = "Photos that became worse, then better" + (f"; --json lists {more} more" if more else "")
        if task_named(self.task).labels.ANNOTATED:
            return table(title, ("photo", "first", "second"), [(its.path, f"{its.before:.2f}", f"{its.after:.2f}") for its in few])
        return table(title, ("photo", "is", "first", "second"), [(its.path, its.label, its.said_before, its.said_after) for its in few])


def _row(side: Side) -> tuple[object, ...]:
    low, high = side.interval
    return side.run, side.made_with, f"{side.score:.3f}", f"{low:.3f}–{high:.3f}", f"{side.seconds:.0f} s", f"{side.bytes / 1e6:.1f} MB"


def _gain(its: Difference) -> str:
    low, high = its.interval
    by = f"{abs(its.gain):.3f} {'higher' if its.gain > 0 else 'lower'}" if its.gain else "the same"
    return f"{by} (95 % interval {low:+.3f} to {high:+.3f})"
