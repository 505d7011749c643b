"""The part of a task that says how good answers are, and the one number that it is chosen by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np

    from tltool.progress import Table


class Score(NamedTuple):
    """The one number that chooses epochs and phases, and that gates ask for: 0…1, higher is better.

    Attributes:
        key: its name in ``report.json``, and in ``history.csv`` behind ``val_``; its interval is at ``key_interval``.
        name: what people call it, within a sentence.
        of_right: whether it is the share of the photos that are answered right, where every photo is either right or wrong.
    """

    key: str
    name: str
    of_right: bool = False


class Measuring(Protocol):
    """How good answers are."""

    @property
    def SCORE(self) -> Score: ...
    @property
    def FORM(self) -> "type[Any]":
        """What ``report.json`` must look like for ``told`` to tell it."""

    def score(self, labels: "np.ndarray", answers: Any, classes: Sequence[str]) -> float:
        """``SCORE`` alone, of encoded labels and of answers as ``answers.read`` gives them."""

    def measure(self, labels: "np.ndarray", answers: Any, classes: list[str], split: str, settled: Mapping[str, Any]) -> dict[str, Any]:
        """The content of ``report.json``.

        Args:
            labels: encoded, n ≥ 1 of them.
            answers: as ``answers.read`` gives them, such as probabilities [n, classes].
            split: what was measured, for the record.
            settled: what ``answers.settle`` found out.
        """

    def each(self, labels: "np.ndarray", answers: Any, classes: Sequence[str], settled: Mapping[str, Any]) -> "np.ndarray":
        """How good the answer about each photo is, 0…1, float64 [n]; NaN of one with nothing to find, in which nothing was found."""

    def weighted(
        self, labels: "np.ndarray", answers: Any, classes: Sequence[str], settled: Mapping[str, Any], weights: "np.ndarray"
    ) -> "np.ndarray":
        """``SCORE`` as the report has it, once for each row of ``weights`` [b, n], which say how often a photo counts, float64 [b]."""

    def floor(self, labels: "np.ndarray", classes: Sequence[str], what: str, learned: "np.ndarray") -> str:
        """A sentence: what somebody who has not seen the photos would reach on them.

        Args:
            labels: encoded, n ≥ 1 of them.
            what: they are, such as ``validation photos``.
            learned: encoded labels of the training photos, from which a guesser may have learned.
        """

    def guessed(self, report: Mapping[str, Any]) -> float | None:
        """What somebody would reach by ``SCORE`` who has not seen the photos, of a report; None where it does not say it."""

    def told(self, report: Mapping[str, Any]) -> "Iterable[Table | str]":
        """The same for people: tables, and a sentence with the score, its interval and what a guesser would reach."""
