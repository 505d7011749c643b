"""A terminal of a given width, run for real and replayed in an emulator: what a person has on the screen in the end."""

import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyte

ROWS = 24
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, what it sent, and the lines on the screen in the end, those scrolled away first, without the
    spaces they end with."""

    code: int
    said: bytes
    lines: list[str]

    @property
    def frames(self) -> list[str]:
        """Every line that was drawn, however short it stood there."""
        return [CONTROL.sub("", frame) for frame in self.said.decode().replace("\n", "").split("\r")]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def run_in_terminal(command: Sequence[str], columns: int, environment: Mapping[str, str] | None = None) -> Ended:
    """Run ``command`` in a pseudo-terminal of ``columns`` × 24 until it ends."""
    process, master = pty.fork()
    if process == 0:
        variables = {**os.environ, "TERM": "xterm-256color", **(environment or {})}
        for name in ("COLUMNS", "LINES", "JPY_PARENT_PID", "NO_COLOR"):
            variables.pop(name, None)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        os.execvpe(command[0], list(command), variables)
    said = b""
    with suppress(OSError):  # how a terminal says that it is closed
        while part := os.read(master, 65536):
            said += part
    os.close(master)
    return Ended(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said, replay(said, columns))


def replay(said: bytes, columns: int) -> list[str]:
    """The lines on a screen of ``columns`` × 24 after ``said`` was sent to it, with those that were scrolled away."""
    screen = pyte.HistoryScreen(columns, ROWS, history=100_000, ratio=1.0)
    stream = pyte.ByteStream(screen)
    stream.feed(said)
    scrolled = ["".join(line[column].data for column in range(columns)).rstrip() for line in screen.history.top]
    lines = [*scrolled, *(line.rstrip() for line in screen.display)]
    while lines and not lines[-1]:
        lines.pop()
    return lines
