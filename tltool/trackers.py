"""Trackers: what keeps the numbers of trainings elsewhere, beside those of other trainings. What one must do, and which are installed.

``--track mlflow`` or ``--track NAME:PLACE``. Other packages bring theirs as entry points of the group ``tltool.trackers``, each under its
name: a class, or a function, that is given the place as it was typed (``""`` where none was) and returns a ``Tracker``. It is asked at the
door, before any photo is read, so it loads nothing heavy; it raises ``ValueError`` for a place that cannot be.
"""

import re
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from tltool import catalog
from tltool.errors import SpecError, TltoolError
from tltool.lookup import entry, locate
from tltool.wording import quoted

GROUP = "tltool.trackers"
SECRET = re.compile(r"(?<=://)[^/\s]\S*@|(?<=[?&])[^=&\s]*(?:pass|pwd|token|secret|key)[^=&\s]*=[^&\s]*", re.IGNORECASE)
DEEPEST = 20  # errors behind one another
LONGEST = 300  # characters of what others raise

Value = str | int | float | bool


class Shape(NamedTuple):
    """A tensor that a model takes or gives: ``sides`` of which the first is −1, for any number of photos."""

    dtype: str
    sides: tuple[int, ...]


class Shapes(NamedTuple):
    """What a model takes, and what it gives."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]


class Tracker(Protocol):
    """Keeps what one training says. Its methods are called one after the other, in a thread beside the training, which waits only at its
    end, and not for long. One that raises is called again with the same values later; the training goes on whatever it does."""

    def start(self, name: str, params: Mapping[str, Value], before: str) -> str:
        """Begin, and return by what it is found again.

        Args:
            name: of the run's folder.
            params: everything that was asked for, as it was resolved, such as ``training.epochs``, and what it was asked of.
            before: what this method returned when a run that is now resumed was begun; ``""`` for a new one.
        """

    def epoch(self, step: int, metrics: Mapping[str, float]) -> None:
        """One row of ``history.csv``.

        Args:
            step: epochs of all phases, from 1; only those come twice that an interrupted run has to do again.
            metrics: by phase and name, such as ``fine-tuning/val_accuracy``.
        """

    def finish(self, metrics: Mapping[str, float], files: Mapping[str, Path], shapes: Shapes) -> None:
        """The run is finished.

        Args:
            metrics: the numbers of ``report.json``, by the part that was measured and name, such as ``test/accuracy``; the ends of an
                interval as ``test/accuracy_low`` and ``test/accuracy_high``.
            files: what to keep, by where to keep it; a folder ``model`` holds all it takes to use the model. No photo, and no name of one.
            shapes: of the model.
        """

    def fail(self, reason: str, interrupted: bool) -> None:
        """The run came to no end; it may be resumed later."""


def known_trackers() -> dict[str, Callable[[], Callable[[str], Tracker]]]:
    """What loads each tracker, by name: those of ``catalog.TRACKERS``, and those that other packages bring."""
    others = {found.name: found.load for found in sorted(entry_points(group=GROUP), key=lambda found: found.name)}
    own = {name: lambda address=address: locate(address) for name, address in catalog.TRACKERS.items()}
    return cast(dict[str, Callable[[], Callable[[str], Tracker]]], {**others, **own})


def open_tracker(track: str) -> Tracker:
    """The tracker that ``track`` names, as ``NAME`` or ``NAME:PLACE``.

    Raises:
        SpecError: there is none of that name, it cannot be loaded, the place cannot be, or it says a password.
    """
    if SECRET.search(track):
        raise SpecError(
            f"--track must say no user, password or token, since the run keeps it. Received: {without_secrets(track)!r}. Put them where "
            "the tracker itself looks for them; MLflow takes a whole address from MLFLOW_TRACKING_URI."
        )
    name, _, place = track.partition(":")
    load = entry(name, known_trackers(), "--track")
    try:
        return load()(place)
    except TltoolError:
        raise
    except Exception as error:  # of code of others
        raise SpecError(
            f"--track must name a tracker that can be used. Received: {quoted(track)} ({reason_of(error)}). Mend it, or leave --track out."
        ) from None


def without_secrets(text: str) -> str:
    """``text`` with what may be a user, a password or a token in an address left out."""
    return SECRET.sub("…", text)


def reason_of(error: BaseException) -> str:
    """What an error of a tracker says, in a line, without secrets; in the words of the system where it comes from there in the end."""
    inner: BaseException | None = error
    for _ in range(DEEPEST):  # causes of errors of others may go in a circle
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner and (inner.__cause__ or inner.__context__)
    said = without_secrets(" ".join(str(error).split())) or type(error).__name__
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
