"""What a task is: the parts that differ between naming a photo's class and whatever else is asked of it. Every room knows these
protocols and no task; ``catalog.TASKS`` says where each task lies, and a task is a package whose modules are its parts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tltool.catalog import TASKS
from tltool.lookup import entry, locate

if TYPE_CHECKING:
    import keras
    import numpy as np

    from tltool.parity import Parity
    from tltool.progress import Table
    from tltool.specs import Head


class Score(NamedTuple):
    """The one number that chooses epochs and phases, and that gates ask for: 0…1, higher is better.

    Attributes:
        key: its name in ``report.json``, and in ``history.csv`` behind ``val_``; its interval is at ``key_interval``.
        name: what people call it, within a sentence.
    """

    key: str
    name: str


class Solved(NamedTuple):
    """A head whose weights were solved for: its score on the validation photos, by which method and strength of regularization."""

    score: float
    method: str
    strength: float


class Listing(NamedTuple):
    """Photos as a user lists them in a CSV or a DataFrame, before anything is looked at.

    Attributes:
        columns: their names; those that are known (path, label, labels, split, group) in small letters.
        lines: the cells of every line by column.
        numbers: where each line stands, such as ``line 7``.
        source: the file, for people.
    """

    columns: list[str]
    lines: list[dict[str, Any]]
    numbers: list[str]
    source: str


class Labels(Protocol):
    """A label as text, one cell of ``split.csv``, and as numbers."""

    @property
    def EXCLUSIVE(self) -> bool:
        """Whether every photo has exactly one class, as photos in class folders have."""

    @property
    def COLUMN(self) -> str:
        """What a CSV of photos calls them."""

    @property
    def WORD(self) -> str:
        """What people call one of them."""

    def recognize(self, listing: Listing) -> str:
        """Why a list must be labelled so, as the end of a sentence; ``""`` where it need not be."""

    def read(self, listing: Listing) -> list[str | None]:
        """The cell of every line, as in ``split.csv``; None where a label is missing.

        Raises:
            DataError: the list is not labelled so.
        """

    def join(self, one: str, other: str) -> str | None:
        """What two lines of one photo say together; None where the second is a mistake."""

    def names(self, cell: str) -> tuple[str, ...]:
        """The classes that a cell names."""

    def encode(self, cells: Sequence[str], classes: Sequence[str]) -> "np.ndarray":
        """Cells as numbers, one row for each."""

    def has(self, labels: "np.ndarray", classes: int) -> "np.ndarray":
        """Of encoded labels, which classes each photo has, bool [n, classes]."""

    def rarest(self, labels: "np.ndarray") -> "np.ndarray":
        """Of encoded labels, int [n]: the class that each photo is counted to where photos are balanced or taken in turns."""


class Heads(Protocol):
    """Features → outputs, and how they are learned."""

    def attach(self, features: Any, head: "Head", classes: int, seed: int) -> Any:
        """A tensor of features [n, d] → probabilities [n, classes]. A layer called ``logits`` marks what the loss is taken of."""

    def loss(self, model: "keras.Model", label_smoothing: float) -> "keras.losses.Loss":
        """On the ``logits`` of ``model``, against the rows of ``targets``."""

    def metric(self, model: "keras.Model") -> "keras.metrics.Metric":
        """The score, called by its key, on the ``logits`` of ``model``."""

    def targets(self, model: "keras.Model", labels: "np.ndarray") -> "np.ndarray":
        """Encoded labels → float32, one row for each."""

    def solve(
        self,
        model: "keras.Model",
        train: "tuple[np.ndarray, np.ndarray]",
        validation: "tuple[np.ndarray, np.ndarray]",
        balanced: bool,
        views: int,
    ) -> Solved:
        """Give the ``logits`` of ``model``, a head without hidden layers, the weights of the best linear classifier.

        Args:
            train, validation: features [n, d] and encoded labels; those of ``train`` view after view.
            balanced: let every class count the same.
            views: how often each photo is in ``train``.
        """


class Answering(Protocol):
    """What a model's probabilities say."""

    def said(self, probabilities: "np.ndarray", classes: Sequence[str], settled: Mapping[str, Any]) -> list[str]:
        """Probabilities [n, classes] → a cell for each photo, as in ``split.csv``.

        Args:
            settled: what ``settle`` found out.
        """

    @property
    def NOTHING(self) -> str:
        """For people: what is said of a photo of which nothing is named."""

    def choose(self, scores: "np.ndarray", classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[tuple[str, float]]:
        """Of one photo's probabilities [classes] those that are shown, by class and the largest first: what is named, or with ``top`` as
        many of the most probable."""

    def record(self, named: Sequence[str], chosen: Sequence[tuple[str, float]]) -> dict[str, Any]:
        """The same for JSON.

        Args:
            named: the classes that ``said`` names.
            chosen: from ``choose``.
        """

    @property
    def SETTLES(self) -> bool: ...

    def settle(self, probabilities: "np.ndarray", labels: "np.ndarray", classes: Sequence[str]) -> dict[str, Any]:
        """What answers depend on beside the model, chosen on the validation photos and kept in ``run.json``."""


class Measuring(Protocol):
    """How good answers are."""

    @property
    def SCORE(self) -> Score: ...
    @property
    def FORM(self) -> "type[Any]":
        """What ``report.json`` must look like for ``told`` to tell it."""

    def measure(
        self, labels: "np.ndarray", probabilities: "np.ndarray", classes: list[str], split: str, settled: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The content of ``report.json``.

        Args:
            labels: encoded, n ≥ 1 of them.
            probabilities: [n, classes].
            split: what was measured, for the record.
            settled: what ``answers.settle`` found out.
        """

    def floor(self, labels: "np.ndarray", classes: Sequence[str], what: str) -> str:
        """A sentence: what somebody who has not seen the photos would reach on them.

        Args:
            labels: encoded, n ≥ 1 of them.
            what: they are, such as ``validation photos``.
        """

    def told(self, report: Mapping[str, Any]) -> "Iterable[Table | str]":
        """The same for people: tables, and a sentence with the score, its interval and what a guesser would reach."""


class Checking(Protocol):
    """What can be wrong with labels."""

    @property
    def CHECKS(self) -> tuple[Callable[[Any], Any], ...]:
        """Each takes the ``Evidence`` of ``checks`` and gives a ``Finding``, or None where there is nothing to look at."""


class Exporting(Protocol):
    """What an export says of itself, and how far it answers like the model it came from."""

    @property
    def MEANING(self) -> str:
        """What the scores are, for whoever calls the model."""

    @property
    def CALIBRATES(self) -> bool:
        """Whether a curve of calibration goes with the scores; not where thresholds hold for the scores as they are."""

    @property
    def SAME(self) -> float:
        """The share of photos whose answer stays the same in whatever computes in float, but for rounding."""

    @property
    def TEMPLATES(self) -> str:
        """The package whose ``templates/`` are taken before those of ``exports/bundle``; ``""`` for none."""

    def leads(self, probabilities: "np.ndarray", classes: Sequence[str], settled: Mapping[str, Any]) -> "np.ndarray":
        """By how much the probabilities [n, classes] of each photo are away from another answer, float [n], 0…1."""

    def answer_in(self, tf: Any, probabilities: Any, classes: Sequence[str], settled: Mapping[str, Any]) -> Any:
        """``answers.said`` as TensorFlow operations: a tensor float32 [n, classes] → string [n]."""

    def compare(
        self,
        reference: "np.ndarray",
        exported: "np.ndarray",
        labels: "np.ndarray",
        photos: Sequence[str],
        classes: Sequence[str],
        settled: Mapping[str, Any],
    ) -> "Parity":
        """Probabilities [n, classes] of two models on the same photos, whose encoded labels are ``labels``.

        Args:
            photos: what they are called.

        Raises:
            ExportError: shapes that differ, no photos, or scores that are not numbers.
        """


class Task(Protocol):
    """One task; its package is imported when it is asked for, and each part when it is used."""

    @property
    def labels(self) -> Labels: ...
    @property
    def head(self) -> Heads: ...
    @property
    def answers(self) -> Answering: ...
    @property
    def measures(self) -> Measuring: ...
    @property
    def checks(self) -> Checking: ...
    @property
    def exported(self) -> Exporting: ...


def task_named(name: str) -> Task:
    """The task called ``name``.

    Raises:
        SpecError: there is none; the message names those that there are.
    """
    task: Task = locate(entry(name, TASKS, "The task"))
    return task
