"""Draws the talk of ``tltool.progress`` in a notebook, where recipes are called from Python and nothing else would be seen of them."""

import logging
import sys
import time
from dataclasses import dataclass
from typing import Any

SECONDS_BETWEEN_LOOKS = 0.5
WIDTH = 20  # of a bar, in characters


def is_notebook() -> bool:
    """Whether this is Jupyter, Colab or whatever else has a kernel; IPython in a terminal has none."""
    return getattr(_shell(), "kernel", None) is not None


def _shell() -> Any:
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def listen(log: logging.Logger) -> None:
    """Show from here on in the notebook what is said to ``log``."""
    log.addHandler(Cell())
    log.setLevel(logging.DEBUG)
    log.propagate = False


@dataclass
class Sign:
    """One line in a notebook that changes: its handle, when work on it began and at how much, and when it was last drawn."""

    handle: Any
    begun: float
    done: int
    drawn: float


class Cell(logging.Handler):
    """Plain lines below the cell, and one line that changes in its place for each piece of counted work."""

    def __init__(self) -> None:
        super().__init__()
        self.signs: dict[str, Sign] = {}
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        step = getattr(record, "step", None)
        if step is None:
            print(f"Warning: {record.getMessage()}" if record.levelno >= logging.WARNING else record.getMessage(), flush=True)
            return
        if self.count != (count := getattr(_shell(), "execution_count", 0)):  # what was interrupted stays as it was, below its own cell
            self.count, self.signs = count, {}
        if step.label in self.signs or step.done < step.total:
            self._draw(step)

    def _draw(self, step: Any) -> None:
        from IPython.display import display

        now = time.monotonic()
        if step.label not in self.signs:
            handle = display({"text/plain": str(step)}, raw=True, display_id=True)
            self.signs[step.label] = Sign(handle, now, step.done, now)
        sign = self.signs[step.label]
        if step.done >= step.total:
            del self.signs[step.label]
            sign.handle.update({"text/plain": f"{step}, {now - sign.begun:.0f} s"}, raw=True)
        elif now >= sign.drawn + SECONDS_BETWEEN_LOOKS:
            sign.drawn = now
            sign.handle.update({"text/plain": _bar(step, sign, now)}, raw=True)


def _bar(step: Any, sign: Sign, now: float) -> str:
    full, done = WIDTH * step.done // step.total, max(1, step.done - sign.done)
    left = (now - sign.begun) / done * (step.total - step.done)
    note = f"  {step.note}" if step.note else ""
    return f"{step.label}  {'█' * full}{'░' * (WIDTH - full)}  {step.done}/{step.total} {step.unit}{note}  {_clock(left)} left"


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d}"
