"""Draws the talk of ``tltool.progress`` for people: bars and colours on a terminal, plain lines in a log or a pipe."""

import io
import json
import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tltool.noise import native_noise_kept_away
from tltool.progress import Step, Table, log
from tltool.typesetting import drawn, wrapped
from tltool.wording import shown

SECONDS_BETWEEN_LINES = 15.0
SECONDS_BETWEEN_MILESTONES = 2.0
LONE_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # the others are bytes of names that are no UTF-8
LONGEST_BAR = 40  # cells
WIDTH = 160  # of what is piped or logged, where no terminal says


@contextmanager
def drawing() -> Iterator[list[int]]:
    """While it lasts, draw what the library says on standard error, and keep what C++ code writes there for the case of a crash.

    Yields:
        The signals to stop that have come. Each raises KeyboardInterrupt where it comes and, since compiled code may swallow that, again
        when the library next says something; who gets the list asks it once more at the end.
    """
    with _somewhere_to_write(), native_noise_kept_away(), _signals_heard() as heard:
        handler = Bars() if _moves_its_cursor() else Lines()
        handler.addFilter(lambda record: _stop_if(heard))
        level, propagates = log.level, log.propagate
        log.addHandler(handler)
        log.setLevel(logging.DEBUG)
        log.propagate = False
        try:
            yield heard
        finally:
            handler.close()
            log.removeHandler(handler)
            log.setLevel(level)
            log.propagate = propagates


def _moves_its_cursor() -> bool:
    """Whether standard error is a terminal on which a bar can move. What ``!tltool …`` starts in a notebook has one that only seems so: it
    answers every move of the cursor with one more line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and "JPY_PARENT_PID" not in os.environ


@contextmanager
def _signals_heard() -> Iterator[list[int]]:
    heard: list[int] = []

    def hear(number: int, frame: Any) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only the main thread may listen
        yield heard
        return
    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, listener in before.items():
            signal.signal(number, listener)


def _stop_if(heard: list[int]) -> bool:
    if heard:
        raise KeyboardInterrupt
    return True


@contextmanager
def _somewhere_to_write() -> Iterator[None]:
    """Python's standard streams are None where the descriptor is closed, as under some schedulers."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name may hold what the terminal's encoding has no sign for
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):  # lists of files
        sys.stdin.reconfigure(errors="surrogateescape")
    closed = [name for name in ("stdout", "stderr") if getattr(sys, name) is None]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        for name in closed:
            setattr(sys, name, nowhere)
        try:
            yield
        finally:
            for name in closed:
                setattr(sys, name, None)


def tell(parts: Iterable[Table | str]) -> None:
    """Print a result for people on standard output; each text is one line, in which text from outside cannot do anything."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDTH)
    for part in parts:
        if isinstance(part, Table):
            console.print(drawn(part, console.width))
        else:
            line = wrapped(shown(part), console.width) if sys.stdout.isatty() else shown(part)
            console.print(line, markup=False, soft_wrap=True)


def tell_json(records: Iterable[dict[str, Any]]) -> None:
    """Print a result for machines on standard output, one object per line. What a terminal would act on is escaped as JSON escapes it, so
    that every text is read back as it was, names of files that are no UTF-8 included."""
    for record in records:
        line = json.dumps(record, ensure_ascii=False)
        escaped = line if line.isprintable() else "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in line)
        print(escaped, flush=True)


def tell_csv(text: str) -> None:
    """Print a table for machines on standard output: UTF-8 and names of files to the byte, in a file or a pipe; on a terminal, shown."""
    if sys.stdout.isatty() or not isinstance(sys.stdout, io.TextIOWrapper):
        return print("\n".join(map(shown, text.split("\n"))), end="", flush=True)
    sys.stdout.flush()
    sys.stdout.buffer.write(LONE_SURROGATE.sub(lambda found: shown(found[0]), text).encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def complain(sentence: str) -> None:
    """Say the last line on standard error; where that is full or closed, the exit code says it alone."""
    try:
        print(fitted_to_the_screen(sentence), file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # else Python would try once more at its end, and change the exit code


def fitted_to_the_screen(line: str) -> str:
    """``line`` as standard error shows it: broken at spaces on a terminal, whole in a log or a pipe."""
    if sys.stderr is None or not sys.stderr.isatty():
        return line
    from rich.console import Console

    return wrapped(line, Console(stderr=True).width)


def settle() -> None:
    """End what moves on the screen, so that a result can be printed below it and stays."""
    for handler in log.handlers:
        handler.flush()


class Lines(logging.Handler):
    """Plain lines; counted work speaks when it is done, at a milestone, and at most every fifteen seconds in between."""

    def __init__(self) -> None:
        super().__init__()
        self.spoke: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        step: Step | None = getattr(record, "step", None)
        if step is None or self._is_due(step):
            print(_prefixed(record), file=sys.stderr, flush=True)

    def _is_due(self, step: Step) -> bool:
        now = time.monotonic()
        silence = now - self.spoke.setdefault(step.label, now)
        if step.done < step.total and silence < (SECONDS_BETWEEN_MILESTONES if step.milestone else SECONDS_BETWEEN_LINES):
            return False
        self.spoke[step.label] = now
        return step.done > 0


class Bars(logging.Handler):
    """A rich progress bar with time left while work goes on, a plain line once it is done, and coloured warnings."""

    def __init__(self) -> None:
        super().__init__()
        from rich import progress
        from rich.console import Console

        class Bar(progress.BarColumn):
            """As long as the numbers beside it leave room for."""

            def render(self, task: Any) -> Any:
                beside = f"{task.description} {task.completed:.0f}/{task.total:.0f} {task.fields['note']} 0:00:00 "
                self.bar_width = min(LONGEST_BAR, console.width - len(beside) - 1)
                return super().render(task) if self.bar_width > 0 else ""

        self.console = console = Console(stderr=True, highlight=False, emoji=False)
        self.progress = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            Bar(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[note]}", markup=False),
            progress.TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self.tasks: dict[str, Any] = {}

    def emit(self, record: logging.LogRecord) -> None:
        step = getattr(record, "step", None)
        if step is not None:
            self._advance(step)
        elif hasattr(record, "table"):
            self.console.print(drawn(record.table, self.console.width))
        else:
            self._say(_prefixed(record), "yellow" if record.levelno >= logging.WARNING else None)

    def _advance(self, step: Step) -> None:
        if step.label not in self.tasks:
            self.tasks[step.label] = self.progress.add_task(step.label, total=step.total, note="")
        self.progress.start()
        self.progress.update(self.tasks[step.label], completed=step.done, total=step.total, note=step.note or step.unit)
        if step.done >= step.total:
            self._finish(step)

    def _finish(self, step: Step) -> None:
        """A line stays where the bar was, so that nothing moves any more when the result is printed."""
        number = self.tasks.pop(step.label)
        seconds = self.progress.tasks[self.progress.task_ids.index(number)].elapsed or 0
        self.progress.remove_task(number)
        if not self.tasks:
            self.progress.stop()
        self._say(f"{step}, {seconds:.0f} s")

    def _say(self, line: str, style: str | None = None) -> None:
        self.console.print(wrapped(line, self.console.width), markup=False, soft_wrap=True, style=style)

    def flush(self) -> None:
        """Take away the bars of work that did not come to its end."""
        for number in self.tasks.values():
            self.progress.remove_task(number)
        self.tasks.clear()
        self.progress.stop()

    def close(self) -> None:
        self.flush()
        super().close()


def _prefixed(record: logging.LogRecord) -> str:
    return f"Warning: {record.getMessage()}" if record.levelno >= logging.WARNING else record.getMessage()
