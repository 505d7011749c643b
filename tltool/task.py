"""What a task is: the parts that differ between naming a photo's class and whatever else is asked of it. Every room knows these
protocols and no task; ``catalog.TASKS`` says where each task lies, and a task is a package whose modules are its parts.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from tltool.calibrating import Calibrating
from tltool.catalog import TASKS
from tltool.delivery import Charting, Detailing, Drawing, Exporting, Outputs
from tltool.lookup import entry, locate
from tltool.measuring import Measuring

if TYPE_CHECKING:
    import keras
    import numpy as np
    import pandas

    from tltool.specs import Head


class Solved(NamedTuple):
    """A head whose weights were solved for: its score on the validation photos, by which method and strength of regularization."""

    score: float
    method: str
    strength: float


class Choice(NamedTuple):
    """One thing that an answer says of a photo: a class, how sure of it (0…1), and where, by the names that the task's ``PLACE`` gives."""

    label: str
    score: float
    place: tuple[float, ...] = ()


Targets = Callable[["np.ndarray", "np.ndarray | None"], "np.ndarray"]
"""What a model is to give: places int [b] of encoded labels, and of each the matrix [b, 2, 3] by which its photo varies (a place in the
varied square → its place in the square as it is) or None for none, → float32 [b, …]."""


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

    @property
    def ANNOTATED(self) -> bool:
        """Whether labels lie in files of their own beside the photos, as boxes and masks do. They are encoded as ``Truth``."""

    @property
    def POINTED(self) -> bool:
        """Whether classes are the names of points. Then ``may_flip``, ``targets``, ``score`` and ``floor`` also take ``given``, what a user
        says of them, as ``Samples`` has it; and it is part of what is ``settled``."""

    @property
    def FIT(self) -> str:
        """How a photo becomes a square where the user does not say it."""

    def may_flip(self, classes: Sequence[str]) -> bool:
        """Whether a photo and its mirror image are labelled alike, but for places."""

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

    def rarest(self, labels: "np.ndarray") -> "np.ndarray":
        """Of encoded labels, int [n]: the class that each photo is counted to where photos are balanced or taken in turns."""

    def frames(self, labels: "np.ndarray", size: int, fit: str) -> list[Any]:
        """Of encoded labels, where each photo lies in the square that the model sees, as ``data.geometry.Frame``; none where answers do not
        depend on it."""


class Heads(Protocol):
    """Features → outputs, and how they are learned."""

    @property
    def ON_MAP(self) -> bool:
        """Whether it stands on a map of features at a quarter of the photo's side, and not on pooled ones."""

    def attach(self, features: Any, head: "Head", classes: int, seed: int) -> Any:
        """A tensor of features [n, d], or ``ON_MAP`` [n, h, w, d] → outputs [n, …], such as probabilities [n, classes]. A layer called
        ``logits`` marks what the loss is taken of."""

    def fits(self, model: "keras.Model", classes: int) -> bool:
        """Whether the outputs of ``model`` are of so many classes."""

    def loss(self, model: "keras.Model", label_smoothing: float) -> "keras.losses.Loss":
        """On the ``logits`` of ``model``, against the rows of ``targets``."""

    def metric(self, model: "keras.Model") -> "keras.metrics.Metric | None":
        """The score, called by its key, on the ``logits`` of ``model``; None where ``measures.score`` must take it of answers."""

    def targets(self, model: "keras.Model", labels: "np.ndarray", classes: Sequence[str], fit: str) -> Targets:
        """Encoded labels → what ``model`` is to give.

        Args:
            fit: how the photos became the squares that ``model`` sees.
        """

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
    """What a model's outputs say."""

    def said(self, outputs: "np.ndarray", classes: Sequence[str], settled: Mapping[str, Any], frames: Sequence[Any] = ()) -> list[str]:
        """Outputs [n, …] → a cell for each photo, as in ``split.csv``.

        Args:
            settled: what ``settle`` found out.
            frames: where each photo lies in the square; not needed where ``labels.frames`` gives none.
        """

    def columns(self, outputs: "np.ndarray", classes: Sequence[str]) -> "dict[str, np.ndarray]":
        """What ``predictions.csv`` keeps beside ``said``, by the names of its columns; arrays [n]."""

    def read(self, predictions: "pandas.DataFrame", classes: Sequence[str]) -> Any:
        """The answers in such a table, one for each photo, as ``measures`` takes them."""

    @property
    def TILED(self) -> bool:
        """Whether photos may be cut into tiles, because ``merged`` puts together what is said of them."""

    def merged(self, answers: Sequence[Any], tiling: Any) -> Any:
        """What is said of the tiles of a photo, each as ``read`` gives it, → what is said of the photo. Only where ``TILED``.

        Args:
            tiling: as ``data.tiles.Tiling`` has it; answers are in the order of its tiles.
        """

    def shown(self, answer: Any, settled: Mapping[str, Any]) -> Any:
        """What of an answer, one of those that ``read`` gives, is shown where nobody says how much. Only where labels are ``ANNOTATED``."""

    @property
    def NOTHING(self) -> str:
        """For people: what is said of a photo of which nothing is named."""

    @property
    def MEASURE(self) -> str:
        """For people: what the score of a choice is, such as its probability."""

    @property
    def PLACE(self) -> tuple[str, ...]:
        """What the numbers are called that say where a choice is, in pixels of the photo; none where nothing is located."""

    def choose(self, cell: str, outputs: "np.ndarray", classes: Sequence[str], settled: Mapping[str, Any], top: int | None) -> list[Choice]:
        """Of one photo's answer, ``cell`` from ``said`` and its ``outputs`` […], what is shown, the highest score first: all that is
        named, or with ``top`` as many of the highest."""

    def record(self, cell: str, chosen: Sequence[Choice]) -> dict[str, Any]:
        """The same for JSON.

        Args:
            chosen: from ``choose``.
        """

    @property
    def SETTLES(self) -> bool: ...

    def settle(self, answers: Any, labels: "np.ndarray", classes: Sequence[str], learned: "np.ndarray") -> dict[str, Any]:
        """What answers and their measurement depend on beside the model, kept in ``run.json``.

        Args:
            answers: of the validation photos, as ``read`` gives them, said with nothing settled.
            labels: encoded, of the same photos.
            learned: those of the training photos.
        """


class Checking(Protocol):
    """What can be wrong with labels."""

    @property
    def CHECKS(self) -> tuple[Callable[[Any], Any], ...]:
        """Each takes the ``Evidence`` of ``checks`` and gives a ``Finding``, or None where there is nothing to look at."""


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
    def charts(self) -> Charting:
        """Only where labels are ``ANNOTATED``, as ``pictures``, or ``EXCLUSIVE``, as ``details``."""

    @property
    def details(self) -> Detailing: ...
    @property
    def checks(self) -> Checking: ...
    @property
    def outputs(self) -> Outputs: ...
    @property
    def exported(self) -> Exporting: ...
    @property
    def pictures(self) -> Drawing:
        """Only where labels are ``ANNOTATED``."""

    @property
    def calibration(self) -> Calibrating:
        """Only where ``calibration_of`` finds it."""


def calibration_of(name: str) -> Calibrating | None:
    """How far the answers of the task called ``name`` can be trusted, where the task has a part for it. Raises as ``task_named`` does."""
    return getattr(task_named(name), "calibration", None)


def task_named(name: str) -> Task:
    """The task called ``name``.

    Raises:
        SpecError: there is none; the message names those that there are.
    """
    task: Task = locate(entry(name, TASKS, "The task"))
    return task
