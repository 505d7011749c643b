"""A training followed by a tracker, from its first epoch to its end, whatever that is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from tltool.errors import RunError
from tltool.progress import say, warn
from tltool.runs import Run
from tltool.trackers import Shapes, Tracker, open_tracker, reason_of
from tltool.tracking.courier import Courier
from tltool.tracking.told import files_of, metrics_of_epoch, metrics_of_report, params_of, shapes_of
from tltool.wording import described

PATIENCE = 30.0  # seconds that the end of a run waits for its tracker
FAREWELL = 10.0  # where somebody wants it to stop
SPEED = 1 << 20  # bytes that it is trusted to take in one of them more

LONGEST_ID = 1000  # characters, see ``Record.tracked``

Hear = Callable[[Sequence[dict[str, Any]]], None]
Follow = Callable[[int], Hear]


def nobody(done: int) -> Hear:
    """Where there is no tracker."""
    return lambda history: None


@contextmanager
def tracked(run: Run, track: str | None, model: Any) -> Iterator[Follow]:
    """While it lasts, ``run`` is trained and measured; its tracker hears of every epoch and, at the end, how it ended.

    Yields what ``train`` takes: given how many epochs are done already, it returns what is to be given the growing history. A tracker
    that cannot be reached is warned of once; what it has not heard is told again with the next epoch, and a last time at the end.

    Args:
        track: ``NAME`` or ``NAME:PLACE``, see ``tltool.trackers``; None for nobody.
        model: the ``keras.Model`` that learns.

    Raises:
        SpecError: there is no such tracker.
    """
    if track is None:
        yield nobody
        return
    follower = Follower(run, track, open_tracker(track), shapes_of(model))
    ended: BaseException | None = None
    try:
        yield follower.follow
    except BaseException as error:
        ended = error
        raise
    finally:
        follower.end(ended)


class Follower:
    """One run, its tracker, and the courier between them."""

    def __init__(self, run: Run, track: str, tracker: Tracker, shapes: Shapes) -> None:
        record = run.record
        self.run, self.track, self.tracker, self.shapes = run, track, tracker, shapes
        self.noted = self.found_as = record.tracked
        self.told, self.warned = 0, False
        self.courier = Courier()
        self.courier.take(partial(self._start, params_of(record), record.tracked))

    def follow(self, done: int) -> Hear:
        """What hears the growing history, of which a run that is resumed has told the first ``done`` rows before."""
        self.told = done if self.noted else 0
        return self.hear

    def hear(self, history: Sequence[dict[str, Any]]) -> None:
        for step, row in enumerate(history[self.told :], start=self.told + 1):
            self.courier.take(partial(self.tracker.epoch, step, metrics_of_epoch(row)))
        self.told = max(self.told, len(history))
        self._note()
        self._look()

    def end(self, error: BaseException | None) -> None:
        """Tell how it ended, and wait for the tracker, but not for long."""
        size = sum(file.stat().st_size for file in files_of(self.run.path).values())
        patience = FAREWELL if isinstance(error, KeyboardInterrupt) else PATIENCE + size / SPEED
        self.courier.take(partial(self._conclude, error))
        whole = self.courier.close(patience)
        self._note()
        if isinstance(error, KeyboardInterrupt):
            return  # nothing more is said: whatever is, after a signal, would be interrupted by it
        self._look()
        if whole:
            say(f"Tracked: {self.track} has the run as {self.found_as}.")
        elif not self.warned:
            self._warn(f"it did not answer within {patience:.0f} s")

    def _start(self, params: dict[str, Any], before: str) -> None:
        found_as = self.tracker.start(self.run.path.absolute().name, params, before)
        if not isinstance(found_as, str) or len(found_as) > LONGEST_ID or not found_as.isprintable():
            raise TypeError(f"it must find a run again by a text of at most {LONGEST_ID} characters, and gave {described(found_as)}")
        self.found_as = found_as

    def _conclude(self, error: BaseException | None) -> None:
        if self.run.record.state == "finished":  # also where a phase had to stop early
            report = metrics_of_report(self.run.report())
            self.tracker.finish(report, files_of(self.run.path), self.shapes)
        else:
            self.tracker.fail(reason_of(error) if error else "the run has no end", isinstance(error, KeyboardInterrupt))

    def _note(self) -> None:
        """Write down by what the run is found again; from the thread that trains, which alone writes into the record."""
        if self.found_as != self.noted:
            self.noted = self.found_as
            with suppress(RunError):  # a full disk is told where the state is written
                self.run.note(tracked=self.found_as)

    def _look(self) -> None:
        if self.courier.trouble and not self.warned:
            self._warn(reason_of(self.courier.trouble))

    def _warn(self, reason: str) -> None:
        self.warned = True
        warn(
            f"The run goes on, but {self.track} cannot be told of it: {reason.rstrip('.')}. See that it can be reached; it is tried again "
            "until the end of the run."
        )
